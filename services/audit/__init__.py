"""The log: everything that happened, kept in order, searchable, and never changed."""
