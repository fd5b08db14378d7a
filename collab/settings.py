"""All settings with their defaults, units and descriptions.

A setting is an argument of `Settings(...)`, which the command line passes its options to; the
environment variable `COLLAB_<NAME>`; the file that `COLLAB_<NAME>_FILE` names; or a key of the
configuration file that `COLLAB_CONFIG` names. The first of these that has a value wins. Names of
sizes end in `_bytes`, of times in `_seconds` or `_days`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, cast, overload

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from .settings_sources import ConfigurationFile, ValueFiles

__all__ = ["Settings"]

if TYPE_CHECKING:
    # pydantic converts the accepted types (`__set__`) to the types that are read (`__get__`).
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
    """The settings of one application; immutable.

    Raises:
        pydantic.ValidationError: names each invalid setting.
        ConfigurationError: a file of settings can't be read.
    """

    model_config = SettingsConfigDict(env_prefix="COLLAB_", frozen=True, extra="forbid")

    # Serving
    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(
        default=8000, ge=0, le=65535, description="Port to listen on; 0 selects a free port."
    )
    root_path: str = Field(
        default="", description="Path under which a proxy serves the program, such as /collab."
    )
    trusted_proxies: Texts = Field(
        default=cast(Any, ("127.0.0.1", "::1")),
        description="Addresses and networks of the proxies whose X-Forwarded-For and "
        'X-Forwarded-Proto are trusted, such as ["10.0.0.0/8"] (JSON); * for any.',
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Lowest level that is logged."
    )
    log_format: Literal["text", "json"] = Field(
        default="text",
        description="Format of a log record: a line of text or a JSON object.",
    )

    metrics_token: Secret = Field(
        default=cast(Any, SecretStr("")),
        description="Bearer token required to read /metrics, 16 characters or more. Without one, "
        "/metrics can be read in open mode only.",
    )

    static_sources: bool = Field(
        default=False,
        description="Whether pages load the modules of static/ instead of the bundles; for "
        "development.",
    )

    # Authentication and authorization
    auth: Literal["open", "token"] = Field(
        default="open",
        description="open: clients choose their identity; token: a signed token identifies the "
        "user.",
    )
    token_secret: Secret = Field(
        default=cast(Any, SecretStr("")),
        description="Shared secret of tokens signed with HS256, 32 bytes or more.",
    )
    token_key_file: str = Field(
        default="",
        description="File with the public key (PEM) or keys (JWKS) of tokens signed with RS256, "
        "ES256 or EdDSA.",
    )
    token_audience: str = Field(
        default="",
        description="Value that a token's aud must contain; if empty, tokens must have no aud.",
    )
    token_issuer: str = Field(
        default="", description="Required iss of a token; if empty, any issuer is accepted."
    )
    token_leeway_seconds: float = Field(
        default=30.0, ge=0, description="Accepted clock difference to the issuer of a token."
    )
    token_cookie: str = Field(
        default="collab_token", min_length=1, description="Name of the cookie with a token."
    )
    login_url: str = Field(
        default="",
        pattern=r"^(|/([^/\\].*)?|https?://.+)$",
        description="Path or URL of the sign-in page. The query parameter next holds the path to "
        "return to. If empty, token mode uses a built-in page, and a host has none.",
    )
    users_may_create: bool = Field(
        default=False,
        description="Whether every signed-in user may create documents and then owns them. If not, "
        "creating takes the role editor from the token or the host.",
    )
    max_document_grants: int = Field(
        default=1000, ge=1, description="Most users with a grant on one document."
    )
    max_document_links: int = Field(
        default=100, ge=1, description="Most links that share one document."
    )
    allowed_origins: Texts = Field(
        default=cast(Any, ()),
        description="Additional origins whose pages may edit, such as "
        '["https://example.org"] (JSON); * for any.',
    )

    allowed_hosts: Texts = Field(
        default=cast(Any, ()),
        description="Host names that collab serve accepts in open mode, in addition to localhost "
        'and IP addresses, such as ["notes.lan"] (JSON); * for any, as with --insecure-open.',
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
        description="Longest time that callers wait for a transaction.",
    )
    max_commit_operations: int = Field(
        default=1000, ge=1, description="Most operations written in one transaction."
    )
    commit_delay_seconds: float = Field(
        default=0.001,
        ge=0,
        le=1,
        description=(
            "Longest time after a commit for which the next one waits under load, so that it "
            "includes the next edits of authors who were just acknowledged. 0 for no delay."
        ),
    )
    snapshot_interval_operations: int = Field(
        default=1000, ge=1, description="Operations of a document from one snapshot to the next."
    )
    snapshot_bytes_per_operation: int = Field(
        default=2000,
        ge=1,
        description="Most bytes of snapshots per operation. Large documents are stored less often.",
    )

    snapshots_kept: int = Field(
        default=5, ge=1, description="Number of a document's newest snapshots that are kept."
    )
    snapshot_spacing_operations: int = Field(
        default=5000,
        ge=1,
        description="Older snapshots are kept so that every version is at most this many "
        "operations after one.",
    )
    snapshot_spacing_bytes_per_operation: int = Field(
        default=400,
        ge=1,
        description="Most bytes of older snapshots per operation. Those of large documents are "
        "kept further apart.",
    )
    max_content_cache_bytes: int = Field(
        default=33_554_432,
        ge=0,
        description="Most bytes of stored contents that are cached after they were read over HTTP.",
    )

    # Documents
    create_on_join: bool = Field(
        default=True, description="Whether joining an unknown id creates the document."
    )
    max_documents: int = Field(
        default=1_000_000,
        ge=1,
        description="Most documents in the database; no more can be created then.",
    )
    tombstone_days: float = Field(
        default=90.0,
        gt=0,
        description="How long the id of a deleted document is remembered. After that, joining it "
        "creates a new, empty document.",
    )
    max_open_documents: int = Field(
        default=1000, ge=1, description="Most documents in memory; idle ones are evicted first."
    )
    max_open_size: int = Field(
        default=500_000_000,
        ge=1,
        description="Largest total size of the documents in memory, including their operations in "
        "memory; no other document is opened then. A unit takes up to about 20 bytes.",
    )
    max_address_open_size: int = Field(
        default=50_000_000,
        ge=1,
        description="Largest total size of the documents that the connections of one network "
        "address, or of one signed-in user, have open. A single document may be larger.",
    )
    document_idle_seconds: float = Field(
        default=60.0, ge=0, description="How long a document without connections stays in memory."
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
        description="Most components of one edit of a JSON document. Transforming two edits costs "
        "the product of their components.",
    )
    max_operation_values: int = Field(
        default=40_000,
        ge=100,
        description="Most JSON values in the operation of one edit frame, nested ones included: "
        "components, lengths, texts, attributes, values and embeds.",
    )
    max_component_attributes: int = Field(
        default=100,
        ge=1,
        description="Most attributes of one component of an edit of a rich text, and of one run of "
        "its content. Each nested value counts.",
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
        description="Most bytes of operations held in memory for one document.",
    )
    max_transform_operations: int = Field(
        default=5000,
        ge=1,
        description="Most versions that an edit may be behind.",
    )

    max_transform_bytes: int = Field(
        default=16_777_216,
        ge=1,
        description="Most bytes of operations that are read from the database to transform one "
        "edit.",
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
        description="Highest cost of comparing an old version with the newest in order to restore "
        "it; a unit of cost is about a microsecond. The comparison yields to other work.",
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
        description="Most connections that have sent no request; above it the oldest is closed. "
        "Also most WebSockets that are authenticating or joining.",
    )
    handshake_timeout_seconds: float = Field(
        default=10.0,
        gt=0,
        description="Longest time to receive a request's head, to receive its body, and to "
        "authenticate it.",
    )
    max_request_head_bytes: int = Field(
        default=32_768,
        ge=1024,
        description="Most bytes of a request's URL and headers.",
    )
    max_waiting_requests: int = Field(
        default=100,
        ge=1,
        description="Most pipelined requests that wait on one connection.",
    )
    address_requests_per_second: float = Field(
        default=200.0,
        gt=0,
        description="Most requests per second from one network address, in the long run; of IPv6, "
        "from one /64 network. Static files, health checks and WebSockets don't count.",
    )
    address_requests_burst: int = Field(
        default=5000, ge=1, description="Most requests of one network address at once."
    )
    user_requests_per_second: float = Field(
        default=50.0,
        gt=0,
        description="Most requests per second of one signed-in user, in the long run, from any "
        "address.",
    )
    user_requests_burst: int = Field(
        default=1000, ge=1, description="Most requests of one signed-in user at once."
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
        description="Share of the event loop's time that the input from one network address may "
        "take in the long run while other clients are active; more is read later. Of IPv6, the /64 "
        "network counts.",
    )
    address_loop_burst_seconds: float = Field(
        default=0.4,
        gt=0,
        description="Event loop time that one network address may take at once.",
    )
    user_loop_share: float = Field(
        default=0.12,
        gt=0,
        description="The same share for one signed-in user, from any address.",
    )
    user_loop_burst_seconds: float = Field(
        default=0.4,
        gt=0,
        description="Event loop time that one signed-in user may take at once.",
    )
    joins_per_second: float = Field(
        default=50.0,
        gt=0,
        description="Most WebSockets per second that are opened from one network address, and by "
        "one signed-in user, in the long run; one more is refused (rate_limited).",
    )
    joins_burst: int = Field(default=2000, ge=1, description="Most WebSockets opened at once.")
    creations_per_second: float = Field(
        default=10.0,
        gt=0,
        description="Most documents per second that are created from one network address, and by "
        "one signed-in user, in the long run; one more is refused (rate_limited).",
    )
    creations_burst: int = Field(default=500, ge=1, description="Most documents created at once.")
    restores_per_second: float = Field(
        default=0.5,
        gt=0,
        description="Most old versions per second that are restored from one network address, and "
        "by one signed-in user, in the long run; one more is refused (rate_limited).",
    )
    restores_burst: int = Field(default=20, ge=1, description="Most old versions restored at once.")
    edits_per_second: float = Field(
        default=20_000.0,
        gt=0,
        description="Most edits per second from one network address, and of one signed-in user, in "
        "the long run; one more is refused (rate_limited).",
    )
    edits_burst: int = Field(
        default=40_000,
        ge=1,
        description="Most edits at once. A connection that sends as many again after a refusal is "
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
        description="Highest cost at once. A connection that causes as much again after a refusal "
        "is closed (1008).",
    )
    presences_per_second: float = Field(
        default=1000.0,
        gt=0,
        description="Most presence and ping frames per second from one network address, and of one "
        "signed-in user, in the long run; one more is refused (rate_limited).",
    )
    presences_burst: int = Field(
        default=5000,
        ge=1,
        description="Most presence and ping frames at once. A connection that sends as many again "
        "after a refusal is closed (1008).",
    )
    max_outbox_frames: int = Field(
        default=2048,
        ge=16,
        description="Most frames, changes excluded, that are queued for one slow reader.",
    )
    presence_interval_seconds: float = Field(
        default=0.05,
        ge=0,
        description="Shortest interval of sending joins, leaves and cursors to a document.",
    )
    max_bad_frames: int = Field(
        default=20,
        ge=1,
        description="Number of consecutive invalid frames that closes the connection (1008).",
    )
    drain_timeout_seconds: float = Field(
        default=30.0,
        gt=0,
        description="How long a reader may be below the minimum rate "
        "(min_drain_bytes_per_second) before it is closed (1013).",
    )
    min_drain_bytes_per_second: float = Field(
        default=2000.0,
        gt=0,
        description="Lowest rate, over drain_timeout_seconds, at which a reader must read what is "
        "queued for it. A slower one is closed (1013).",
    )
    max_unread_bytes: int = Field(
        default=536_870_912,
        ge=1,
        description="Most bytes of large responses and joins that are unread, and of large "
        "requests that are not answered, in all. Content for several readers counts once.",
    )
    max_address_unread_bytes: int = Field(
        default=67_108_864,
        ge=1,
        description="Most unread bytes of large responses and joins of one network address. "
        "Content for several of its connections counts once.",
    )
    ping_interval_seconds: float = Field(
        default=20.0, gt=0, description="How often the server pings an idle connection."
    )
    ping_timeout_seconds: float = Field(
        default=20.0, gt=0, description="Longest time until the answer to a ping."
    )
    shutdown_timeout_seconds: float = Field(
        default=10.0,
        gt=0,
        description="Longest time of a graceful shutdown; then connections are dropped.",
    )
    retry_after_seconds: float = Field(
        default=1.0,
        ge=0,
        description="Delay before reconnecting that a closing server sends to clients.",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The sources of settings; the first that has a value wins."""
        return init_settings, env_settings, ValueFiles(cls), ConfigurationFile(cls)

    @field_validator("trusted_proxies")
    @classmethod
    def _check_proxies(cls, proxies: tuple[str, ...]) -> tuple[str, ...]:
        for proxy in proxies:
            if proxy != "*":
                # Raises ValueError with a message that describes the fault.
                ipaddress.ip_network(proxy)
        return proxies
