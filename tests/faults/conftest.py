from __future__ import annotations

import os
import secrets
from collections.abc import Iterator

import pytest


@pytest.fixture
def seed() -> str:
    return os.environ.get("COLLAB_FAULTS_SEED") or secrets.token_hex(4)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """A failure tells its seed, which decides what the editors do."""
    try:
        return (yield)
    except BaseException as error:
        seed = getattr(item, "funcargs", {}).get("seed")
        if seed is not None:
            error.add_note(f"to replay: COLLAB_FAULTS_SEED={seed}")
        raise
