"""`collab documents …`: look at and exchange documents without a server."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec

from ..api.answers import timestamp
from ..app import Collab
from ..care.opening import existing_file
from ..documents import DocumentManager
from ..ot import OperationType
from ..settings import Settings
from .options import given, setting_options

__all__ = ["documents"]

Result = TypeVar("Result")

PAGE_DOCUMENTS = 500


def with_manager(
    options: dict[str, Any],
    act: Callable[[DocumentManager], Awaitable[Result]],
    *,
    create: bool = False,
) -> Result:
    """Open the program without serving it, act, close.

    Raises:
        ConfigurationError: there is no database file, and none is to be made (`create`).
    """
    settings = Settings(**given(options))
    if not create:
        existing_file(settings)

    async def run() -> Result:
        app = Collab(settings)
        async with app.running():
            return await act(app.manager)

    return asyncio.run(run())


@click.group()
def documents() -> None:
    """List, show, export and import documents, over the same database as the server."""


@documents.command("list")
@setting_options("database")
@click.option("--search", default="", help="Only documents whose title or id contains this.")
def list_documents(search: str, **options: Any) -> None:
    """List documents, newest first: id, type, version, when it was changed, title."""

    async def act(manager: DocumentManager) -> None:
        after = None
        while True:
            page, after = await manager.repository.list_documents(search, PAGE_DOCUMENTS, after)
            for record in page:
                click.echo(
                    f"{record.doc_id}\t{record.doc_type}\t{record.version}\t"
                    f"{timestamp(record.updated_at)}\t{record.title}"
                )
            if after is None:
                return

    with_manager(options, act)


@documents.command()
@setting_options("database")
@click.argument("doc_id")
@click.option("--version", type=click.IntRange(min=0), help="Show it as it was at this version.")
def show(doc_id: str, version: int | None, **options: Any) -> None:
    """Show a document: what is known of it, then its content."""

    async def act(manager: DocumentManager) -> None:
        record, at, content = await manager.read_document(doc_id, version)
        click.echo(f"id:       {record.doc_id}")
        click.echo(f"title:    {record.title}")
        click.echo(f"type:     {record.doc_type}")
        click.echo(f"version:  {at}" + ("" if at == record.version else f" of {record.version}"))
        click.echo(f"created:  {timestamp(record.created_at)}")
        click.echo(f"updated:  {timestamp(record.updated_at)}\n")
        click.echo(as_text(content))

    with_manager(options, act)


@documents.command()
@setting_options("database")
@click.argument("doc_id")
@click.option("--version", type=click.IntRange(min=0), help="Export it as it was at this version.")
@click.option(
    "--output", "-o", type=click.Path(path_type=Path, dir_okay=False), help="File to write to."
)
def export(doc_id: str, version: int | None, output: Path | None, **options: Any) -> None:
    """Write a document's content, byte for byte, to standard output or to a file."""

    async def act(manager: DocumentManager) -> Any:
        return (await manager.read_document(doc_id, version))[2]

    data = as_text(with_manager(options, act)).encode()
    if output is None:
        click.echo(data, nl=False)
    else:
        try:
            output.write_bytes(data)
        except OSError as error:
            raise click.FileError(str(output), error.strerror) from None


@documents.command("import")
@setting_options("database")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--id", "doc_id", help="Id of the new document; made up if left out.")
@click.option("--title", help="Its title; the file's name if left out.")
@click.option("--type", "doc_type", default="text", show_default=True, help="Type of the document.")
def import_file(
    file: Path, doc_id: str | None, title: str | None, doc_type: str, **options: Any
) -> None:
    """Make a new document of a UTF-8 file, and print its id.

    The file holds the document's content as `export` writes it: the text itself, and JSON for any
    other type.
    """
    try:
        text = file.read_bytes().decode()
    except OSError as error:
        raise click.FileError(str(file), error.strerror) from None
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{file} is not UTF-8 text: {error}") from None

    async def act(manager: DocumentManager) -> str:
        return await manager.import_document(
            doc_id or secrets.token_urlsafe(9),
            from_text(text, manager.documents.types.get(doc_type), file),
            doc_type=doc_type,
            title=file.name if title is None else title,
        )

    click.echo(with_manager(options, act, create=True))


def from_text(text: str, doc_type: OperationType, file: Path) -> Any:
    """The content that `as_text` has written."""
    if isinstance(doc_type.create(), str):
        return text
    try:
        return msgspec.json.decode(text)
    except (ValueError, RecursionError) as error:
        raise click.ClickException(
            f"{file} is not JSON, as a document of the type '{doc_type.name}' is: {error}"
        ) from None


def as_text(content: Any) -> str:
    return (
        content if isinstance(content, str) else json.dumps(content, ensure_ascii=False, indent=2)
    )
