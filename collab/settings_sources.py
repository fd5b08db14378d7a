"""Where settings come from besides arguments and the environment: files of secrets, and a
configuration file."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from .errors import ConfigurationError

__all__ = ["CONFIGURATION_VARIABLE", "MAX_FILE_BYTES", "ConfigurationFile", "ValueFiles"]

CONFIGURATION_VARIABLE = "COLLAB_CONFIG"
"""The environment variable that names the configuration file."""

MAX_FILE_BYTES = 1_048_576
"""The largest configuration file, and the largest file of one value."""


class ValueFiles(PydanticBaseSettingsSource):
    """Settings whose value is in a file: `COLLAB_<NAME>_FILE` names it.

    One line break at the end of the file is not part of the value. The convention is that of
    container images, where secrets are mounted as files.

    Raises:
        ConfigurationError: the file can't be read, or the variable without `_FILE` is set, too.
    """

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """The value of one setting, its name, and whether it is to be decoded as JSON."""
        variable = f"{self.config.get('env_prefix', '')}{field_name}".upper()
        path = os.environ.get(f"{variable}_FILE")
        if path is None:
            return None, field_name, False
        if variable in os.environ:
            raise ConfigurationError(f"both {variable} and {variable}_FILE are set: unset one")
        text = read_text(Path(path), f"{variable}_FILE")
        return text.removesuffix("\n").removesuffix("\r"), field_name, self.field_is_complex(field)

    def __call__(self) -> dict[str, Any]:
        """The settings that are in files."""
        values: dict[str, Any] = {}
        for name, field in self.settings_cls.model_fields.items():
            value, _, is_complex = self.get_field_value(field, name)
            if value is not None:
                values[name] = self.prepare_field_value(name, field, value, is_complex)
        return values


class ConfigurationFile(PydanticBaseSettingsSource):
    """Settings in a TOML file, which the variable `COLLAB_CONFIG` names: one key for each setting.

    Raises:
        ConfigurationError: the file can't be read, or is not TOML.
    """

    def __init__(self, settings_cls: type[BaseSettings]) -> None:
        super().__init__(settings_cls)
        path = os.environ.get(CONFIGURATION_VARIABLE)
        self._values = read_configuration(Path(path)) if path else {}

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """The value of one setting, its name, and that it needs no decoding."""
        return self._values.get(field_name), field_name, False

    def __call__(self) -> dict[str, Any]:
        """What the file holds. `Settings` refuses a key that is no setting."""
        return self._values


def read_configuration(path: Path) -> dict[str, Any]:
    """The keys and values of a configuration file; raises `ConfigurationError`."""
    text = read_text(path, CONFIGURATION_VARIABLE)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"the configuration file {path} is not TOML: {error}") from None


def read_text(path: Path, variable: str) -> str:
    """The text of a file that a variable names; raises `ConfigurationError`."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise ConfigurationError(
            f"{variable} names the file {path}, which can't be read: {error.strerror}"
        ) from None
    if len(data) > MAX_FILE_BYTES:
        raise ConfigurationError(
            f"{variable} names the file {path}, which is larger than {MAX_FILE_BYTES} bytes"
        )
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise ConfigurationError(
            f"{variable} names the file {path}, which is not UTF-8: save it as UTF-8"
        ) from None
