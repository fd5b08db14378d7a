"""`collab check` and `collab repair`"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import click
from msgspec import Struct

from ..documents.document_types import DocumentTypes
from ..errors import ConfigurationError
from ..frames import encode_bytes
from ..installed_types import register_installed_types
from ..maintenance.check import check_database, check_documents
from ..maintenance.opening import check_unused, existing_file, opened
from ..maintenance.repair import Repair, needs_dropping
from ..maintenance.report import DocumentReport
from ..settings import Settings
from .options import given, json_option, setting_options
from .texts import TEXT, printable

__all__ = ["check", "repair"]


class DocumentState(Struct):
    """What `check` found of one document; `readable_version` is the newest version whose content
    can be read, None if there is none."""

    doc_id: str
    version: int
    readable_version: int | None
    operations: int
    operations_without_checksum: int
    findings: list[str]
    notes: list[str]

    @classmethod
    def of(cls, report: DocumentReport) -> DocumentState:
        """What a report says."""
        return cls(
            report.record.doc_id,
            report.record.version,
            report.version,
            report.operations,
            report.without_checksum,
            report.findings,
            report.notes,
        )


class DatabaseState(Struct):
    """What `check` found of the database as a whole."""

    documents: int
    operations: int
    damaged_documents: int
    findings: list[str]


def say(report: DocumentReport) -> None:
    for line in [*report.findings, *report.notes]:
        click.echo(printable(f"{report.record.doc_id}: {line}"))


def summary(reports: int, operations: int, damaged: int, without_checksum: int) -> None:
    if without_checksum:
        click.echo(
            f"{without_checksum} operations are of the time before there were checksums: "
            "`collab repair` computes them"
        )
    state = f"{damaged} damaged" if damaged else "sound"
    click.echo(f"{reports} documents, {operations} operations: {state}")


@click.command(short_help="See whether all that is stored is sound.")
@setting_options("database")
@click.argument("doc_ids", metavar="[DOC_ID]...", nargs=-1, type=TEXT)
@json_option("one object for each document, then one for the database")
def check(doc_ids: tuple[str, ...], as_json: bool, **options: Any) -> None:
    """Replay each document's log and compare it with its snapshots and its newest version; verify
    every checksum. All documents, or those that are named. Nothing is changed; a server may run.

    Exit code: 0 all is sound, 1 damage was found, 2 it could not be looked for.
    """
    settings = Settings(**given(options))
    register_installed_types()

    async def run() -> bool:
        types = DocumentTypes(settings)
        reports = operations = damaged = without = 0
        async with opened(settings) as database:
            problems = await check_database(database)
            for line in problems if not as_json else ():
                click.echo(f"the database: {line}")
            async for report in check_documents(database, types, *doc_ids):
                if as_json:
                    click.echo(encode_bytes(DocumentState.of(report)))
                else:
                    say(report)
                reports += 1
                operations += report.operations
                damaged += bool(report.findings)
                without += report.without_checksum
        if as_json:
            click.echo(encode_bytes(DatabaseState(reports, operations, damaged, problems)))
        else:
            summary(reports, operations, damaged, without)
        return not problems and not damaged

    if not asyncio.run(run()):
        sys.exit(1)


@click.command(short_help="Mend what `check` finds, without losing anything.")
@setting_options("database")
@click.argument("doc_ids", metavar="[DOC_ID]...", nargs=-1, type=TEXT)
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option(
    "--drop-after-damage",
    is_flag=True,
    help="Where a document can't be read to its newest version, cut off what comes after the last "
    "version that can be had. Only while no server runs.",
)
@click.option(
    "--no-server-runs",
    is_flag=True,
    help="Say so, for --drop-after-damage on another database than SQLite, where it can't be seen.",
)
def repair(
    doc_ids: tuple[str, ...],
    dry_run: bool,
    drop_after_damage: bool,
    no_server_runs: bool,
    **options: Any,
) -> None:
    """Set bad snapshots aside and store new ones, compute missing checksums. All documents, or
    those that are named; a server may run.

    No operation is lost but with --drop-after-damage. Make a backup first.

    Exit code: 0 all is sound now, 1 damage is left, 2 it could not be looked for.
    """
    settings = Settings(**given(options))
    register_installed_types()
    file = existing_file(settings)
    if drop_after_damage and not dry_run:
        if file is not None:
            check_unused(file)
        elif not no_server_runs:
            raise ConfigurationError(
                "whether a server uses this database can't be seen: stop it, then say "
                "--no-server-runs too"
            )

    async def run() -> bool:
        types = DocumentTypes(settings)
        is_sound = True
        async with opened(settings) as database:
            mender = Repair(database, types, dry_run=dry_run, drop=drop_after_damage)
            async for report in check_documents(database, types, *doc_ids):
                say(report)
                for line in await mender.document(report):
                    would = "would have " if dry_run else ""
                    click.echo(f"{report.record.doc_id}: {would}{line}")
                left = await mender.damage_left(report)
                if left is not None:
                    is_sound = False
                    advise(left)
        return is_sound

    if not asyncio.run(run()):
        sys.exit(1)


def advise(left: DocumentReport) -> None:
    doc_id = left.record.doc_id
    if needs_dropping(left):
        click.echo(
            f"{doc_id}: can be had up to version {left.version} of {left.record.version}: put a "
            "backup back, or say --drop-after-damage"
        )
    elif left.is_whole:
        click.echo(
            f"{doc_id}: its newest content is sound; what is damaged of its history goes with "
            "`collab compact`"
        )
