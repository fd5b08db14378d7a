"""One page of the list of documents, made only of what the user may see.

Nothing about a hidden document is compared with the search, and no cursor names one.
"""

from __future__ import annotations

from ..auth import Seen, User
from ..auth.user import ROLES
from ..limits.budget import next_turn
from ..storage import DocumentRecord, ListCursor, Scope, Store

__all__ = ["MAX_ASKED", "list_page"]

MAX_ASKED = 500
"""A request asks a host's `authorize` about at most so many documents."""

TURN_DOCUMENTS = 50
"""An `authorize` that never waits is asked so often before others have their turn."""

Page = tuple[list[DocumentRecord], str | None]


async def list_page(
    store: Store, user: User, seen: Seen, search: str, limit: int, after: str | None
) -> Page:
    """A page of at most `limit` documents, the last changed first, and the `after` of the next.

    Where a host's `authorize` decides, a page may hold fewer documents than match, even none,
    although another page follows.

    Raises:
        InvalidRequest: `after` is not a cursor, or `search` is too long.
    """
    if seen.doc_ids is None:
        return await store.catalog.list_documents(search, limit, after)
    scope = Scope(tuple(seen.doc_ids), seen.user_id, seen.link_key, ROLES)
    if seen.authorize is None:
        return await store.catalog.list_documents(search, limit, after, scope)
    return await _asked_page(store, user, seen, scope, search, limit, after)


async def _asked_page(
    store: Store,
    user: User,
    seen: Seen,
    scope: Scope,
    search: str,
    limit: int,
    after: str | None,
) -> Page:
    start = store.catalog.check_list(search, after)
    window = await store.catalog.walk_documents(start, MAX_ASKED + 1)
    enough = None if search else limit + 1
    visible = await _visible(store, user, seen, scope, window[:MAX_ASKED], enough)
    found = list(visible)
    if search and found:
        matching = await store.catalog.matching_keys([each.key for each in found], search)
        found = [each for each in found if each.key in matching]
    if len(found) > limit:
        return found[:limit], ListCursor.of(found[limit - 1]).cursor()
    if len(window) <= MAX_ASKED:
        return found, None
    return found, _end_of(window[:MAX_ASKED], visible, start).cursor()


async def _visible(
    store: Store,
    user: User,
    seen: Seen,
    scope: Scope,
    window: list[DocumentRecord],
    enough: int | None,
) -> list[DocumentRecord]:
    """The documents of the window that the user may see, at most `enough`."""
    assert seen.authorize is not None
    shared = await store.catalog.matching_keys([each.key for each in window], "", scope)
    visible: list[DocumentRecord] = []
    for number, record in enumerate(window, 1):
        if number % TURN_DOCUMENTS == 0:
            await next_turn()
        if record.key in shared or await seen.authorize(user, record.doc_id):
            visible.append(record)
        if len(visible) == enough:
            break
    return visible


def _end_of(
    window: list[DocumentRecord], visible: list[DocumentRecord], start: ListCursor
) -> ListCursor:
    """The end of the window, as a count of documents from the last one that the user may see."""
    if not visible:
        return ListCursor(start.updated_at, start.key, start.skipped + len(window))
    last = visible[-1]
    return ListCursor(last.updated_at, last.key, len(window) - 1 - window.index(last))
