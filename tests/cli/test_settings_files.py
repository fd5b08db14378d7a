"""Settings in files: `COLLAB_<NAME>_FILE`, and the configuration file."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from collab.errors import ConfigurationError
from collab.settings import Settings
from collab.settings_sources import MAX_FILE_BYTES

from .conftest import Run

SECRET = "s" * 40


def written(folder: Path, text: str, name: str = "collab.toml") -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_secret_is_read_from_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    (tmp_path / "secret").write_bytes(f"{SECRET}{end}".encode())
    monkeypatch.setenv("COLLAB_TOKEN_SECRET_FILE", str(tmp_path / "secret"))
    assert Settings().token_secret.get_secret_value() == SECRET


def test_every_kind_of_setting_can_be_in_a_file_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in (("PORT", "9000"), ("TRUSTED_PROXIES", '["10.0.0.0/8"]')):
        monkeypatch.setenv(f"COLLAB_{name}_FILE", written(tmp_path, text, name))
    assert (Settings().port, Settings().trusted_proxies) == (9000, ("10.0.0.0/8",))


def test_a_setting_whose_own_name_ends_in_file_is_still_that_setting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLLAB_TOKEN_KEY_FILE", "/etc/keys.pem")
    assert Settings().token_key_file == "/etc/keys.pem"


def test_the_configuration_file_has_every_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = 'port = 9000\ncreate_on_join = false\ntrusted_proxies = ["10.0.0.0/8"]\n'
    monkeypatch.setenv("COLLAB_CONFIG", written(tmp_path, text))
    settings = Settings()
    assert (settings.port, settings.create_on_join) == (9000, False)
    assert settings.trusted_proxies == ("10.0.0.0/8",)


def test_an_earlier_source_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "port = 1\nmax_documents = 1\nmax_connections = 1\nmax_handshakes = 1\n"
    monkeypatch.setenv("COLLAB_CONFIG", written(tmp_path, text))
    monkeypatch.setenv("COLLAB_MAX_DOCUMENTS_FILE", written(tmp_path, "2", "documents"))
    monkeypatch.setenv("COLLAB_MAX_CONNECTIONS", "3")
    settings = Settings(max_handshakes=4)
    values = (settings.port, settings.max_documents, settings.max_connections)
    assert (*values, settings.max_handshakes) == (1, 2, 3, 4)


def test_two_ways_to_the_same_variable_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLLAB_PORT_FILE", written(tmp_path, "1"))
    monkeypatch.setenv("COLLAB_PORT", "2")
    with pytest.raises(ConfigurationError, match="both COLLAB_PORT and COLLAB_PORT_FILE are set"):
        Settings()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "can't be read: No such file"),
        (b"port = ", "is not TOML: Invalid value"),
        (b"host = '\xff'", "is not UTF-8"),
        (b"#" * (MAX_FILE_BYTES + 1), "is larger than 1048576 bytes"),
    ],
)
def test_a_file_that_is_no_configuration_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None, message: str
) -> None:
    path = tmp_path / "collab.toml"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv("COLLAB_CONFIG", str(path))
    with pytest.raises(ConfigurationError, match=message) as refused:
        Settings()
    assert str(path) in str(refused.value)


@pytest.mark.parametrize(
    ("text", "key"),
    [("prot = 9000", "prot"), ("port = 70000", "port"), ("port = [1]", "port"), ("[port]", "port")],
)
def test_a_wrong_key_or_value_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, key: str
) -> None:
    monkeypatch.setenv("COLLAB_CONFIG", written(tmp_path, text))
    with pytest.raises(ValidationError) as refused:
        Settings()
    assert [problem["loc"] for problem in refused.value.errors()] == [(key,)]


def test_the_command_line_names_the_configuration_file(
    collab: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The command sets it in this process.
    monkeypatch.setenv("COLLAB_CONFIG", "")
    (folder / "notes.md").write_text("Hello", encoding="utf-8")
    written(folder, 'database = "sqlite:///other.db"')
    outcome = collab("--config", "collab.toml", "documents", "import", "notes.md", "--id", "notes")
    assert (outcome.status, outcome.output) == (0, "notes\n")
    assert (folder / "other.db").exists()
    assert not (folder / "collab.db").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("prot = 1", "setting prot: got 1: Extra inputs are not permitted"),
        ("port = ", "the configuration file collab.toml is not TOML"),
    ],
)
def test_a_wrong_configuration_file_is_one_line_and_exit_code_2(
    collab: Run, folder: Path, monkeypatch: pytest.MonkeyPatch, text: str, message: str
) -> None:
    monkeypatch.setenv("COLLAB_CONFIG", "")
    written(folder, text)
    outcome = collab("--config", "collab.toml", "documents", "list")
    assert outcome.status == 2
    assert outcome.error.startswith(message)
