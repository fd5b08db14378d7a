"""The command-line interface: parses arguments, calls other packages, and prints errors."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import NoReturn

import click
from pydantic import ValidationError

from .. import __version__
from ..errors import CollabError, ConfigurationError
from ..settings_sources import CONFIGURATION_VARIABLE
from .backup import backup, restore
from .check import check, repair
from .compact import compact
from .delete import delete, purge
from .documents import documents
from .logs import start_logging
from .migrate import migrate
from .serve import serve
from .texts import prepare_streams, printable
from .token import token

__all__ = ["main"]


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="collab")
@click.option(
    "--config",
    metavar="FILE",
    help=f"Configuration file (TOML): one key for each setting.  [env: {CONFIGURATION_VARIABLE}]",
)
def program(config: str | None) -> None:
    """Edit documents together: the collaborative document server for Python."""
    if config is not None:
        os.environ[CONFIGURATION_VARIABLE] = config


program.add_command(serve)
program.add_command(migrate)
program.add_command(documents)
program.add_command(token)
for command in (check, repair, compact, backup, restore, delete, purge):
    program.add_command(command)


def main() -> None:
    """Run the command line.

    Exit codes: 0 success, 1 failure, 2 usage or configuration error, 130 interrupted (Ctrl-C).
    """
    prepare_streams()
    start_logging()
    try:
        program(prog_name="collab", standalone_mode=False)
        if sys.stdout is not None:
            sys.stdout.flush()
    except click.UsageError as error:
        error.show()
        sys.exit(error.exit_code)
    except click.ClickException as error:
        fail(error.format_message(), error.exit_code)
    except ValidationError as error:
        for problem in error.errors():
            setting = "_".join(str(part) for part in problem["loc"])
            got = repr(problem["input"])[:100]
            complain(f"setting {setting}: got {got}: {problem['msg']}")
        sys.exit(2)
    except ConfigurationError as error:
        fail(error.message, 2)
    except CollabError as error:
        fail(error.message, 1)
    except (KeyboardInterrupt, click.Abort):
        sys.exit(130)
    except BrokenPipeError:
        # The reader has closed the pipe. Without this, Python reports an error when it exits.
        forget_output()
        sys.exit(1)
    except OSError as error:
        forget_output()
        where = f"{error.filename}: " if error.filename is not None else ""
        fail(f"{where}{error.strerror or error}", 1)
    except MemoryError:
        fail("there is not enough memory for this", 1)


def fail(message: str, status: int) -> NoReturn:
    complain(message)
    sys.exit(status)


def complain(message: str) -> None:
    click.echo(f"Error: {printable(message)}", err=True)


def forget_output() -> None:
    """Discard what is still buffered for standard output."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
