"""Checksums, compaction, damaged snapshots, and ids of deleted documents."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("documents", sa.Column("checksum", sa.BigInteger(), nullable=True))
    op.add_column(
        "documents",
        sa.Column("compacted_version", sa.BigInteger(), server_default="0", nullable=False),
    )
    op.add_column("documents", sa.Column("compacted_checksum", sa.BigInteger(), nullable=True))
    op.add_column("operations", sa.Column("checksum", sa.BigInteger(), nullable=True))
    op.add_column("snapshots", sa.Column("checksum", sa.BigInteger(), nullable=True))
    op.create_table(
        "damaged_snapshots",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("checksum", sa.BigInteger(), nullable=True),
        sa.Column("found_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["documents.id"],
            name=op.f("fk_damaged_snapshots_document_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_damaged_snapshots")),
    )
    op.create_index(op.f("ix_damaged_snapshots_document_id"), "damaged_snapshots", ["document_id"])
    op.create_table(
        "identities",
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("first_edit_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("last_edit_id", sa.BigInteger(), nullable=False),
        sa.Column("last_version", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("edits", sa.LargeBinary(), nullable=False),
        sa.Column("checksum", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["documents.id"],
            name=op.f("fk_identities_document_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "document_id", "client_id", "first_edit_id", name=op.f("pk_identities")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tombstones",
        sa.Column("doc_id", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("deleted_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("doc_id", name=op.f("pk_tombstones")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("tombstones")
    op.drop_table("identities")
    op.drop_index(op.f("ix_damaged_snapshots_document_id"), "damaged_snapshots")
    op.drop_table("damaged_snapshots")
    op.drop_column("snapshots", "checksum")
    op.drop_column("operations", "checksum")
    op.drop_column("documents", "compacted_checksum")
    op.drop_column("documents", "compacted_version")
    op.drop_column("documents", "checksum")
