"""Who is editing, and what they may do."""

from .user import Role, User, open_user

__all__ = ["Role", "User", "open_user"]
