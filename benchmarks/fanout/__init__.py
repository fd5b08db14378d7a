"""What the server costs under load, beside the least that any server could cost."""
