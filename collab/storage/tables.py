"""The tables. Times are seconds since the epoch, UTC, as floating-point numbers.

A change here needs a migration beside it; a test compares the two.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

__all__ = [
    "damaged_snapshots",
    "documents",
    "grants",
    "identities",
    "links",
    "metadata",
    "operations",
    "snapshots",
    "tombstones",
]

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

# A number that was used once must not come back: a late snapshot of a deleted document would become
# a wrong snapshot of a new one. SQLite keeps that promise only with AUTOINCREMENT.
# `checksum` is that of the newest operation. The operations up to `compacted_version` are no longer
# kept; the last of them had `compacted_checksum`. `search_text` is `folding.search_text`.
documents = Table(
    "documents",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("doc_id", Text, nullable=False, unique=True),
    Column("epoch", Text, nullable=False),
    Column("doc_type", Text, nullable=False),
    Column("title", Text, nullable=False, server_default=""),
    Column("version", BigInteger, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("updated_at", Double, nullable=False),
    Column("checksum", BigInteger, nullable=True),
    Column("compacted_version", BigInteger, nullable=False, server_default="0"),
    Column("compacted_checksum", BigInteger, nullable=True),
    Column("search_text", Text, nullable=False, server_default=""),
    Index(None, "updated_at", "id"),
    sqlite_autoincrement=True,
)

# Without a rowid the operations of one document lie side by side, in order: reading a tail is one
# range, and an append touches one tree less.
operations = Table(
    "operations",
    metadata,
    Column(
        "document_id", Integer, ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True
    ),
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("operation", Text, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("client_edit_id", BigInteger, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("checksum", BigInteger, nullable=True),
    UniqueConstraint("document_id", "client_id", "client_edit_id"),
    sqlite_with_rowid=False,
)

snapshots = Table(
    "snapshots",
    metadata,
    Column(
        "document_id", Integer, ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True
    ),
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("content", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("checksum", BigInteger, nullable=True),
)

# Snapshots that were not what had been stored, kept for whoever wants to know what happened.
damaged_snapshots = Table(
    "damaged_snapshots",
    metadata,
    Column("id", Integer, primary_key=True),
    Column(
        "document_id",
        Integer,
        ForeignKey("documents.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("version", BigInteger, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("checksum", BigInteger, nullable=True),
    Column("found_at", Double, nullable=False),
)

# What is kept of operations that are not: consecutive edits of one client, each in 24 bytes.
identities = Table(
    "identities",
    metadata,
    Column(
        "document_id", Integer, ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True
    ),
    Column("client_id", Text, primary_key=True),
    Column("first_edit_id", BigInteger, primary_key=True, autoincrement=False),
    Column("last_edit_id", BigInteger, nullable=False),
    Column("last_version", BigInteger, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("edits", LargeBinary, nullable=False),
    Column("checksum", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# The ids of deleted documents: who comes back to one is told, and doesn't make it anew.
tombstones = Table(
    "tombstones",
    metadata,
    Column("doc_id", Text, primary_key=True),
    Column("epoch", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("deleted_at", Double, nullable=False, index=True),
    sqlite_with_rowid=False,
)

grants = Table(
    "grants",
    metadata,
    Column(
        "document_id", Integer, ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True
    ),
    Column("user_id", Text, primary_key=True),
    Column("role", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Index(None, "user_id"),
)

# Of a link's secret only the digest is kept: who reads the database can't use it.
links = Table(
    "links",
    metadata,
    Column("id", Text, primary_key=True),
    Column(
        "document_id",
        Integer,
        ForeignKey("documents.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("role", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("expires_at", Double, nullable=True),
)
