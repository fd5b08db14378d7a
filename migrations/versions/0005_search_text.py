"""A column with the text of each document that searches compare."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from collab.storage.folding import search_text

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BATCH_DOCUMENTS = 1000

documents = sa.table(
    "documents",
    sa.column("id", sa.Integer()),
    sa.column("doc_id", sa.Text()),
    sa.column("title", sa.Text()),
    sa.column("search_text", sa.Text()),
)


def upgrade() -> None:
    op.add_column(
        "documents", sa.Column("search_text", sa.Text(), server_default="", nullable=False)
    )
    # An SQL script can't compute it; `collab migrate` does.
    if not op.get_context().as_sql:
        fill(op.get_bind())


def fill(connection: sa.Connection) -> None:
    columns = documents.c
    query = sa.select(columns.id, columns.doc_id, columns.title).order_by(columns.id)
    statement = (
        sa.update(documents)
        .where(columns.id == sa.bindparam("key"))
        .values(search_text=sa.bindparam("folded"))
    )
    last = 0
    while True:
        page = connection.execute(query.where(columns.id > last).limit(BATCH_DOCUMENTS)).all()
        if not page:
            return
        connection.execute(
            statement,
            [{"key": row.id, "folded": search_text(row.title, row.doc_id)} for row in page],
        )
        last = page[-1].id


def downgrade() -> None:
    op.drop_column("documents", "search_text")
