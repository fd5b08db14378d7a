"""Who is editing, and what they may do."""

from .user import PALETTE, Role, User, open_user

__all__ = ["PALETTE", "Role", "User", "open_user"]
