"""A deterministic simulation: editors, a faulty network, a server that crashes, a faulty store."""
