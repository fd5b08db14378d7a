"""`collab documents …`: list, show, export and import documents without a server."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from msgspec import structs

from ..api.schemas import Document, DocumentWithContent, timestamp
from ..app import Collab
from ..documents.titles import MAX_TITLE
from ..frames import encode_bytes
from ..maintenance.opening import check_kept, existing_file
from ..manager import DocumentManager
from ..settings import Settings
from ..storage.url import file_of, parse_url
from .content import as_text, from_text, read_text, write_output
from .options import given, json_option, setting_options
from .texts import TEXT, file_title, printable

__all__ = ["documents"]

Result = TypeVar("Result")

PAGE_DOCUMENTS = 500
VERSION = click.IntRange(min=0, max=2**53 - 1)


def with_manager(
    options: dict[str, Any],
    act: Callable[[DocumentManager], Awaitable[Result]],
    *,
    create: bool = False,
) -> Result:
    """Open the application without serving it, run `act`, and close it.

    Raises:
        ConfigurationError: the database file does not exist and `create` is False, or the database
            is in memory.
    """
    settings = Settings(**given(options))
    check_kept(settings)
    if not create:
        existing_file(settings)

    async def run() -> Result:
        app = Collab(settings, serves=False)
        async with app.running():
            return await act(app.manager)

    return asyncio.run(run())


@click.group()
def documents() -> None:
    """List, show, export and import documents of the server's database."""


@documents.command("list")
@setting_options("database")
@click.option(
    "--search", type=TEXT, default="", help="Only documents whose title or id contains this."
)
@json_option("one object for each document")
def list_documents(search: str, as_json: bool, **options: Any) -> None:
    """List documents, newest first: id, type, version, time of the last change, title."""

    async def act(manager: DocumentManager) -> None:
        after = None
        while True:
            page, after = await manager.store.catalog.list_documents(search, PAGE_DOCUMENTS, after)
            for record in page:
                if as_json:
                    click.echo(encode_bytes(Document.of(record)))
                    continue
                click.echo(
                    f"{printable(record.doc_id)}\t{printable(record.doc_type)}\t{record.version}\t"
                    f"{timestamp(record.updated_at)}\t{printable(record.title)}"
                )
            if after is None:
                return

    with_manager(options, act)


@documents.command()
@setting_options("database")
@click.argument("doc_id", type=TEXT)
@click.option("--version", type=VERSION, help="Show this version.")
@json_option("one object, with the content")
def show(doc_id: str, version: int | None, as_json: bool, **options: Any) -> None:
    """Show a document's metadata and content."""

    async def act(manager: DocumentManager) -> None:
        record, at, content = await manager.read_document(doc_id, version)
        if as_json:
            fields = structs.asdict(Document.of(record, at))
            click.echo(encode_bytes(DocumentWithContent(**fields, content=content)))
            return
        text = as_text(content, manager.documents.types.get(record.doc_type))
        click.echo(f"id:       {printable(record.doc_id)}")
        click.echo(f"title:    {printable(record.title)}")
        click.echo(f"type:     {printable(record.doc_type)}")
        click.echo(f"version:  {at}" + ("" if at == record.version else f" of {record.version}"))
        click.echo(f"created:  {timestamp(record.created_at)}")
        click.echo(f"updated:  {timestamp(record.updated_at)}\n")
        click.echo(text)

    with_manager(options, act)


@documents.command()
@setting_options("database")
@click.argument("doc_id", type=TEXT)
@click.option("--version", type=VERSION, help="Export this version.")
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    help="File to write; an existing file is replaced.  [default: -, standard output]",
)
def export(doc_id: str, version: int | None, output: Path | None, **options: Any) -> None:
    """Write a document's content, byte for byte, to standard output or to a file.

    A text is written unchanged, the content of any other type as JSON. `import` reads the same
    format.
    """

    async def act(manager: DocumentManager) -> bytes:
        record, _, content = await manager.read_document(doc_id, version)
        return as_text(content, manager.documents.types.get(record.doc_type)).encode()

    data = with_manager(options, act)
    write_output(data, output, never=database_files(Settings(**given(options))))


def database_files(settings: Settings) -> list[Path]:
    file = file_of(parse_url(settings.database))
    return [] if file is None else [file, *(Path(f"{file}{end}") for end in ("-wal", "-shm"))]


@documents.command("import")
@setting_options("database")
@click.argument(
    "file", type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True)
)
@click.option("--id", "doc_id", type=TEXT, help="Id of the new document.  [default: random]")
@click.option("--title", type=TEXT, help="Title.  [default: the file's name]")
@click.option(
    "--type",
    "doc_type",
    type=TEXT,
    default="text",
    show_default=True,
    help="Type of the document.",
)
def import_file(
    file: Path, doc_id: str | None, title: str | None, doc_type: str, **options: Any
) -> None:
    """Create a document from a UTF-8 file, and print its id. The file - is standard input.

    The file has the format that `export` writes: the text itself, or JSON for any other type.
    """

    async def act(manager: DocumentManager) -> str:
        kind = manager.documents.types.get(doc_type)
        text = read_text(file, kind, manager.settings.max_document_size)
        return await manager.import_document(
            secrets.token_urlsafe(9) if doc_id is None else doc_id,
            from_text(text, kind, file),
            doc_type=doc_type,
            title=default_title(file) if title is None else title,
        )

    click.echo(with_manager(options, act, create=True))


def default_title(file: Path) -> str:
    return "" if str(file) == "-" else file_title(file, MAX_TITLE)
