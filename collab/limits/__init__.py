"""Limits on the resources that one network address, one user or one connection may use."""
