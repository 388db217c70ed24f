"""All migrations of all services, found by their place in the tree."""

from pathlib import Path

import services


def migration_folders() -> dict[str, Path]:
    """The folder `services/<name>/migrations` of each service that has one, by its name."""
    root = Path(services.__path__[0])
    return {folder.parent.name: folder for folder in sorted(root.glob("*/migrations"))}
