"""How much of the server one network address, one user or one client may use."""
