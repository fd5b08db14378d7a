"""`collab token`"""

from __future__ import annotations

from typing import Any

import click

from ..auth import User, make_token
from ..auth.user import ROLES
from ..errors import ConfigurationError
from ..settings import Settings
from .options import HOURS
from .texts import TEXT

__all__ = ["token"]

HOUR_SECONDS = 3600.0


@click.command(short_help="Make a token for development.")
@click.argument("user_id", type=TEXT)
@click.option("--name", type=TEXT, default="", help="Display name.  [default: the user id]")
@click.option(
    "--role",
    type=click.Choice(ROLES),
    default="editor",
    help="Role on every document.  [default: editor]",
)
@click.option(
    "--document",
    "documents",
    metavar="ID=ROLE",
    type=TEXT,
    multiple=True,
    help="A role on one document, * for all others; may be given several times.",
)
@click.option("--hours", type=HOURS, default=12.0, help="Lifetime.  [default: 12]")
def token(user_id: str, name: str, role: Any, documents: tuple[str, ...], hours: float) -> None:
    """Write a token for USER_ID to standard output, signed with COLLAB_TOKEN_SECRET.

    The claims aud and iss are COLLAB_TOKEN_AUDIENCE and COLLAB_TOKEN_ISSUER, if set. In production,
    the identity provider issues the tokens.
    """
    settings = Settings()
    secret = settings.token_secret.get_secret_value()
    if not secret:
        raise ConfigurationError("COLLAB_TOKEN_SECRET is not set: `openssl rand -hex 32` makes one")
    roles = dict(map(document_role, documents)) or None
    user = User(user_id, name, role, documents=roles)
    claims = {"aud": settings.token_audience, "iss": settings.token_issuer}
    given = {claim: value for claim, value in claims.items() if value}
    click.echo(make_token(secret, user, lifetime_seconds=hours * HOUR_SECONDS, **given))


def document_role(given: str) -> tuple[str, Any]:
    doc_id, _, role = given.rpartition("=")
    if not doc_id or role not in ROLES:
        raise click.BadParameter(
            f"got {given!r}, expected ID=ROLE with a role of {', '.join(ROLES)}",
            param_hint="--document",
        )
    return doc_id, role
