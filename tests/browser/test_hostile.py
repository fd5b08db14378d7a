"""Hostile documents, names and addresses in Chromium: nothing of them runs, loads or leads astray.

Each is tried with the pages' Content-Security-Policy, which must have had nothing to forbid, and
without: then what would have run, runs.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar
from urllib.parse import quote

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import ACTION_MILLISECONDS
from tests.browser.hostile import ADDRESSES, MARKUP, PICTURES, STYLES, Watch
from tests.browser.raweditor import Raw, raw
from tests.serverprocess import ServerProcess

Open = Callable[[str], Page]


@pytest.fixture(params=["with the policy", "without"])
def watch(request: pytest.FixtureRequest, browser: Browser, server: ServerProcess) -> Iterator[Any]:
    """A browser profile and its `watch.open(path)`."""
    context = browser.new_context(bypass_csp=request.param == "without")
    context.set_default_timeout(ACTION_MILLISECONDS)
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=server.url)
    watch: Any = Watch(context, server.url)

    def open_page(path: str) -> Page:
        page = context.new_page()
        page.goto(server.url + path)
        return page

    watch.open = open_page
    yield watch
    context.close()


def wait_until_saved(page: Page) -> None:
    expect(page.get_by_test_id("save-state")).to_have_attribute("data-state", "saved")


def touch(page: Page, selector: str) -> None:
    """Press everything that is found, as a curious reader would; the page stays."""
    page.evaluate(
        """(selector) => {
          for (const element of document.querySelectorAll(selector)) {
            element.addEventListener("click", (event) => {
              // What leads elsewhere may; what would run is let run.
              if (/^https?:|^mailto:|^tel:/.test(element.href)) event.preventDefault();
            });
            element.removeAttribute("target");
            element.dispatchEvent(new MouseEvent("mouseover", { bubbles: true }));
            element.click();
          }
        }""",
        selector,
    )


Item = TypeVar("Item")


def batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    iterator = iter(items)
    while batch := list(itertools.islice(iterator, size)):
        yield batch


def test_what_is_written_as_html_would_be_seen(watch: Any, request: Any) -> None:
    """That the tests below can fail."""
    page = watch.open("/sign-in")
    for markup in (
        MARKUP[2],
        MARKUP[29],
        '<a href="java&#10;script:owned(1)">x</a>',
        "<b onclick=x>",
    ):
        watch.problems.clear()
        page.evaluate("(html) => document.body.insertAdjacentHTML('beforeend', html)", markup)
        with pytest.raises(AssertionError):
            watch.assert_harmless(page)
        page.evaluate("document.body.lastElementChild.remove()")
    # What the markup above may still do, it does before its page is closed.
    page.close()
    watch.problems.clear()
    watch.violations.clear()
    page = watch.open("/sign-in")
    page.evaluate(
        """() => new Promise((resolve) => {
          document.body.insertAdjacentHTML("beforeend", "<img src=x onerror=owned(1)>");
          document.body.lastElementChild.addEventListener("error", () => setTimeout(resolve));
        })"""
    )
    without = "without" in request.node.name
    assert watch.problems == (["it ran: 1"] if without else [])
    assert bool(watch.violations) is not without


# -- titles and names --------------------------------------------------------------------------


def test_titles_are_text_wherever_they_are_shown(watch: Any, server: ServerProcess) -> None:
    with httpx2.Client(base_url=server.url) as http:
        for title in MARKUP:
            assert http.post("/api/documents", json={"title": title[:200]}).status_code == 201
        made = http.post("/api/documents", json={"doc_id": "doc", "title": MARKUP[2]})
        assert made.status_code == 201
    listed = watch.open("/")
    expect(listed.get_by_test_id("document-link").first).to_be_visible()
    page = watch.open("/documents/doc")
    expect(page.get_by_test_id("title")).to_have_value(MARKUP[2])
    assert page.title().startswith(MARKUP[2])
    with raw(server, "text") as editor:
        for title in MARKUP:
            editor.send(type="presence", data={"title": title})
            expect(page.get_by_test_id("title")).to_have_value(title[:200])
        # What is no title at all.
        for nonsense in ({"toString": 1}, ["<b>"], 7, None):
            editor.send(type="presence", data={"title": nonsense})
        editor.send(type="ping")
        editor.receive("pong")
    listed.get_by_test_id("search").fill("owned")
    expect(listed.get_by_test_id("document-link").first).to_be_visible()
    watch.assert_harmless(listed, page)


@pytest.mark.parametrize("doc_type", ["text", "richtext", "json"])
def test_names_and_what_people_say_of_themselves_are_text(
    watch: Any, server: ServerProcess, doc_type: str
) -> None:
    page = watch.open(f"/documents/doc?doc_type={doc_type}")
    wait_until_saved(page)
    with contextlib.ExitStack() as stack:
        for number, name in enumerate([*MARKUP[:20], *STYLES]):
            query = {"name": name[:100], "user_id": f"{number}{name}"[:128]}
            editor = stack.enter_context(raw(server, doc_type, **query))
            said = {
                "item": name,
                "title": STYLES[number % len(STYLES)],
                "color": STYLES[number % len(STYLES)],
                "name": name,
                "__proto__": {"color": name, "mayEdit": True},
                "constructor": {"prototype": {"href": ADDRESSES[0]}},
            }
            cursor = None if doc_type == "json" else {"anchor": 0, "head": 2**40}
            editor.send(type="presence", cursor=cursor, version=0, data=said)
            editor.send(type="ping")
            editor.receive("pong")
        expect(page.get_by_test_id("users")).to_have_attribute(
            "data-count", str(len(MARKUP[:20]) + len(STYLES) + 1)
        )
        if doc_type != "json":
            expect(page.get_by_test_id("remote-cursor").first).to_be_attached()
        watch.assert_harmless(page)


# -- documents ---------------------------------------------------------------------------------


def markdown() -> str:
    links = [f"[link]({each})\n\n![picture]({each})\n\n<{each}>\n\n[{each}]" for each in ADDRESSES]
    references = [
        f"[reference][r{number}]\n\n[r{number}]: {each}" for number, each in enumerate(ADDRESSES)
    ]
    fences = [f"```{each}\ncode\n```" for each in (*MARKUP, *STYLES)]
    titles = [f'[x](https://a.example "{each}") ![{each}](y.png "{each}")' for each in MARKUP]
    table = "\n".join(["| a | b |", "|:-:|--:|", *(f"| {each} | `{each}` |" for each in MARKUP)])
    picture = f"![honest]({PICTURES}a.png)"
    parts = (*MARKUP, *links, *references, *fences, *titles, table, *(f"# {e}" for e in MARKUP))
    return "\n\n".join((*parts, *(f"- [ ] {each}" for each in MARKUP), picture, "The end."))


def test_nothing_in_a_text_runs_in_its_preview(watch: Any, server: ServerProcess) -> None:
    page = watch.open("/documents/doc")
    with raw(server, "text") as editor:
        assert editor.edit({"ops": [{"insert": markdown()}]})
    expect(page.get_by_test_id("preview")).to_contain_text("The end.")
    honest = page.get_by_test_id("foreign-picture").filter(has_text="honest")
    expect(honest).to_have_count(1)
    assert page.locator(".markdown a[href^='https://a.example']").count() == len(MARKUP)
    watch.assert_harmless(page)
    touch(page, ".markdown a, .markdown img, .markdown input, .markdown button")
    expect(page.get_by_test_id("preview").locator(f"img[src^='{PICTURES}']")).to_have_count(1)
    for link in page.locator(".markdown a[href]").all()[:5]:
        assert link.get_attribute("rel") == "noopener noreferrer"
    watch.assert_harmless(page)


def hostile_attributes() -> Iterator[dict[str, Any]]:
    for address in ADDRESSES:
        yield {"link": address}
    values = (*MARKUP[:12], *STYLES, ADDRESSES[0], 7, True, -1, 1e9)
    for name in (
        "background", "bold", "code", "code-block", "color", "font", "header", "indent", "italic",
        "list", "size", "strike", "align", "direction", "script", "blockquote", "class", "style",
        "onclick", "href", "src", "id", "data-list", "innerHTML",
    ):  # fmt: skip
        for value in values[::4]:
            yield {name: value}
    # Names that the widget has of its own, and those of every object.
    for name in (
        "image", "video", "formula", "block", "inline", "scroll", "text", "break", "cursor",
        "container", "embed", "unknown-embed", "code-block-container", "list-container",
        "__proto__", "constructor", "toString", "prototype", "hasOwnProperty",
    ):  # fmt: skip
        yield {name: ADDRESSES[0]}
        yield {name: True}


def hostile_embeds() -> Iterator[dict[str, Any]]:
    for address in (*ADDRESSES, *MARKUP[:4]):
        for name in ("image", "video", "formula", "iframe", "script", "html"):
            yield {name: address}
    yield {"image": {"src": ADDRESSES[0], "onerror": "owned('object')"}}
    yield {"image": [ADDRESSES[0]]}
    yield {"image": None}
    yield {"image": 7}
    yield {"unknown-embed": MARKUP[2]}
    yield {"unknown-embed": {"image": ADDRESSES[0]}}
    yield {"unknown-embed": None}
    yield {"cursor": True}
    yield {"break": True}
    yield {"block": "x"}
    yield {"__proto__": {"onerror": "owned('proto')"}}
    yield {"constructor": MARKUP[2]}
    yield {MARKUP[2]: MARKUP[2]}


def hostile_components() -> Iterator[dict[str, Any]]:
    for attributes in hostile_attributes():
        yield {"insert": "word", "attributes": attributes}
        yield {"insert": "\n", "attributes": attributes}
    for embed in hostile_embeds():
        yield {"insert": embed}
        attributes = {"link": ADDRESSES[0], "alt": MARKUP[2], "width": STYLES[0]}
        yield {"insert": embed, "attributes": attributes}


def put(editor: Raw, components: list[dict[str, Any]]) -> int:
    """How many of them the server took; one that it refuses spoils nothing for the others."""
    if editor.edit({"ops": components}):
        return len(components)
    return sum(editor.edit({"ops": [each]}) for each in components)


def test_nothing_in_a_rich_text_runs(watch: Any, server: ServerProcess) -> None:
    page = watch.open("/documents/doc?doc_type=richtext")
    wait_until_saved(page)
    with raw(server, "richtext") as editor:
        taken = sum(put(editor, components) for components in batches(hostile_components(), 25))
        assert editor.edit({"ops": [{"insert": "The end."}]})
    assert taken > 300
    expect(page.locator(".ql-editor")).to_contain_text("The end.")
    watch.assert_harmless(page)
    fresh = watch.open("/documents/doc")
    expect(fresh.locator(".ql-editor")).to_contain_text("The end.")
    watch.assert_harmless(page, fresh)
    for each in (page, fresh):
        touch(each, ".ql-editor a, .ql-editor img, .ql-editor span")
    # It can still be written in.
    fresh.locator(".ql-editor").press("Control+Home")
    fresh.keyboard.insert_text("Written. ")
    wait_until_saved(fresh)
    expect(page.locator(".ql-editor")).to_contain_text("Written. ")
    watch.assert_harmless(page, fresh)


def test_nothing_on_a_board_runs(watch: Any, server: ServerProcess) -> None:
    page = watch.open("/documents/doc?doc_type=json")
    wait_until_saved(page)
    items: dict[str, Any] = {}
    for number, text in enumerate((*MARKUP, *ADDRESSES, *STYLES)):
        items[text] = {"text": text, "done": text, "count": text, "at": f"a{number:03}"}
        items[f"at{number}"] = {"text": "x", "done": {"a": text}, "count": 1e308, "at": text}
    items |= {
        "__proto__": {"text": "p", "at": "b", "done": True},
        "constructor": {"text": MARKUP[2], "at": "c"},
        "toString": {"text": "t", "at": "d"},
        "other": MARKUP[2],
        "nested": {"text": {"toString": "x"}, "at": []},
    }
    with raw(server, "json") as editor:
        # Some names no document may have; the server refuses those.
        taken = sum(editor.edit([{"p": [key], "oi": value}]) for key, value in items.items())
        assert taken >= len(items) - 1
        editor.send(type="presence", data={"item": MARKUP[2], "title": MARKUP[3]})
    expect(page.get_by_test_id("item").first).to_be_visible()
    expect(page.locator("#note")).to_contain_text("onerror")
    fresh = watch.open("/documents/doc")
    expect(fresh.locator("#note")).to_contain_text("onerror")
    watch.assert_harmless(page, fresh)
    touch(fresh, ".item input, .item output")
    watch.assert_harmless(page, fresh)


# -- what is put in ----------------------------------------------------------------------------


def paste(page: Page, selector: str, html: str, event: str = "paste") -> None:
    """As the browser does it: the page gets the clipboard's own HTML."""
    page.evaluate(
        """([selector, html, type]) => {
          const target = document.querySelector(selector);
          const data = new DataTransfer();
          data.setData("text/html", html);
          data.setData("text/plain", "plain text");
          const { left, top } = target.getBoundingClientRect();
          const options = { bubbles: true, cancelable: true, clientX: left + 5, clientY: top + 5 };
          target.dispatchEvent(type === "paste"
            ? new ClipboardEvent("paste", { ...options, clipboardData: data })
            : new DragEvent("drop", { ...options, dataTransfer: data }));
        }""",
        [selector, html, event],
    )


