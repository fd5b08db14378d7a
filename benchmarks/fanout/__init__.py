"""The cost of the server under load, compared with a minimal server."""
