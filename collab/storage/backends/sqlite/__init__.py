"""SQLite: a file, one writer, and readers at the same time."""
