"""What is edited: an operation is submitted, ordered, committed, remembered and loaded again."""

from .document import Document

__all__ = ["Document"]
