"""Command-line options generated from `Settings`: the same name, description and default."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal, TypeVar, get_args, get_origin

import click

from ..settings import Settings
from .texts import TEXT

__all__ = ["DAYS", "HOURS", "given", "json_option", "setting_options"]

MAX_TIME = 1_000_000.0


class _Time(click.FloatRange):
    """A number of days or hours, limited to valid dates; nan is rejected."""

    def __init__(self, *, above_zero: bool = False) -> None:
        super().__init__(min=0, max=MAX_TIME, min_open=above_zero)

    def convert(
        self, value: Any, parameter: click.Parameter | None, context: click.Context | None
    ) -> float:
        number = float(super().convert(value, parameter, context))
        if math.isnan(number):
            self.fail(f"got {value!r}: expected a number", parameter, context)
        return number


DAYS = _Time()
HOURS = _Time(above_zero=True)

Command = TypeVar("Command", bound=Callable[..., Any])


def setting_options(*names: str) -> Callable[[Command], Command]:
    """Add options for these settings. An option that is not given is left out of the settings, so
    that the environment variable or the default applies."""

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
        else str
        if name == "database"
        else TEXT,
        help=f"{field.description}  [default: {default}; env: COLLAB_{name.upper()}]",
    )


def json_option(what: str) -> Callable[[Command], Command]:
    """The option `--json` of a command that lists; `what` is what it writes on each line."""
    return click.option("--json", "as_json", is_flag=True, help=f"Write JSON, a line each: {what}.")


def given(options: dict[str, Any]) -> dict[str, Any]:
    """The options that were given on the command line."""
    return {name: value for name, value in options.items() if value is not None}
