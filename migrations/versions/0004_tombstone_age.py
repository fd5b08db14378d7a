"""An index of the ids of deleted documents by age, so that old ones can be removed."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_tombstones_deleted_at"), "tombstones", ["deleted_at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_tombstones_deleted_at"), "tombstones")
