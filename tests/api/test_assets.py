"""What pages are made of: bundles of the version that is there, or the modules themselves."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import httpx2
import pytest

from collab.api.assets import BUILT, Assets
from collab.api.pages import Files
from collab.asgi.responses import JSONResponse

SOURCES = {
    "page.html": "<!doctype html>the modules",
    "js/page.js": "// a page",
    "js/collab/index.js": "// for others",
    f"{BUILT}/page.js": "// a bundle\n" * 20,
    f"{BUILT}/page.html": "<!doctype html>the bundle",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Some files, and bundles that are made from them."""
    for name, text in SOURCES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / BUILT / "page.js.gz").write_bytes(gzip.compress(SOURCES["built/page.js"].encode()))
    (tmp_path / BUILT / "VERSION").write_text(f"{Assets(tmp_path).digest}\n")
    return tmp_path


def client(assets: Assets) -> httpx2.AsyncClient:
    missing = JSONResponse({"code": "not_found"}, status_code=404)
    transport = httpx2.ASGITransport(Files(assets, missing))
    return httpx2.AsyncClient(transport=transport, base_url="http://testserver")


def test_bundles_are_of_the_version_that_they_were_made_for(folder: Path) -> None:
    version = Assets(folder).version
    assert version is not None
    assert len(version) == 16
    assert Assets(folder, sources=True).version is None


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "js/page.js").write_text("// another"),
        lambda folder: (folder / "js/new.js").write_text(""),
        lambda folder: (folder / "js/page.js").unlink(),
        lambda folder: (folder / "page.html").write_text("<!doctype html>another"),
        lambda folder: (folder / BUILT / "page.js").write_text("// another"),
        lambda folder: (folder / BUILT / "VERSION").unlink(),
        lambda folder: (folder / "js/page.js").rename(folder / "js/moved.js"),
    ],
)
def test_a_change_makes_them_stale(folder: Path, change: Callable[[Path], Any]) -> None:
    change(folder)
    assert Assets(folder).version is None


def test_what_an_editor_or_a_compressor_leaves_does_not(folder: Path) -> None:
    (folder / "js/.page.js.swp").write_text("")
    (folder / BUILT / "page.js.br").write_bytes(b"")
    assert Assets(folder).version is not None


async def test_addresses_with_the_version_are_cached_for_ever(folder: Path) -> None:
    assets = Assets(folder)
    async with client(assets) as http:
        for path in ("built/page.js", "js/page.js", "js/collab/index.js"):
            answer = await http.get(f"/@{assets.version}/{path}")
            assert (answer.status_code, answer.text) == (200, SOURCES[path])
            assert answer.headers["cache-control"] == "max-age=31536000, public, immutable"
            tag = {"if-none-match": answer.headers["etag"]}
            again = await http.get(f"/@{assets.version}/{path}", headers=tag)
            assert again.status_code == 304
            assert "immutable" in again.headers["cache-control"]
            plain = await http.get(f"/{path}")
            assert (plain.text, plain.headers["cache-control"]) == (
                answer.text,
                "max-age=0, public",
            )


async def test_no_page_is_put_together_from_two_versions(folder: Path) -> None:
    assets = Assets(folder)
    async with client(assets) as http:
        for path in (
            "/@0123456789abcdef/built/page.js",
            "/@/built/page.js",
            f"/@{assets.version}x/built/page.js",
            f"/@{assets.version}/built/none.js",
            f"/@{assets.version}/built/page.html",
            f"/@{assets.version}/@{assets.version}/built/page.js",
        ):
            answer = await http.get(path)
            assert (path, answer.status_code) == (path, 404)
            assert "immutable" not in answer.headers.get("cache-control", "")
        refused = await http.post(f"/@{assets.version}/built/page.js")
        assert refused.status_code == 405
        assert "immutable" not in refused.headers["cache-control"]


async def test_without_bundles_no_address_has_a_version(folder: Path) -> None:
    version = Assets(folder).version
    async with client(Assets(folder, sources=True)) as http:
        assert (await http.get("/js/page.js")).status_code == 200
        for path in (f"/@{version}/js/page.js", "/@None/js/page.js", "/@/js/page.js"):
            assert (await http.get(path)).status_code == 404


async def test_the_modules_are_served_as_they_are_when_they_are_asked_for(folder: Path) -> None:
    async with client(Assets(folder, sources=True)) as http:
        before = await http.get("/js/page.js")
        (folder / "js" / "page.js").write_text("// longer than before")
        (folder / "js" / "new.js").write_text("// new")
        changed = await http.get("/js/page.js", headers={"if-none-match": before.headers["etag"]})
        assert (changed.status_code, changed.text) == (200, "// longer than before")
        assert (await http.get("/js/new.js")).text == "// new"
        (folder / "js" / "new.js").unlink()
        for path in (
            "/js/new.js",
            "/page.html",
            "/built/page.js.gz",
            "/js/../page.html",
            "/js/",
            "/",
        ):
            assert (path, (await http.get(path)).status_code) == (path, 404)


@pytest.mark.parametrize(("sources", "expected"), [(False, "the bundle"), (True, "the modules")])
async def test_a_page_names_the_bundles_or_the_modules(
    folder: Path, sources: bool, expected: str
) -> None:
    missing = JSONResponse({}, status_code=404)
    page = Files(Assets(folder, sources=sources), missing).page("page.html")
    transport = httpx2.ASGITransport(cast(Any, page))
    async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as http:
        answer = await http.get("/wherever")
    assert answer.text.endswith(expected)
    assert answer.headers["cache-control"] == "max-age=0, public"


async def test_the_compressed_form_is_sent_to_whoever_takes_it(folder: Path) -> None:
    assets = Assets(folder)
    async with client(assets) as http:
        path = f"/@{assets.version}/built/page.js"
        packed = await http.get(path, headers={"accept-encoding": "gzip"})
        assert packed.headers["content-encoding"] == "gzip"
        plain = await http.get(path, headers={"accept-encoding": "identity"})
        assert "content-encoding" not in plain.headers
        assert packed.text == plain.text == SOURCES["built/page.js"]
        for answer in (packed, plain):
            assert answer.headers["vary"] == "Accept-Encoding"
        assert (await http.get(f"{path}.gz")).status_code == 404


async def test_another_release_has_other_tags_also_at_the_same_size_and_time(folder: Path) -> None:
    page = folder / "js" / "page.js"
    tags = []
    for text in ("// one", "// two"):
        page.write_text(text)
        os.utime(page, (1_580_601_600, 1_580_601_600))
        async with client(Assets(folder)) as http:
            tags.append((await http.get("/js/page.js")).headers["etag"])
    assert tags[0] != tags[1]
