"""Readers: the pupils of every school, their import from workbooks and their approval."""