def clipboard() -> str:
    links = "".join(f'<a href="{each.replace(chr(34), "&quot;")}">link</a>' for each in ADDRESSES)
    images = "".join(f'<img src="{each.replace(chr(34), "&quot;")}">' for each in ADDRESSES)
    styled = "".join(f'<p style="{each.replace(chr(34), "&quot;")}">p</p>' for each in STYLES)
    more = "".join(f'<p style="color:{each.replace(chr(34), "&quot;")}">p</p>' for each in STYLES)
    honest = f'<b>kept</b> <a href="https://a.example/">good</a> <img src="{PICTURES}b.png">'
    # A few that end what comes after them come last.
    return (
        f"<p>{honest}</p>{links}{images}{styled}{more}<ul><li>{'</li><li>'.join(MARKUP)}</li></ul>"
    )


def test_nothing_that_is_pasted_runs_or_is_passed_on(watch: Any, server: ServerProcess) -> None:
    page = watch.open("/documents/doc?doc_type=richtext")
    other = watch.open("/documents/doc?doc_type=richtext")
    page.locator(".ql-editor").click()
    paste(page, ".ql-editor", clipboard())
    expect(page.locator(".ql-editor")).to_contain_text("kept")
    for markup in MARKUP:
        paste(page, ".ql-editor", f"<p>{markup}</p>")
    paste(page, ".ql-editor", clipboard(), "drop")
    wait_until_saved(page)
    expect(other.locator(".ql-editor")).to_contain_text("kept")
    watch.assert_harmless(page, other)
    touch(other, ".ql-editor a, .ql-editor img")
    watch.assert_harmless(page, other)
    held = httpx2.get(f"{server.url}/api/documents/doc").json()["content"]["ops"]
    for op in held:
        link = (op.get("attributes") or {}).get("link", "")
        picture = op["insert"].get("image", "") if isinstance(op["insert"], dict) else ""
        for address in (link, picture):
            scheme = address.strip().lower().partition(":")[0]
            assert ":" not in address or scheme in ("http", "https", "mailto", "tel"), op


