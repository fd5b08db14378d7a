"""Care of the data, for the command line: check, repair, compact, back up, restore."""
