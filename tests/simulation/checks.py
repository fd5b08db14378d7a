"""What must hold once everything has come to rest."""

from __future__ import annotations

from collections import Counter
from typing import Any

from collab.ot import get_type
from collab.sessions.room import room_of

from .client import SimulatedClient
from .store import Log
from .view import Seen
from .violation import Violation
from .world import World
from .writing import Intents, text_parts

__all__ = ["check_at_rest", "check_idle", "check_left", "check_log"]


def expect(kind: str, holds: bool, detail: str) -> None:
    if not holds:
        raise Violation(kind, detail)


# -- the log ------------------------------------------------------------------------------------


def check_log(world: World) -> None:
    """Versions are contiguous, and every edit is in once. Where none was lost with the database,
    every acknowledged one is where it was told, and a text holds what its editors meant."""
    for doc_id in world.doc_ids:
        log = world.store.log(doc_id)
        expect(
            "log", world.store.head(doc_id) == len(log.entries), f"{doc_id}: head and log differ"
        )
        edits = Counter((entry.client_id, entry.id) for entry in log.entries)
        twice = [edit for edit, count in edits.items() if count > 1]
        expect("twice", not twice, f"{doc_id}: {twice}")
        for version, content in world.store.snapshots(doc_id):
            expect("snapshot", content == log.contents[version], f"{doc_id} at {version}")
        if log.doc_type == "text" and not world.store.losses:
            _check_intents(doc_id, log, intents_of(world, doc_id))
    for client in [] if world.store.losses else world.clients:
        for (doc_id, client_id, edit_id), version in client.acknowledged.items():
            entry = world.store.log(doc_id).entry(version)
            expect(
                "lost",
                entry is not None and (entry.client_id, entry.id) == (client_id, edit_id),
                f"{client_id}'s edit {edit_id} was acknowledged as {version}, which is {entry}",
            )


def intents_of(world: World, doc_id: str) -> dict[str, Intents]:
    return {
        client_id: intents
        for client in world.clients
        for (of, client_id), intents in client.intents.items()
        if of == doc_id
    }


def _check_intents(doc_id: str, log: Log, intents: dict[str, Intents]) -> None:
    inserted: Counter[str] = Counter()
    for version, entry in enumerate(log.entries):
        added, removed = text_parts(entry.operation, log.contents[version])
        meant = intents[entry.client_id]
        inserted.update(added)
        alien = [each for each in removed if each not in meant.deleted]
        expect("deleted", not alien, f"{entry} deletes {alien}, which its author never did")
        alien = [each for each in added if each not in meant.inserted]
        expect("inserted", not alien, f"{entry} inserts {alien}, which its author never did")
    meant_inserts: Counter[str] = Counter()
    for each in intents.values():
        meant_inserts.update(each.inserted)
    doubled = [each for each, count in inserted.items() if count > meant_inserts[each]]
    expect("doubled", not doubled, f"{doc_id}: {doubled} are inserted more often than by users")
    _check_content(doc_id, Counter(log.contents[-1]), meant_inserts, intents)


def _check_content(
    doc_id: str, content: Counter[str], inserts: Counter[str], intents: dict[str, Intents]
) -> None:
    deleted = {each for intent in intents.values() for each in intent.deleted}
    unsure = {each for intent in intents.values() for each in intent.unsure}
    sure = [intent for intent in intents.values() if not intent.abandoned]
    for intent in sure:
        kept = [each for each in intent.inserted if each not in deleted and content[each] != 1]
        kept = [each for each in kept if each not in unsure]
        expect("text", not kept, f"{doc_id}: {kept} are not there once, though nobody deleted them")
        gone = [each for each in intent.deleted if inserts[each] == 1 and content[each]]
        gone = [each for each in gone if each not in unsure]
        expect("text", not gone, f"{doc_id}: {gone} are there, though somebody deleted them")


# -- at rest, with everybody connected ----------------------------------------------------------


