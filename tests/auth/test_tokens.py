"""What a token must be to let somebody in."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from collab.auth import TokenVerifier, User, make_token
from collab.errors import ConfigurationError, Unauthorized
from collab.settings import Settings

SECRET = "a secret of more than forty-eight bytes, so that SHA-384 has enough"
KEYS: dict[str, Any] = {
    "RS256": rsa.generate_private_key(public_exponent=65537, key_size=2048),
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate(),
}


# Tokens of parameters are made when tests are collected, long before they run.
DAY_SECONDS = 86_400


def claims(**others: Any) -> dict[str, Any]:
    return {"sub": "ann", "exp": time.time() + DAY_SECONDS, **others}


def signed(key: Any = SECRET, algorithm: str = "HS256", kid: str = "", **others: Any) -> str:
    headers = {"kid": kid} if kid else None
    return jwt.encode(claims(**others), key, algorithm=algorithm, headers=headers)


def verifier(**settings: Any) -> TokenVerifier:
    given = {"auth": "token", "token_leeway_seconds": 0, **settings}
    if "token_key_file" not in given:
        given.setdefault("token_secret", SECRET)
    return TokenVerifier.of_settings(Settings(**given))


def pem(key: Any) -> bytes:
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def jwk(key: Any, algorithm: str, kid: str) -> dict[str, Any]:
    made = jwt.get_algorithm_by_name(algorithm).to_jwk(key.public_key(), as_dict=True)
    return {**made, "kid": kid}


def test_a_token_says_who_it_is_and_what_they_may_do() -> None:
    user = verifier().user(signed(name="Ann", role="viewer"))
    assert user == User("ann", "Ann", "viewer")
    assert user.role_on("any") == "viewer"
    assert verifier().user(signed()).role == "editor"


def test_a_token_may_give_a_role_on_each_document() -> None:
    user = verifier().user(signed(documents={"one": "owner", "two": "viewer"}))
    assert [user.role_on(doc_id) for doc_id in ("one", "two", "three")] == ["owner", "viewer", None]
    rest = verifier().user(signed(documents={"one": "owner", "*": "viewer"}))
    assert rest.role_on("three") == "viewer"


@pytest.mark.parametrize(
    ("token", "said"),
    [
        ("", "Not enough segments"),
        ("a.b.c", "Invalid header"),
        (signed("another secret of at least thirty-two bytes"), "Signature verification failed"),
        (signed(exp=time.time() - 1), "expired"),
        (signed(nbf=time.time() + DAY_SECONDS), "not yet valid"),
        (signed(aud="others"), "udience"),
        (jwt.encode({"sub": "ann"}, SECRET), '"exp"'),
        (jwt.encode({"exp": time.time() + DAY_SECONDS}, SECRET), '"sub"'),
        pytest.param(jwt.encode(claims(), "", algorithm="none"), "alg value", id="unsigned"),
        (signed(algorithm="HS384"), "alg value"),
        (signed(role="king"), "got the role 'king'"),
        (signed(role=["owner"]), "got the role"),
        (signed(documents=["one"]), "'documents'"),
        (signed(documents={"one": "king"}), "got the role 'king'"),
        (signed(name=7), "'name'"),
        (signed(sub=""), "user_id"),
        (signed(sub="x" * 129), "user_id"),
    ],
)
def test_other_tokens_are_refused(token: str, said: str) -> None:
    with pytest.raises(Unauthorized, match="the token is refused") as refusal:
        verifier().user(token)
    assert said in str(refusal.value)
    assert token == "" or token not in str(refusal.value)


def test_audience_and_issuer_must_be_the_configured_ones() -> None:
    strict = verifier(token_audience="notes", token_issuer="https://id.example")
    good: dict[str, Any] = {"aud": ["notes", "mail"], "iss": "https://id.example"}
    assert strict.user(signed(**good)).user_id == "ann"
    for wrong in ({"aud": "mail"}, {"iss": "https://evil.example"}):
        with pytest.raises(Unauthorized):
            strict.user(signed(**{**good, **wrong}))
    for missing in good:
        with pytest.raises(Unauthorized):
            strict.user(signed(**{key: good[key] for key in good if key != missing}))


def test_clocks_may_differ_by_the_leeway() -> None:
    late = signed(exp=time.time() - 10)
    assert verifier(token_leeway_seconds=30).user(late).user_id == "ann"
    with pytest.raises(Unauthorized, match="expired"):
        verifier(token_leeway_seconds=5).user(late)


@pytest.mark.parametrize("algorithm", KEYS)
def test_a_public_key_accepts_what_its_private_key_signed(algorithm: str, tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    file.write_bytes(pem(KEYS[algorithm]))
    by_key = verifier(token_key_file=str(file))
    assert by_key.user(signed(KEYS[algorithm], algorithm)).user_id == "ann"
    assert by_key.user(signed(KEYS[algorithm], algorithm, kid="any")).user_id == "ann"
    for other in KEYS.keys() - {algorithm}:
        with pytest.raises(Unauthorized):
            by_key.user(signed(KEYS[other], other))


def test_a_public_key_is_no_shared_secret(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    file.write_bytes(pem(KEYS["RS256"]))
    # PyJWT refuses to make such a token, so it is made by hand.
    head, body, _ = signed().split(".")
    algorithm = jwt.get_algorithm_by_name("HS256")
    signature = algorithm.sign(f"{head}.{body}".encode(), pem(KEYS["RS256"]))
    forged = f"{head}.{body}.{jwt.utils.base64url_encode(signature).decode()}"
    with pytest.raises(Unauthorized, match="alg value"):
        verifier(token_key_file=str(file)).user(forged)


def test_keys_of_a_set_are_told_apart_by_their_id(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    file.write_text(json.dumps({"keys": [jwk(KEYS[name], name, f"my {name}") for name in KEYS]}))
    by_set = verifier(token_key_file=str(file))
    for name, key in KEYS.items():
        assert by_set.user(signed(key, name, kid=f"my {name}")).user_id == "ann"
        for kid in ("", "unknown", "my EdDSA" if name != "EdDSA" else "my RS256"):
            with pytest.raises(Unauthorized):
                by_set.user(signed(key, name, kid=kid))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no key",
        b'{"keys": []}',
        b'{"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}',
        b"{",
        pem(ec.generate_private_key(ec.SECP384R1())),
    ],
)
def test_a_file_without_a_usable_key_is_refused(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_bytes(content)
    with pytest.raises(ConfigurationError, match="token_key_file"):
        verifier(token_key_file=str(file))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"token_secret": ""}, "got neither"),
        ({"token_secret": SECRET, "token_key_file": "/nowhere"}, "got both"),
        ({"token_secret": "short"}, "has 5 bytes"),
        ({"token_key_file": "/nowhere"}, "No such file"),
    ],
)
def test_token_mode_needs_one_good_key(settings: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        verifier(**settings)


def test_the_secret_is_not_shown() -> None:
    assert SECRET not in repr(Settings(auth="token", token_secret=SECRET))


def test_a_token_for_trying_out_is_accepted() -> None:
    ann = User("ann", "Ann", "owner", documents={"one": "viewer"})
    token = make_token(SECRET, ann, lifetime_seconds=60, aud="notes")
    user = verifier(token_audience="notes").user(token)
    assert (user, user.documents) == (ann, ann.documents)
    assert user.expires_at is not None
    assert time.time() < user.expires_at <= time.time() + 60
