"""On PostgreSQL, pages of documents keep room for what an edit changes in them.

A row that stays on its page leaves the indexes alone. Pages that are full already keep their form.
"""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        op.execute("ALTER TABLE documents SET (fillfactor = 70)")


def downgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        op.execute("ALTER TABLE documents RESET (fillfactor)")
