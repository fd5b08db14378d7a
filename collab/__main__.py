"""`python -m collab` and the command `collab`, which need the extra `server`."""

import sys

__all__ = ["main"]

_EXTRA = frozenset({"click", "httptools", "pythonjsonlogger", "uvicorn", "uvloop"})


def main() -> None:
    """Run the command line; exit with 1 and one sentence if the extra `server` is not installed."""
    try:
        from .cli import main as run
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in _EXTRA:
            raise
        sys.exit(
            f"Error: the command collab needs the package {missing}, which is not installed: "
            "run `pip install 'collab-server[server]'`, or `pip install '.[server]'` in a checkout"
        )
    run()


if __name__ == "__main__":
    main()
