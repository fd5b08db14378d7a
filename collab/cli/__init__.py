"""The command line: arguments in, calls out, errors as one line. No logic of its own."""

from __future__ import annotations

import sys

import click
from pydantic import ValidationError

from .. import __version__
from ..errors import CollabError, ConfigurationError
from .backup import backup, restore
from .check import check, repair
from .compact import compact
from .delete import delete, purge
from .documents import documents
from .logs import start_logging
from .migrate import migrate
from .serve import serve
from .token import token

__all__ = ["main"]


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="collab")
def program() -> None:
    """Edit documents together: the collaborative document server for Python."""


program.add_command(serve)
program.add_command(migrate)
program.add_command(documents)
program.add_command(token)
for command in (check, repair, compact, backup, restore, delete, purge):
    program.add_command(command)


def main() -> None:
    """Run the command line. Exit codes: 0 done, 1 it failed, 2 it was called wrongly."""
    start_logging()
    try:
        program(prog_name="collab", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except ValidationError as error:
        for problem in error.errors():
            setting = "_".join(str(part) for part in problem["loc"])
            got = repr(problem["input"])[:100]
            click.echo(f"Error: setting {setting}: got {got}: {problem['msg']}", err=True)
        sys.exit(2)
    except ConfigurationError as error:
        click.echo(f"Error: {error.message}", err=True)
        sys.exit(2)
    except CollabError as error:
        click.echo(f"Error: {error.message}", err=True)
        sys.exit(1)
    except (KeyboardInterrupt, click.Abort):
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(1)
