"""Command-line options made from the table of settings: same name, help, default, environment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeVar, get_args, get_origin

import click

from ..settings import Settings

__all__ = ["given", "setting_options"]

Command = TypeVar("Command", bound=Callable[..., Any])


def setting_options(*names: str) -> Callable[[Command], Command]:
    """Options for some settings. What isn't given is left out, so that the environment and then the
    default decide."""

    def decorate(command: Command) -> Command:
        for name in reversed(names):
            command = _option(name)(command)
        return command

    return decorate


def _option(name: str) -> Callable[[Command], Command]:
    field = Settings.model_fields[name]
    default = field.default if field.default != "" else "none"
    return click.option(
        f"--{name.replace('_', '-')}",
        name,
        type=click.Choice(get_args(field.annotation))
        if get_origin(field.annotation) is Literal
        else str,
        help=f"{field.description}  [default: {default}; env: COLLAB_{name.upper()}]",
    )


def given(options: dict[str, Any]) -> dict[str, Any]:
    """The options that were given on the command line."""
    return {name: value for name, value in options.items() if value is not None}
