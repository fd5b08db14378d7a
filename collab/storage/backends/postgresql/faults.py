"""What asyncpg's own errors mean, where it is called without SQLAlchemy."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator

from ...faults import REFUSED, fault_of_state, is_refusal, unreachable

__all__ = ["translated_driver_faults"]

logger = logging.getLogger(__name__)


@contextlib.contextmanager
def translated_driver_faults() -> Iterator[None]:
    """As `translated_faults`; what is wrong with one row is raised as ValueError."""
    try:
        yield
    except REFUSED:
        raise
    except Exception as error:
        state = getattr(error, "sqlstate", None)
        if state is not None and is_refusal(state):
            raise ValueError("the database refused a row") from error
        # The driver is optional, and its errors have no class of their own in common.
        is_of_the_driver = type(error).__module__.partition(".")[0] == "asyncpg"
        if not is_of_the_driver and not isinstance(error, OSError):
            raise
        fault = unreachable() if state is None else fault_of_state(state)
        logger.warning("%s: %s", fault, error)
        raise fault from error