def check_at_rest(world: World) -> None:
    """Editors, server and log agree; presence is that of the connections."""
    documents = {document.doc_id: document for document in world.open_documents}
    for client in world.clients:
        log = world.store.log(client.doc_id)
        editor, session = client.editor, client.session
        assert editor is not None
        assert session is not None
        where = f"{client.client_id} on {client.doc_id}"
        expect("behind", editor.version == len(log.entries), f"{where} is at {editor.version}")
        expect("diverged", editor.content == log.contents[-1], f"{where}: {editor.content!r}")
        document = documents[client.doc_id]
        expect("behind", document.history.head == len(log.entries), f"{where}: the server is")
        expect("diverged", document.buffer.content() == log.contents[-1], f"{where}: the server")
        _check_presence(world, client)


def _check_presence(world: World, client: SimulatedClient) -> None:
    here = {each.client_id: each for each in world.clients if each.doc_id == client.doc_id}
    (room,) = [room_of(each) for each in world.open_documents if each.doc_id == client.doc_id]
    expect("presence", set(room.connections) == set(here), f"the room has {set(room.connections)}")
    assert client.socket is not None
    view = client.socket.view.present
    expect("presence", set(view) == set(here), f"{client.client_id} sees {set(view)}")
    log = world.store.log(client.doc_id)
    for client_id, other in here.items():
        assert other.socket is not None
        told = room._presences.get(client_id)
        number = told.data["number"] if told is not None else 0
        own = other.socket.view
        expect("presence", number == own.sent or own.refused, f"{client_id} has {number}")
        if client_id == client.client_id:
            continue
        seen = view[client_id]
        expect(
            "presence",
            seen.data == (told.data if told is not None else None),
            f"{client.client_id} sees {seen} of {client_id}, which is {told}",
        )
        if told is not None:
            kept = Seen(_plain(told.cursor), told.data, told.version)
            expect(
                "presence",
                _cursor_at_head(kept, client_id, log) == _cursor_at_head(seen, client_id, log),
                f"{client.client_id} sees {seen} of {client_id}, which is {told}",
            )


def _plain(cursor: Any) -> dict[str, int] | None:
    return None if cursor is None else {"anchor": cursor.anchor, "head": cursor.head}


def _cursor_at_head(seen: Seen, client_id: str, log: Log) -> Any:
    if seen.cursor is None:
        return None
    kind = get_type(log.doc_type)
    anchor, head = seen.cursor["anchor"], seen.cursor["head"]
    for entry in log.entries[seen.version :]:
        own = entry.client_id == client_id
        anchor = kind.transform_cursor(anchor, entry.operation, own)
        head = kind.transform_cursor(head, entry.operation, own)
    return anchor, head


# -- after everybody has left -------------------------------------------------------------------


def check_left(world: World) -> None:
    """Nothing is kept for anybody: connections, documents, authors, pins, tasks, transactions."""
    server = world.server.current
    assert server is not None
    manager, documents = server.manager, server.manager.documents
    left = {
        "connections": len(manager.connections),
        "admitted": len(manager.connections.limits),
        "joining": len(manager.connections.limits._joining),
        "documents": len(documents),
        "loading": len(documents._loading),
        "closing": len(documents._closing),
        "marked": len(server.committer._marked),
        "transactions": server.database.waiting,
        "wires": len(server.wires),
        "tasks": len(server.process.tasks) - 2,
    }
    left = {name: count for name, count in left.items() if count}
    expect("left over", not left, f"{left}; tasks: {list(server.process.tasks)}")


def check_idle(world: World) -> None:
    """Documents that nobody is connected to hold no pins, authors, presences, tasks or tail."""
    for document in world.open_documents:
        room = room_of(document)
        left = {
            "pins": document.pins,
            "authors": len(document.authors),
            "connections": len(room.connections),
            "presences": len(room._presences),
            "entries": len(room._entries),
            "news": len(room._membership_events),
            "moved": len(room._moved),
            "tasks": len(document._tasks),
            "tail": document.history.accepted - document.history.head,
        }
        left = {name: count for name, count in left.items() if count}
        expect("left over", not left, f"{document.doc_id}: {left}")
