"""Every setting: its name, default, unit and meaning, in one table.

Each can be given to `Settings(...)`, as `COLLAB_<NAME>` in the environment, and, where the command
line has it, as an option of `collab serve`. Sizes end in `_bytes`, times in `_seconds` or `_days`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, cast, overload

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

__all__ = ["Settings"]

if TYPE_CHECKING:
    # What may be given, and what is read: pydantic makes the one of the other.
    class Secret:
        @overload
        def __get__(self, settings: None, owner: type[object]) -> Secret: ...
        @overload
        def __get__(self, settings: object, owner: type[object]) -> SecretStr: ...
        def __get__(self, settings: object, owner: type[object]) -> Secret | SecretStr: ...
        def __set__(self, settings: object, value: str | SecretStr) -> None: ...

    class Texts:
        @overload
        def __get__(self, settings: None, owner: type[object]) -> Texts: ...
        @overload
        def __get__(self, settings: object, owner: type[object]) -> tuple[str, ...]: ...
        def __get__(self, settings: object, owner: type[object]) -> Texts | tuple[str, ...]: ...
        def __set__(self, settings: object, value: Sequence[str]) -> None: ...

else:
    Secret = SecretStr
    Texts = tuple[str, ...]


class Settings(BaseSettings):
    """Immutable; raises `pydantic.ValidationError` naming each setting that is wrong."""

    model_config = SettingsConfigDict(env_prefix="COLLAB_", frozen=True, extra="forbid")

    # Serving
    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(
        default=8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one."
    )
    root_path: str = Field(
        default="", description="Path under which a proxy serves the program, such as /collab."
    )
    trusted_proxies: Texts = Field(
        default=cast(Any, ("127.0.0.1", "::1")),
        description="Addresses and networks of the proxies whose X-Forwarded-For and "
        'X-Forwarded-Proto are believed, such as ["10.0.0.0/8"] (JSON); * for any.',
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="How much is logged."
    )
    log_format: Literal["text", "json"] = Field(
        default="text",
        description="Whether a record of the log is a line of text or a JSON object.",
    )

    metrics_token: Secret = Field(
        default=cast(Any, SecretStr("")),
        description="Bearer token with which /metrics is read, 16 characters or more; without one, "
        "nobody reads them, but everybody in open mode.",
    )

    static_sources: bool = Field(
        default=False,
        description="Whether pages load the modules of static/ one by one instead of their "
        "bundles: for working on them.",
    )

    # Who may do what
    auth: Literal["open", "token"] = Field(
        default="open",
        description="open: everybody is who they say they are; token: a signed token says who.",
    )
    token_secret: Secret = Field(
        default=cast(Any, SecretStr("")),
        description="Shared secret of tokens signed by HS256, 32 bytes or more.",
    )
    token_key_file: str = Field(
        default="",
        description="File of the public key (PEM) or keys (JWKS) of tokens signed by RS256, ES256 "
        "or EdDSA.",
    )
    token_audience: str = Field(
        default="", description="What a token's aud must hold; if empty, it must have none."
    )
    token_issuer: str = Field(
        default="", description="What a token's iss must be; if empty, it may be any."
    )
    token_leeway_seconds: float = Field(
        default=30.0, ge=0, description="How far the clocks of token makers may be off."
    )
    token_cookie: str = Field(
        default="collab_token", min_length=1, description="Cookie that a token may come in."
    )
    login_url: str = Field(
        default="",
        pattern=r"^(|/([^/\\].*)?|https?://.+)$",
        description="Where pages send people to sign in, a path or a URL; next in its query is the "
        "way back. If empty, token mode has a page of its own, and a host none.",
    )
    users_may_create: bool = Field(
        default=False,
        description="Whether everybody who is signed in may create documents, and then owns them; "
        "otherwise it takes the role editor by token or host.",
    )
    max_document_grants: int = Field(
        default=1000, ge=1, description="Most users with a role of their own on one document."
    )
    max_document_links: int = Field(
        default=100, ge=1, description="Most links that share one document."
    )
    allowed_origins: Texts = Field(
        default=cast(Any, ()),
        description="Origins beside its own whose pages may edit, such as "
        '["https://example.org"] (JSON); * for any.',
    )

    allowed_hosts: Texts = Field(
        default=cast(Any, ()),
        description="Names by which collab serve may be called in open mode, beside localhost and "
        'IP addresses, such as ["notes.lan"] (JSON); * for any, as with --insecure-open.',
    )

    # Storage
    database: str = Field(
        default="sqlite:///collab.db",
        description="SQLAlchemy URL of the database; the default is a file in the working folder.",
    )
    database_busy_timeout_seconds: float = Field(
        default=5.0,
        gt=0,
        description="How long to wait for a database that another program has locked.",
    )
    database_timeout_seconds: float = Field(
        default=30.0,
        gt=0,
        description="How long a transaction may take before nobody waits for it any more.",
    )
    max_commit_operations: int = Field(
        default=1000, ge=1, description="Most operations written in one transaction."
    )
    commit_delay_seconds: float = Field(
        default=0.001,
        ge=0,
        le=1,
        description=(
            "How long after a commit the next one may wait, while many edits come, for those "
            "whose authors were just answered. 0 for not at all."
        ),
    )
    snapshot_interval_operations: int = Field(
        default=1000, ge=1, description="A snapshot is stored every so many operations."
    )
    snapshot_bytes_per_operation: int = Field(
        default=2000,
        ge=1,
        description="Most bytes of snapshots for each operation: those of large texts come later.",
    )

    snapshots_kept: int = Field(
        default=5, ge=1, description="So many of a document's newest snapshots are kept."
    )
    snapshot_spacing_operations: int = Field(
        default=5000,
        ge=1,
        description="Of the older snapshots so many are kept that each version is at most so many "
        "operations after one.",
    )
    snapshot_spacing_bytes_per_operation: int = Field(
        default=400,
        ge=1,
        description="Most bytes of older snapshots for each operation: those of large contents lie "
        "further apart.",
    )
    max_content_cache_bytes: int = Field(
        default=33_554_432,
        ge=0,
        description="Most bytes of stored contents that stay in memory after they were read over "
        "HTTP.",
    )

    # Documents
    create_on_join: bool = Field(
        default=True, description="Whether joining an unknown id creates it."
    )
    max_documents: int = Field(
        default=1_000_000,
        ge=1,
        description="Most documents in the database; no more are created then.",
    )
    tombstone_days: float = Field(
        default=90.0,
        gt=0,
        description="How long the id of a deleted document is remembered: who comes back to it "
        "later than that may make it anew by joining, empty.",
    )
    max_open_documents: int = Field(
        default=1000, ge=1, description="Most documents held in memory; idle ones leave first."
    )
    max_open_size: int = Field(
        default=500_000_000,
        ge=1,
        description="Largest total size of the documents in memory, with the operations in memory; "
        "no other document is opened then. A unit takes up to about 20 bytes.",
    )
    max_address_open_size: int = Field(
        default=50_000_000,
        ge=1,
        description="The same of the documents that the connections of one network address, or of "
        "one signed-in user, have open; a single document may be larger.",
    )
    document_idle_seconds: float = Field(
        default=60.0, ge=0, description="How long a document nobody edits stays in memory."
    )
    max_document_size: int = Field(
        default=10_000_000,
        ge=1,
        description="Largest document: UTF-16 code units of text, and bytes of JSON.",
    )
    max_operation_components: int = Field(
        default=6000,
        ge=1,
        description="Most components of one edit of a text or rich text.",
    )
    max_json_operation_components: int = Field(
        default=500,
        ge=1,
        description="Most components of one edit of a JSON document: transforming two edits takes "
        "the product of theirs.",
    )
    max_operation_values: int = Field(
        default=40_000,
        ge=100,
        description="Most JSON values in the operation of one edit frame: its components, lengths, "
        "texts, attributes, and all that is in values and embeds.",
    )
    max_component_attributes: int = Field(
        default=100,
        ge=1,
        description="Most attributes of one component of an edit of a rich text, and of a stretch "
        "of its content; values nested in one count each.",
    )
    max_attribute_depth: int = Field(
        default=0,
        ge=0,
        le=64,
        description="How deep lists and objects may be nested in an attribute of rich text.",
    )
    max_history_operations: int = Field(
        default=2000, ge=1, description="Most operations held in memory for one document."
    )
    max_history_bytes: int = Field(
        default=4_000_000,
        ge=1,
        description="Most memory for the recent operations of one document.",
    )
    max_transform_operations: int = Field(
        default=5000,
        ge=1,
        description="How many versions behind an edit may be and still be transformed.",
    )

    max_transform_bytes: int = Field(
        default=16_777_216,
        ge=1,
        description="Most bytes of changes that are read from the database to bring one edit up to "
        "date.",
    )
    max_transform_cost: int = Field(
        default=16_000,
        ge=1000,
        description="Highest cost of transforming one edit; a unit of cost is about a microsecond.",
    )
    max_edit_cost: int = Field(
        default=32_000,
        ge=1000,
        description="Highest cost of transforming one edit and applying it to the content; a unit "
        "of cost is about a microsecond.",
    )
    max_restore_cost: int = Field(
        default=2_000_000,
        ge=1000,
        description="Highest cost of comparing an old version that is to be restored with the "
        "newest; a unit of cost is about a microsecond. The comparison is done in turns.",
    )

    # Connections
    max_connections: int = Field(
        default=10_000, ge=1, description="Most connections to this process."
    )
    max_document_connections: int = Field(
        default=1000, ge=1, description="Most connections to one document."
    )
    max_address_connections: int = Field(
        default=8000,
        ge=1,
        description="Most connections from one network address; of IPv6, from one /64 network.",
    )
    max_handshakes: int = Field(
        default=5000,
        ge=1,
        description="Most connections that have sent no request, the oldest of which is let go; "
        "and most WebSockets that are being identified or joined.",
    )
    handshake_timeout_seconds: float = Field(
        default=10.0,
        gt=0,
        description="How long a client may take to send a request, and again for its body; and the "
        "server to find out who it is.",
    )
    max_request_head_bytes: int = Field(
        default=32_768,
        ge=1024,
        description="Most bytes of a request's address and headers.",
    )
    max_waiting_requests: int = Field(
        default=100,
        ge=1,
        description="So many requests may wait on one connection for the answer to another.",
    )
    address_requests_per_second: float = Field(
        default=200.0,
        gt=0,
        description="Most requests per second from one network address, in the long run; of IPv6, "
        "from one /64 network. Static files and health checks don't count, nor do WebSockets.",
    )
    address_requests_burst: int = Field(
        default=5000, ge=1, description="So many requests of one network address may come at once."
    )
    user_requests_per_second: float = Field(
        default=50.0,
        gt=0,
        description="Most requests per second of one user who is signed in, in the long run, from "
        "whatever address.",
    )
    user_requests_burst: int = Field(
        default=1000, ge=1, description="So many requests of one user may come at once."
    )
    max_frame_bytes: int = Field(
        default=16_777_216,
        ge=1024,
        description="Largest frame; a larger one closes the connection (1009).",
    )
    max_frame_fragments: int = Field(
        default=1024,
        ge=1,
        description="Most WebSocket fragments of one frame; one more closes the connection (1009).",
    )
    max_operation_bytes: int = Field(
        default=1_048_576,
        ge=64,
        description="Largest edit frame; a larger one is refused (too_large).",
    )
    max_presence_bytes: int = Field(default=4096, ge=64, description="Largest presence frame.")
    address_loop_share: float = Field(
        default=0.12,
        gt=0,
        description="Share of the event loop's time that what comes from one network address may "
        "take in the long run while others use the server, too; more is read later. Of IPv6, the "
        "/64 network counts.",
    )
    address_loop_burst_seconds: float = Field(
        default=0.4,
        gt=0,
        description="So much of the event loop's time one network address may take at once.",
    )
    user_loop_share: float = Field(
        default=0.12,
        gt=0,
        description="The same share for one user who is signed in, from whatever address.",
    )
    user_loop_burst_seconds: float = Field(
        default=0.4,
        gt=0,
        description="So much of the event loop's time one user may take at once.",
    )
    joins_per_second: float = Field(
        default=50.0,
        gt=0,
        description="Most WebSockets per second that are opened from one network address, and by "
        "one user who is signed in, in the long run; one more is refused (rate_limited).",
    )
    joins_burst: int = Field(
        default=2000, ge=1, description="So many WebSockets may be opened at once."
    )
    creations_per_second: float = Field(
        default=10.0,
        gt=0,
        description="Most documents per second that are created from one network address, and by "
        "one user who is signed in, in the long run; one more is refused (rate_limited).",
    )
    creations_burst: int = Field(
        default=500, ge=1, description="So many documents may be created at once."
    )
    restores_per_second: float = Field(
        default=0.5,
        gt=0,
        description="Most old versions per second that are restored from one network address, and "
        "by one user who is signed in, in the long run; one more is refused (rate_limited).",
    )
    restores_burst: int = Field(
        default=20, ge=1, description="So many old versions may be restored at once."
    )
    edits_per_second: float = Field(
        default=20_000.0,
        gt=0,
        description="Most edits per second from one network address, and of one user who is signed "
        "in, in the long run; one more is refused (rate_limited).",
    )
    edits_burst: int = Field(
        default=40_000,
        ge=1,
        description="So many edits may come at once; who sends so many more after a refusal is "
        "closed (1008).",
    )
    edit_cost_per_second: float = Field(
        default=200_000.0,
        gt=0,
        description="Highest cost per second of the edits of one connection, in the long run; one "
        "edit more is refused (rate_limited). A unit of cost is about a microsecond of reading, "
        "transforming and applying edits, and of moving cursors.",
    )
    edit_cost_burst: int = Field(
        default=1_000_000,
        ge=1000,
        description="This much cost may come at once; a connection that causes as much again after "
        "a refusal is closed (1008).",
    )
    presences_per_second: float = Field(
        default=1000.0,
        gt=0,
        description="Most presence and ping frames per second from one network address, and of one "
        "user who is signed in, in the long run; one more is refused (rate_limited).",
    )
    presences_burst: int = Field(
        default=5000,
        ge=1,
        description="So many presence and ping frames may come at once; who sends so many more "
        "after a refusal is closed (1008).",
    )
    max_outbox_frames: int = Field(
        default=2048, ge=16, description="Most frames beside changes that wait for one slow reader."
    )
    presence_interval_seconds: float = Field(
        default=0.05,
        ge=0,
        description="Who came, went and moved is told to a document at most this often.",
    )
    max_bad_frames: int = Field(
        default=20, ge=1, description="So many bad frames in a row close the connection (1008)."
    )
    drain_timeout_seconds: float = Field(
        default=30.0,
        gt=0,
        description="How long a reader may take less than the least rate "
        "(min_drain_bytes_per_second); then it is closed (1013).",
    )
    min_drain_bytes_per_second: float = Field(
        default=2000.0,
        gt=0,
        description="A reader for whom something waits is let go (1013) if it takes fewer bytes "
        "per second than this, over drain_timeout_seconds.",
    )
    max_unread_bytes: int = Field(
        default=536_870_912,
        ge=1,
        description="Most bytes of large answers and joins that wait to be read, in all; content "
        "that many wait for counts once.",
    )
    max_address_unread_bytes: int = Field(
        default=67_108_864,
        ge=1,
        description="Most bytes of large answers and joins that wait to be read by one network "
        "address; content that its connections share counts once.",
    )
    ping_interval_seconds: float = Field(
        default=20.0, gt=0, description="How often the server pings an idle connection."
    )
    ping_timeout_seconds: float = Field(
        default=20.0, gt=0, description="How long the answer to a ping may take."
    )
    shutdown_timeout_seconds: float = Field(
        default=10.0, gt=0, description="How long closing may take before connections are dropped."
    )
    retry_after_seconds: float = Field(
        default=1.0, ge=0, description="What a server that shuts down tells its clients to wait."
    )

    @field_validator("trusted_proxies")
    @classmethod
    def _check_proxies(cls, proxies: tuple[str, ...]) -> tuple[str, ...]:
        for proxy in proxies:
            if proxy != "*":
                # Says itself what is wrong.
                ipaddress.ip_network(proxy)
        return proxies
