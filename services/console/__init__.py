"""The web pages teachers and administrators work in; no tables, no database."""
