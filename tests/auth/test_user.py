from __future__ import annotations

import re

import pytest

from collab.auth import User, open_user
from collab.errors import InvalidRequest


def test_a_user_has_a_name_and_always_the_same_color() -> None:
    assert User("ann").name == "ann"
    assert User("ann", "Ann B.").name == "Ann B."
    assert User("ann").color == User("ann", "other", "viewer").color
    assert re.fullmatch("#[0-9a-f]{6}", User("ann").color)
    assert len({User(f"user{number}").color for number in range(100)}) > 8


def test_only_a_viewer_may_not_edit() -> None:
    assert User("ann").may_edit
    assert User("ann", role="owner").may_edit
    assert not User("ann", role="viewer").may_edit


@pytest.mark.parametrize(
    ("user_id", "name"), [("", ""), ("x" * 129, ""), ("a\nb", ""), ("a", "x" * 101), ("a", "\x1b")]
)
def test_an_identity_that_cannot_be_shown_is_refused(user_id: str, name: str) -> None:
    with pytest.raises(InvalidRequest):
        User(user_id, name)


def test_a_guest_is_named_by_the_client() -> None:
    guest = open_user(None, None, "c1")
    assert (guest.user_id, guest.name) == ("guest-c1", "Guest")
    assert open_user("ann", None, "c1") == User("ann", role="owner")
    assert open_user(None, "Ann", "c1") == User("guest-c1", "Ann", "owner")
