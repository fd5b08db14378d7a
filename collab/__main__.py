"""`python -m collab` and the command `collab`."""

from .cli import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
