"""Maintenance of the database for the command line: check, repair, compact, back up, restore."""
