"""The speed of the operation types: `python -m benchmarks.ot`."""
