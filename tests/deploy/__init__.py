"""The examples in examples/deploy, run as they are."""
