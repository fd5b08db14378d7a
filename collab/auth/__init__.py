"""Authentication and authorization."""

from .access import (
    Access,
    Authenticate,
    Authorize,
    ConnectionLike,
    HostAccess,
    OpenAccess,
    TokenAccess,
    access_of_settings,
    may_create,
    permitted,
)
from .origins import check_origin
from .seen import Seen
from .tokens import TokenVerifier, make_token
from .user import PALETTE, Role, User, check_guest_secret, guest_user, open_user

__all__ = [
    "PALETTE",
    "Access",
    "Authenticate",
    "Authorize",
    "ConnectionLike",
    "HostAccess",
    "OpenAccess",
    "Role",
    "Seen",
    "TokenAccess",
    "TokenVerifier",
    "User",
    "access_of_settings",
    "check_guest_secret",
    "check_origin",
    "guest_user",
    "make_token",
    "may_create",
    "open_user",
    "permitted",
]
