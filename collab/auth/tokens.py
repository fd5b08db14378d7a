"""Bearer tokens: JSON Web Tokens (RFC 7519), signed with a shared secret or a private key.

The key determines the accepted algorithm, never the token. A token that is signed with another
algorithm, or unsigned, is refused.
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
# The largest `exp`, in seconds since the epoch: the largest integer that a double holds exactly.
MAX_TIME = 2**53 - 1

# Exceptions of code that reads a value of unknown type and size.
UNREADABLE = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
MAX_DOCUMENT_ROLES = 1000


@dataclass(frozen=True, slots=True)
class TokenKey:
    """A key and the only algorithm that it is used with."""

    key: Any
    algorithm: str


class TokenVerifier:
    """Verifies tokens and converts their claims to users.

    Claims: `sub` (required) is the `user_id`; `exp` is required; `nbf`, `iat`, `aud` and `iss` are
    checked; `name` is the display name; `role` (`owner`, `editor`, `viewer`; default `editor`)
    applies to all documents, unless there is `documents`: an object of roles by document id, in
    which `*` stands for all other documents.

    Args:
        keys: keys by key id. A token without `kid` is verified with the only key.
        audience: a value that `aud` must contain; None refuses tokens with an `aud`.
        issuer: the required `iss`; None ignores `iss`.
        leeway_seconds: accepted clock difference.
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
        """The verifier of the settings `token_*`.

        Raises:
            ConfigurationError: there is no usable key, or two.
        """
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
        """The user of a token.

        Raises:
            Unauthorized: the token is malformed, forged, expired, or has another audience or
                issuer.
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
            # The library does not document what it raises for a claim of a wrong type.
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
            raise jwt.InvalidTokenError("no known key matches it")
        return key

    def _user_of(self, claims: dict[str, Any]) -> User:
        # Identity providers write null for a missing name.
        name = claims.get("name")
        name = "" if name is None else name
        role = claims.get("role", "editor")
        # PyJWT before 2.10 accepts a subject of any type.
        for claim, value in (("sub", claims["sub"]), ("name", name)):
            if not isinstance(value, str):
                raise Unauthorized(f"the token is refused: its claim '{claim}' is not a string")
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
            f"the token is refused: its claim {claim!r} is not a number from 0 to {MAX_TIME}"
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
            "the token is refused: its claim 'documents' is not an object of at most "
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
    """The public keys of a PEM file (one) or a JWKS file (RFC 7517), by key id.

    Raises:
        ConfigurationError: the file has no usable key.
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
        raise ValueError("the set has no keys")
    return keys


def public_key(key: Any) -> TokenKey:
    if isinstance(key, rsa.RSAPublicKey):
        return TokenKey(key, "RS256")
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return TokenKey(key, "ES256")
    if isinstance(key, ed25519.Ed25519PublicKey):
        return TokenKey(key, "EdDSA")
    raise ValueError("only public keys for RS256, ES256 and EdDSA are supported")


def make_token(secret: str, user: User, *, lifetime_seconds: float, **claims: Any) -> str:
    """A token for development, signed with HS256.

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
