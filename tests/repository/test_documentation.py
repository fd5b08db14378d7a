"""The documentation is a tested artefact."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import msgspec
import pytest

from collab import errors, frames
from collab.settings import Settings

from . import metrics_table, settings_table

ROOT = Path(__file__).parents[2]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
PROTOCOL = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")


def rows(page: str) -> list[list[str]]:
    """The cells of every row of every table."""
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in page.splitlines()
        if line.startswith("|")
    ]


@pytest.mark.parametrize("page", settings_table.PAGES, ids=lambda page: page.name)
def test_a_page_states_the_defaults_of_the_settings(page: Path) -> None:
    stated = page.read_text(encoding="utf-8")
    assert settings_table.expected(page) == stated, "run: python -m tests.repository.settings_table"


def test_the_settings_page_has_every_setting() -> None:
    page = settings_table.PAGE.read_text(encoding="utf-8")
    assert all(f"`{name}`" in page for name in Settings.model_fields)


def test_a_default_that_a_page_states_wrongly_is_found() -> None:
    stated = "at most 99 KiB (`max_frame_bytes`), 7 in a row (the setting `max_bad_frames`)"
    right = "at most 16 MiB (`max_frame_bytes`), 20 in a row (the setting `max_bad_frames`)"
    assert settings_table.with_defaults(stated) == right
    with pytest.raises(ValueError, match="one number for"):
        settings_table.with_defaults("7 (`max_frame_bytes`, `max_bad_frames`)")


def test_the_table_of_metrics_is_that_of_what_is_shown() -> None:
    page = metrics_table.PAGE.read_text(encoding="utf-8")
    assert metrics_table.with_table(page) == page, "run: python -m tests.repository.metrics_table"
    assert all(f"`{metric.name}" in page for metric in metrics_table.metrics())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_setting_that_is_mentioned_exists(page: Path) -> None:
    suffixes = "bytes|seconds|operations|maximum|size|frames"
    text = page.read_text(encoding="utf-8")
    mentioned = set(re.findall(rf"`((?!collab_|process_)[a-z]+_[a-z_]*(?:{suffixes}))`", text))
    assert mentioned - set(Settings.model_fields) == set()


def client_frames() -> list[type[msgspec.Struct]]:
    return [frames.Edit, frames.PresenceUpdate, frames.Ping]


def server_frames() -> list[type[msgspec.Struct]]:
    return [
        value
        for value in vars(frames).values()
        if isinstance(value, type)
        and issubclass(value, frames.ServerFrame)
        and value is not frames.ServerFrame
    ]


@pytest.mark.parametrize("frame", [*client_frames(), *server_frames()])
def test_a_frame_is_documented_with_all_its_fields(frame: type[msgspec.Struct]) -> None:
    tag = f"`{frame.__struct_config__.tag}`"
    documented = [set(re.findall(r"`(\w+)`", row[1])) for row in rows(PROTOCOL) if row[0] == tag]
    assert set(frame.__struct_fields__) in documented


def test_every_documented_frame_exists() -> None:
    frames_part = PROTOCOL[PROTOCOL.index("## Frames from the client") :].partition("\n## Op")[0]
    documented = {row[0].strip("`") for row in rows(frames_part) if row[0].startswith("`")}
    existing = {str(each.__struct_config__.tag) for each in [*client_frames(), *server_frames()]}
    assert documented == existing


def client_errors() -> list[type[errors.CollabError]]:
    """The errors that can reach a client: the leaves of the tree."""
    everything = [
        value
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, errors.CollabError)
    ]
    return [
        each
        for each in everything
        if each is not errors.ConfigurationError
        and not any(other is not each and issubclass(other, each) for other in everything)
    ]


def test_the_table_of_errors_is_that_of_the_code() -> None:
    part = PROTOCOL[PROTOCOL.index("\n## Errors") :].partition("\n## Close codes")[0]
    documented = {tuple(row[:4]) for row in rows(part) if row[0].startswith("`")}
    existing = {
        (f"`{each.code}`", str(each.status), str(each.close_code), "yes" if each.retry else "no")
        for each in client_errors()
    }
    assert documented == existing


def test_the_code_in_the_readme_is_that_of_the_examples() -> None:
    blocks = re.findall(r"```(?:python|js)\n(.*?)```", README, flags=re.DOTALL)
    examples = ["client.py", "mount_fastapi.py"]
    assert blocks == [(ROOT / "examples" / name).read_text(encoding="utf-8") for name in examples]


def test_the_code_of_the_logins_is_that_of_the_examples() -> None:
    page = (ROOT / "docs" / "embedding.md").read_text(encoding="utf-8")
    part = page[page.index("\n## Behind your own login") :].partition("\n## Over")[0]
    blocks = re.findall(r"```python\n(.*?)```", part, flags=re.DOTALL)
    programs = [each.read_text(encoding="utf-8") for each in (ROOT / "examples").glob("host_*.py")]
    assert len(blocks) == 5
    assert [block for block in blocks if not any(block in each for each in programs)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_pictures_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\[[^\]]*\]\(([^)]+)\)", text):
        if target.startswith("http"):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), target
        if anchor:
            assert anchor in anchors(file.read_text(encoding="utf-8")), target


def test_the_index_leads_to_every_page() -> None:
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    led_to = {(ROOT / "docs" / path).resolve() for path in re.findall(r"\]\(([^)#]+)", index)}
    assert {page for page in PAGES if page.name != "index.md"} - led_to == set()


def test_the_formatter_of_the_commit_hook_is_that_of_the_checks() -> None:
    hooks = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    hooked = re.search(r"ruff-pre-commit\n +rev: v([\d.]+)\n", hooks)
    pins = [*ROOT.glob("*.toml"), *ROOT.glob("*constraints*.txt")]
    pinned = {
        version
        for path in pins
        for version in re.findall(r"\bruff==([\d.]+)", path.read_text(encoding="utf-8"))
    }
    assert hooked is not None
    assert {hooked[1]} == pinned


def anchors(text: str) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def names_of_the_code() -> tuple[set[str], set[str]]:
    """Every function and class of the package, and every `Class.method`."""
    alone, members = set(), set()
    for path in (ROOT / "collab").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
                alone.add(node.name)
            if isinstance(node, ast.ClassDef):
                members |= {f"{node.name}.{getattr(each, 'name', '')}" for each in node.body}
    return alone, members


def test_the_design_names_what_is_in_the_code() -> None:
    page = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    for path in re.findall(r"\b(?:collab/)?([a-z_]+/[a-z_]+\.py|frames\.py)\b", page):
        assert (ROOT / "collab" / path).is_file(), path
    alone, members = names_of_the_code()
    mentioned = re.findall(r"`([A-Z]\w+(?:\.\w+)?)`", page)
    assert len(mentioned) > 20
    assert [name for name in mentioned if name not in alone | members | {"SIGTERM"}] == []


def test_the_changelog_tells_of_this_version() -> None:
    from collab import __version__

    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"\n## [{__version__}]" in changelog
    assert f'\nversion = "{__version__}"\n' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_the_changelog_is_short_enough_to_read() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    unreleased = changelog[changelog.index("## [Unreleased]") :].partition("\n## [")[0]
    bullets = re.findall(r"^- .*", unreleased, flags=re.MULTILINE)
    assert len(set(bullets)) == len(bullets)
    # A merge that takes the lines of both sides brings back those that one side has removed.
    assert len(bullets) <= 60, "keep what a user notices, and look for bullets that came back"


def test_each_fault_that_is_told_of_is_shown_by_a_test() -> None:
    page = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
    told = set(re.findall(r"`(test_\w+)`", page))
    tests = {
        node.name
        for path in (ROOT / "tests" / "faults").glob("test_*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and node.name.startswith("test_")
    }
    assert told == tests
