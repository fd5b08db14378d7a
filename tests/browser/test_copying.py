"""What is copied out of a rich text in Chromium: as safe as the page, and all that was selected."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import ACTION_MILLISECONDS, OpenPage
from tests.browser.hostile import PICTURES, Watch
from tests.browser.raweditor import raw
from tests.browser.test_hostile import batches, hostile_components, put
from tests.serverprocess import ServerProcess

PATH = "/documents/doc?doc_type=richtext"

# Browsers before Chromium 138 write attributes without escaping < and >.
AS_OLDER_BROWSERS = """
for (const name of ["innerHTML", "outerHTML"]) {
  const { get, set, ...others } = Object.getOwnPropertyDescriptor(Element.prototype, name);
  const older = (html) => html.replace(/="[^"]*"/g, (value) =>
    value.replaceAll("&lt;", "<").replaceAll("&gt;", ">"));
  Object.defineProperty(Element.prototype, name, {
    ...others, set, get() { return older(get.call(this)); },
  });
}
"""

# What Quill's own export makes an attribute of, in these browsers.
BREAKS_OUT = [
    {"insert": "x", "attributes": {"link": "https://a.example/>x<"}},
    {"insert": "/onmouseover=owned('link')//\n"},
    {"insert": "y", "attributes": {"link": "https://a.example/>y<"}},
    {"insert": "/autofocus/onfocus=owned('focus')//\n"},
    {"insert": "<img src=x onerror=owned('text')>\n"},
    {"insert": "<img src=x onerror=owned('code')></pre><script>owned('pre')</script>"},
    {"insert": "\n", "attributes": {"code-block": True}},
    {"insert": {"formula": "<img src=x onerror=owned('formula')>"}},
    {"insert": {"video": "\"><img src=x onerror=owned('video')>"}},
    {"insert": {"<img src=x onerror=owned('kind')>": "x"}},
    {"insert": {"image": PICTURES}, "attributes": {"alt": "\"><img src=x onerror=owned('alt')>"}},
    {"insert": "\n"},
]

# As the browser asks for it; and what the editor says of itself, whole and by parts.
COPIED = """
async () => {
  const root = document.querySelector(".ql-editor");
  const clipboardData = new DataTransfer();
  const options = { clipboardData, bubbles: true, cancelable: true };
  root.dispatchEvent(new ClipboardEvent("copy", options));
  const { Quill } = await import(new URL("../static/vendor/quill.js", location.href));
  const quill = Quill.find(document.querySelector("[data-testid=editor]"));
  const length = quill.getLength();
  const parts = [quill.getSemanticHTML()];
  for (let at = 0; at < length; at += 7) parts.push(quill.getSemanticHTML(at, 19));
  for (let index = 0; index < length; index += 31) {
    parts.push(quill.getSemanticHTML({ index, length: 5 }));
  }
  return [clipboardData.getData("text/html"), ...parts];
}
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    """Its pages load the modules, so that a test can ask these for the page's own Quill."""
    with ServerProcess(tmp_path, static_sources=True) as server:
        yield server


@pytest.fixture(params=["as now", "as older browsers"])
def watch(request: Any, browser: Browser, server: ServerProcess) -> Iterator[Any]:
    """A browser profile without the pages' policy, and its `watch.open(path)`."""
    context = browser.new_context(bypass_csp=True)
    context.set_default_timeout(ACTION_MILLISECONDS)
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=server.url)
    watch: Any = Watch(context, server.url)
    if request.param == "as older browsers":
        context.add_init_script(AS_OLDER_BROWSERS)

    def open_page(path: str) -> Page:
        page = context.new_page()
        page.goto(server.url + path)
        return page

    watch.open = open_page
    yield watch
    context.close()


def select_all(page: Page) -> None:
    page.locator(".ql-editor").click()
    page.keyboard.press("Control+a")


def test_what_is_copied_out_of_a_hostile_document_runs_nowhere(
    watch: Any, server: ServerProcess
) -> None:
    with raw(server, "richtext") as editor:
        assert editor.edit({"ops": BREAKS_OUT})
        for components in batches(hostile_components(), 25):
            put(editor, components)
        assert editor.edit({"ops": [{"insert": "The end."}]})
    page = watch.open(PATH)
    expect(page.locator(".ql-editor")).to_contain_text("The end.")
    select_all(page)
    copied = page.evaluate(COPIED)
    assert "end." in copied[0]
    assert copied[1].count("<a ") > 5
    victim = watch.open("/sign-in")
    victim.evaluate(
        "(parts) => parts.forEach((html) => document.body.insertAdjacentHTML('beforeend', html))",
        copied,
    )
    expect(victim.locator("body")).to_contain_text("end.")
    watch.assert_harmless(victim)
    # By the real clipboard, into another document.
    page.keyboard.press("Control+c")
    other = watch.open(PATH.replace("doc?", "other?"))
    other.locator(".ql-editor").click()
    other.keyboard.press("Control+v")
    expect(other.locator(".ql-editor")).to_contain_text("The end.")
    expect(other.get_by_test_id("save-state")).to_have_attribute("data-state", "saved")
    watch.assert_harmless(page, other)


