"""Bearer tokens: JSON Web Tokens (RFC 7519), signed with a shared secret or a private key.

Which algorithms are accepted follows from the key, never from the token: a token that is signed by
another algorithm, or by none, is refused.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from ..errors import ConfigurationError, InvalidRequest, Unauthorized
from ..settings import Settings
from .user import ROLES, Role, User, is_role

__all__ = ["TokenKey", "TokenVerifier", "make_token"]

SECRET_MINIMUM_BYTES = 32
# Of `exp`, in seconds since the epoch: the largest integer that every JSON reader holds exactly.
MAX_TIME = 2**53 - 1

# What code that reads a value of unknown type and size raises.
UNREADABLE = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
MAX_DOCUMENT_ROLES = 1000


@dataclass(frozen=True, slots=True)
class TokenKey:
    """A key and the one algorithm it is used with."""

    key: Any
    algorithm: str


class TokenVerifier:
    """Makes a user of a token, or refuses it.

    Claims: `sub` is the `user_id`, `exp` is required; `nbf`, `iat`, `aud` and `iss` are checked;
    `name` is what others see; `role` (`owner`, `editor`, `viewer`; `editor` if left out) is what
    the user may do on every document, unless `documents` says it for each: an object of roles by
    document id, where `*` stands for all others.

    Args:
        keys: by key id; a token without `kid` is checked with the only key.
        audience: what `aud` must hold; None refuses a token that has an `aud`.
        issuer: what `iss` must be; None doesn't look at it.
        leeway_seconds: how far clocks may differ.
    """

    def __init__(
        self,
        keys: Mapping[str | None, TokenKey],
        *,
        audience: str | None = None,
        issuer: str | None = None,
        leeway_seconds: float = 0.0,
    ) -> None:
        self._keys = dict(keys)
        self._audience = audience
        self._issuer = issuer
        self._leeway_seconds = leeway_seconds

    @classmethod
    def of_settings(cls, settings: Settings) -> TokenVerifier:
        """Raises `ConfigurationError` unless there is one usable key."""
        secret, path = settings.token_secret.get_secret_value(), settings.token_key_file
        if bool(secret) == bool(path):
            raise ConfigurationError(
                "token mode needs one of token_secret and token_key_file, "
                f"got {'both' if secret else 'neither'}"
            )
        return cls(
            {None: secret_key(secret)} if secret else keys_of_file(Path(path)),
            audience=settings.token_audience or None,
            issuer=settings.token_issuer or None,
            leeway_seconds=settings.token_leeway_seconds,
        )

    def user(self, token: str) -> User:
        """The user that a token speaks for.

        Raises:
            Unauthorized: the token is malformed, forged, expired, or for somebody else.
        """
        try:
            key = self._key_for(token)
            claims = jwt.decode(
                token,
                key.key,
                algorithms=[key.algorithm],
                audience=self._audience,
                issuer=self._issuer,
                leeway=self._leeway_seconds,
                options={"require": ["exp", "sub"]},
            )
        except jwt.InvalidTokenError as error:
            raise Unauthorized(f"the token is refused: {error}") from None
        except UNREADABLE:
            # What the library makes of a claim of another type is not part of its contract.
            raise Unauthorized(
                "the token is refused: its header or one of its claims can't be read"
            ) from None
        return self._user_of(claims)

    def _key_for(self, token: str) -> TokenKey:
        key_id = jwt.get_unverified_header(token).get("kid")
        key = self._keys.get(key_id)
        if key is None and (None in self._keys or key_id is None) and len(self._keys) == 1:
            (key,) = self._keys.values()
        if key is None:
            raise jwt.InvalidTokenError("no key is known that it could be signed with")
        return key

    def _user_of(self, claims: dict[str, Any]) -> User:
        # Identity providers write null for a name that they don't have.
        name = claims.get("name")
        name = "" if name is None else name
        role = claims.get("role", "editor")
        # PyJWT before 2.10 takes a subject of any type.
        for claim, value in (("sub", claims["sub"]), ("name", name)):
            if not isinstance(value, str):
                raise Unauthorized(f"the token is refused: its claim '{claim}' is no text")
        try:
            return User(
                claims["sub"],
                name,
                checked_role(role),
                documents=checked_documents(claims.get("documents")),
                expires_at=checked_time("exp", claims["exp"]) + self._leeway_seconds,
            )
        except InvalidRequest as error:
            raise Unauthorized(f"the token is refused: {error}") from None


def checked_time(claim: str, seconds: Any) -> float:
    """A NumericDate (RFC 7519, section 2)."""
    if type(seconds) not in (int, float) or not 0 <= seconds <= MAX_TIME:
        raise Unauthorized(
            f"the token is refused: its claim {claim!r} is no number from 0 to {MAX_TIME}"
        )
    return float(seconds)


def checked_role(role: Any) -> Role:
    if is_role(role):
        return role
    got = repr(role[:40]) if isinstance(role, str) else f"a {type(role).__name__}"
    raise Unauthorized(
        f"the token is refused: got the role {got}, expected one of {', '.join(ROLES)}"
    )


def checked_documents(documents: Any) -> Mapping[str, Role] | None:
    if documents is None:
        return None
    if not isinstance(documents, dict) or len(documents) > MAX_DOCUMENT_ROLES:
        raise Unauthorized(
            "the token is refused: its claim 'documents' is no object of at most "
            f"{MAX_DOCUMENT_ROLES} roles by document id"
        )
    return {doc_id: checked_role(role) for doc_id, role in documents.items()}


def secret_key(secret: str) -> TokenKey:
    length = len(secret.encode())
    if length < SECRET_MINIMUM_BYTES:
        raise ConfigurationError(
            f"token_secret has {length} bytes, HS256 needs {SECRET_MINIMUM_BYTES} or more: "
            "take a random one, such as `openssl rand -hex 32` gives"
        )
    return TokenKey(secret, "HS256")


def keys_of_file(path: Path) -> dict[str | None, TokenKey]:
    """Public keys of a PEM file (one) or a JWKS file (RFC 7517).

    Raises:
        ConfigurationError: there is none that can be used.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"token_key_file {path}: {error.strerror}") from None
    try:
        if content.lstrip().startswith(b"{"):
            return keys_of_set(msgspec.json.decode(content))
        return {None: public_key(load_pem_public_key(content))}
    except (ValueError, TypeError, jwt.PyJWTError, UnsupportedAlgorithm) as error:
        raise ConfigurationError(
            f"token_key_file {path}: {error}: expected a public key as PEM, or a JWKS"
        ) from None


def keys_of_set(value: Any) -> dict[str | None, TokenKey]:
    keys = {each.key_id: public_key(each.key) for each in jwt.PyJWKSet.from_dict(value).keys}
    if not keys:
        raise ValueError("there is no key in it")
    return keys


def public_key(key: Any) -> TokenKey:
    if isinstance(key, rsa.RSAPublicKey):
        return TokenKey(key, "RS256")
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return TokenKey(key, "ES256")
    if isinstance(key, ed25519.Ed25519PublicKey):
        return TokenKey(key, "EdDSA")
    raise ValueError("only public keys for RS256, ES256 and EdDSA can be used")


def make_token(secret: str, user: User, *, lifetime_seconds: float, **claims: Any) -> str:
    """A token for trying out, signed by HS256.

    Raises:
        ConfigurationError: the secret is too short.
    """
    key = secret_key(secret)
    now = time.time()
    payload: dict[str, Any] = {
        "sub": user.user_id,
        "name": user.name,
        "role": user.role,
        "iat": int(now),
        "exp": int(now + lifetime_seconds),
        **claims,
    }
    if user.documents is not None:
        payload["documents"] = dict(user.documents)
    return jwt.encode(payload, key.key, algorithm=key.algorithm)
