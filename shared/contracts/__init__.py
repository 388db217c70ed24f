"""The published facts: what others may rely on. A contract only grows; a field is never renamed or removed."""