def test_the_editor_has_no_format_that_exports_markup(open_page: OpenPage) -> None:
    page = open_page(PATH)
    page.locator(".ql-editor").click()
    registered = page.evaluate(
        """async () => {
          const { Quill } = await import(new URL("../static/vendor/quill.js", location.href));
          return Object.keys(Quill.imports);
        }"""
    )
    assert "formats/link" in registered
    for name in ("formats/formula", "formats/video", "modules/syntax", "modules/table"):
        assert name not in registered


def test_what_is_copied_is_pasted_as_it_was(open_page: OpenPage, server: ServerProcess) -> None:
    ops: list[dict[str, Any]] = [
        {"insert": "two  spaces, <b>&amp; ", "attributes": {"bold": True, "italic": True}},
        {"insert": "link", "attributes": {"link": "https://a.example/?a=1&b=2", "code": True}},
        {"insert": "red", "attributes": {"color": "#ff0000", "bold": True}},
        {"insert": "marked", "attributes": {"background": "#ffff00", "color": "#0000ff"}},
        {"insert": "2", "attributes": {"script": "sub"}},
        {"insert": "3", "attributes": {"script": "super", "italic": True}},
        {"insert": "\n", "attributes": {"header": 3}},
        *(
            part
            for kind in ("bullet", "bullet", "checked", "unchecked", "ordered")
            for part in ({"insert": kind}, {"insert": "\n", "attributes": {"list": kind}})
        ),
        {"insert": "\n  code <i>"},
        {"insert": "\n\n", "attributes": {"code-block": True}},
        {"insert": "  more"},
        {"insert": "\n", "attributes": {"code-block": True}},
        {"insert": "said"},
        {"insert": "\n", "attributes": {"blockquote": True}},
        {"insert": {"formula": "e=mc²"}},
        {"insert": {"image": "https://pictures.example/a.png"}, "attributes": {"alt": "a"}},
        {"insert": " end\n"},
    ]
    with raw(server, "richtext") as editor:
        assert editor.edit({"ops": ops})
    page = open_page(PATH, permissions=["clipboard-read", "clipboard-write"])
    expect(page.locator(".ql-editor")).to_contain_text("end")
    select_all(page)
    page.keyboard.press("Control+c")
    page.goto(page.url.replace("doc?", "other?"))
    page.locator(".ql-editor").click()
    page.keyboard.press("Control+v")
    expect(page.locator(".ql-editor")).to_contain_text("end")
    expect(page.get_by_test_id("save-state")).to_have_attribute("data-state", "saved")
    held = httpx2.get(f"{server.url}/api/documents/other").json()["content"]["ops"]
    assert held == ops


def test_html_that_calls_itself_an_embed_is_pasted_as_text(
    open_page: OpenPage, server: ServerProcess
) -> None:
    page = open_page(PATH)
    page.locator(".ql-editor").click()
    values = ["{", "7", "null", "[]", "{}", '{"a": 1, "b": 2}', '{"image": "javascript:x"}']
    page.evaluate(
        """(values) => {
          const box = document.createElement("div");
          for (const value of values) {
            const span = document.createElement("span");
            span.className = "unknown-embed";
            span.dataset.value = value;
            span.textContent = "word ";
            box.append(span);
          }
          const clipboardData = new DataTransfer();
          clipboardData.setData("text/html", box.innerHTML);
          const event = new ClipboardEvent("paste", { clipboardData, cancelable: true });
          document.querySelector(".ql-editor").dispatchEvent(event);
        }""",
        values,
    )
    expect(page.locator(".ql-editor")).to_contain_text("word")
    expect(page.get_by_test_id("save-state")).to_have_attribute("data-state", "saved")
    held = httpx2.get(f"{server.url}/api/documents/doc").json()["content"]["ops"]
    assert all(isinstance(op["insert"], str) for op in held)
    assert "".join(op["insert"] for op in held).count("word") == len(values)
