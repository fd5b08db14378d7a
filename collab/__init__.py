"""collab: the collaborative document server for Python."""
