"""`collab token`, and where `collab serve` may listen."""

from __future__ import annotations

from typing import Any

import pytest

from collab.auth import TokenVerifier, User
from collab.cli.serve import check_loopback
from collab.errors import ConfigurationError
from collab.settings import Settings

from .conftest import Run

SECRET = "a secret of at least thirty-two bytes"


@pytest.fixture
def secret(folder: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLLAB_TOKEN_SECRET", SECRET)


def user_of(token: str, **settings: Any) -> User:
    return TokenVerifier.of_settings(Settings(**{"token_secret": SECRET, **settings})).user(token)


def test_a_token_is_written_for_a_user(secret: None, collab: Run) -> None:
    user = user_of(collab("token", "ann", "--name", "Ann", "--role", "viewer").output.strip())
    assert user == User("ann", "Ann", "viewer")
    roles = ("--document", "notes=owner", "--document", "*=viewer")
    assert user_of(collab("token", "ann", *roles).output.strip()).documents == {
        "notes": "owner",
        "*": "viewer",
    }


def test_a_token_holds_audience_and_issuer(
    secret: None, collab: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = {"token_audience": "notes", "token_issuer": "https://id.example"}
    for name, value in expected.items():
        monkeypatch.setenv(f"COLLAB_{name.upper()}", value)
    assert user_of(collab("token", "ann").output.strip(), **expected).user_id == "ann"


def test_a_token_needs_a_secret(collab: Run) -> None:
    assert "COLLAB_TOKEN_SECRET is not set" in collab("token", "ann").error


def test_a_role_on_a_document_must_be_one(secret: None, collab: Run) -> None:
    outcome = collab("token", "ann", "--document", "notes=king")
    assert outcome.status == 2
    assert "got 'notes=king'" in outcome.complaint


@pytest.mark.parametrize("host", ["0.0.0.0", "::", ""])
def test_open_mode_listens_on_this_machine_only(host: str, collab: Run) -> None:
    assert "--insecure-open" in collab("serve", "--port", "0", "--host", host).error


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.8.8.8"])
def test_loopback_addresses_are_told_from_others(host: str) -> None:
    check_loopback(host)
    with pytest.raises(ConfigurationError):
        check_loopback("192.0.2.1")


def test_token_mode_without_a_key_does_not_start(collab: Run) -> None:
    assert "token_secret" in collab("serve", "--port", "0", "--auth", "token").error