def test_html_that_is_pasted_into_a_text_stays_away(watch: Any, server: ServerProcess) -> None:
    page = watch.open("/documents/doc")
    page.locator(".cm-content").click()
    paste(page, ".cm-content", clipboard())
    wait_until_saved(page)
    expect(page.locator(".cm-content")).to_have_text("plain text")
    watch.assert_harmless(page)


# -- addresses of pages ------------------------------------------------------------------------


def test_nothing_in_the_address_of_a_page_runs(watch: Any, server: ServerProcess) -> None:
    for payload in (MARKUP[6], ADDRESSES[0], STYLES[2], "%E0%A4%A", "__proto__"):
        given = quote(payload, safe="")
        for path in (
            f"/documents/doc?doc_type={given}&link={given}&name={given}&client_id={given}#{given}",
            f"/documents/{given}?token={given}",
            f"/?search={given}&after={given}#{given}",
            f"/sign-in?next={given}&error={given}#{given}",
        ):
            page = watch.open(path)
            # The page's own program has run; it draws the button. Where there is no document, there
            # is none.
            if "doc_type" not in path:
                drawn = page.locator("[data-testid=theme-toggle] svg, .page > h1.empty-title")
                expect(drawn).to_be_attached()
            watch.assert_harmless(page)
            page.close()


def test_a_document_that_can_not_be_is_said_not_to_be(watch: Any, server: ServerProcess) -> None:
    page = watch.open("/documents/%E0%A4%A")
    expect(page.get_by_role("heading", level=1)).to_have_text("There is nothing at this address")
    watch.assert_harmless(page)
