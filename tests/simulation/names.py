"""What in the program asks for time, randomness or a socket gets the simulation's own."""

from __future__ import annotations

import contextlib
import logging
import random
import secrets
import sys
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from .loop import VirtualLoop

__all__ = ["simulated_names"]

# Virtual time begins long after 1970 and long before the years that break something.
EPOCH_SECONDS = 1_700_000_000.0


@contextlib.contextmanager
def simulated_names(
    loop: VirtualLoop, seed: str, **editor_names: Any
) -> Iterator[list[logging.LogRecord]]:
    """Modules of collab see the loop's clock and seeded randomness; `editor_names` replace those of
    `collab.client.editor`. Yields what is logged as an error meanwhile."""
    drawn = random.Random(f"{seed} secrets")
    clock = SimpleNamespace(
        time=lambda: EPOCH_SECONDS + loop.time(),
        time_ns=lambda: int((EPOCH_SECONDS + loop.time()) * 1e9),
        monotonic=loop.time,
        perf_counter=loop.time,
    )
    tokens = SimpleNamespace(
        token_hex=lambda size: drawn.randbytes(size).hex(),
        token_urlsafe=lambda size: drawn.randbytes(size).hex(),
    )
    state = random.getstate()
    with contextlib.ExitStack() as stack:
        for module in _modules():
            for name, real, simulated in (("time", time, clock), ("secrets", secrets, tokens)):
                if getattr(module, name, None) is real:
                    stack.enter_context(patch.object(module, name, simulated))
        editor = sys.modules["collab.client.editor"]
        for name, simulated in editor_names.items():
            stack.enter_context(patch.object(editor, name, simulated))
        # The default of `Backoff` is the global generator's.
        stack.callback(random.setstate, state)
        random.seed(f"{seed} backoff")
        yield stack.enter_context(_errors())


def _modules() -> list[Any]:
    return [module for name, module in list(sys.modules.items()) if name.startswith("collab.")]


@contextlib.contextmanager
def _errors() -> Iterator[list[logging.LogRecord]]:
    """What the program logs as an error; what it logs is shown nowhere."""
    records: list[logging.LogRecord] = []
    handler = logging.Handler(logging.ERROR)
    handler.emit = records.append  # type: ignore[assignment]
    logger = logging.getLogger("collab")
    level, propagate = logger.level, logger.propagate
    logger.addHandler(handler)
    logger.setLevel(logging.ERROR)
    logger.propagate = False
    try:
        yield records
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
        logger.propagate = propagate
