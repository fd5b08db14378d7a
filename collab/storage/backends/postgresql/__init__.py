"""PostgreSQL over asyncpg: one statement for an append, on a connection that is kept."""
