"""Benchmarks of the real server, run as `python -m benchmarks.NAME`."""
