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
    """The findings for one document; `readable_version` is the newest version whose content can be
    read, None if there is none."""

    doc_id: str
    version: int
    readable_version: int | None
    operations: int
    operations_without_checksum: int
    findings: list[str]
    notes: list[str]

    @classmethod
    def of(cls, report: DocumentReport) -> DocumentState:
        """Convert a report."""
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
    """The findings for the database as a whole."""

    documents: int
    operations: int
    damaged_documents: int
    findings: list[str]


def print_report(report: DocumentReport) -> None:
    for line in [*report.findings, *report.notes]:
        click.echo(printable(f"{report.record.doc_id}: {line}"))


def print_summary(reports: int, operations: int, damaged: int, without_checksum: int) -> None:
    if without_checksum:
        click.echo(
            f"{without_checksum} operations have no checksum, since an older version stored them: "
            "`collab repair` adds it"
        )
    state = f"{damaged} damaged" if damaged else "sound"
    click.echo(f"{reports} documents, {operations} operations: {state}")


@click.command(short_help="Check the integrity of the database.")
@setting_options("database")
@click.argument("doc_ids", metavar="[DOC_ID]...", nargs=-1, type=TEXT)
@json_option("one object for each document, then one for the database")
def check(doc_ids: tuple[str, ...], as_json: bool, **options: Any) -> None:
    """Check all documents, or those given: replay each log, compare it with the snapshots and the
    newest version, and verify every checksum. Nothing is changed. A server may run.

    Exit code: 0 no damage, 1 damage was found, 2 the check could not run.
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
                    print_report(report)
                reports += 1
                operations += report.operations
                damaged += bool(report.findings)
                without += report.without_checksum
        if as_json:
            click.echo(encode_bytes(DatabaseState(reports, operations, damaged, problems)))
        else:
            print_summary(reports, operations, damaged, without)
        return not problems and not damaged

    if not asyncio.run(run()):
        sys.exit(1)


@click.command(short_help="Repair what `check` finds, without data loss.")
@setting_options("database")
@click.argument("doc_ids", metavar="[DOC_ID]...", nargs=-1, type=TEXT)
@click.option("--dry-run", is_flag=True, help="Only print what would be done.")
@click.option(
    "--drop-after-damage",
    is_flag=True,
    help="If a document can't be read up to its newest version, delete the operations after the "
    "last readable version. Only while no server runs.",
)
@click.option(
    "--no-server-runs",
    is_flag=True,
    help="Confirm that no server runs: required by --drop-after-damage on a database other than "
    "SQLite, where it can't be detected.",
)
def repair(
    doc_ids: tuple[str, ...],
    dry_run: bool,
    drop_after_damage: bool,
    no_server_runs: bool,
    **options: Any,
) -> None:
    """Repair all documents, or those given: replace damaged snapshots and compute missing
    checksums. A server may run.

    Operations are deleted with --drop-after-damage only. Make a backup first.

    Exit code: 0 no damage is left, 1 damage is left, 2 the repair could not run.
    """
    settings = Settings(**given(options))
    register_installed_types()
    file = existing_file(settings)
    if drop_after_damage and not dry_run:
        if file is not None:
            check_unused(file)
        elif not no_server_runs:
            raise ConfigurationError(
                "it can't be detected whether a server uses this database: stop the server, then "
                "add --no-server-runs"
            )

    async def run() -> bool:
        types = DocumentTypes(settings)
        is_sound = True
        async with opened(settings) as database:
            repairer = Repair(database, types, dry_run=dry_run, drop=drop_after_damage)
            async for report in check_documents(database, types, *doc_ids):
                print_report(report)
                for line in await repairer.document(report):
                    would = "would have " if dry_run else ""
                    click.echo(f"{report.record.doc_id}: {would}{line}")
                left = await repairer.damage_left(report)
                if left is not None:
                    is_sound = False
                    print_advice(left)
        return is_sound

    if not asyncio.run(run()):
        sys.exit(1)


def print_advice(left: DocumentReport) -> None:
    doc_id = left.record.doc_id
    if needs_dropping(left):
        click.echo(
            f"{doc_id}: readable up to version {left.version} of {left.record.version}: restore a "
            "backup, or use --drop-after-damage"
        )
    elif left.is_whole:
        click.echo(
            f"{doc_id}: the newest content is sound; `collab compact` removes the damaged part of "
            "the history"
        )
