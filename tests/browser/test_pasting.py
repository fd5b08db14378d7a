"""What other programs put into the clipboard, pasted into a rich text in Chromium."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import httpx2
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import OpenPage
from tests.browser.raweditor import raw
from tests.serverprocess import ServerProcess

PASTED = Path(__file__).parent / "pasted"

PASTE = """
(html) => {
  const clipboardData = new DataTransfer();
  clipboardData.setData("text/html", html);
  const event = new ClipboardEvent("paste", { clipboardData, cancelable: true });
  document.querySelector(".ql-editor").dispatchEvent(event);
}
"""

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)

BD, IT, UN, ST = ({name: True} for name in ("bold", "italic", "underline", "strike"))
LINK = {"link": "https://example.org/"}


def line(*parts: Any, **attributes: Any) -> list[dict[str, Any]]:
    """The inserts of a line: texts, or pairs of a text and its marks."""
    pairs = [part if isinstance(part, tuple) else (part, None) for part in parts]
    inserts = [*pairs, ("\n", attributes)]
    return [{"insert": text, "attributes": marks} for text, marks in inserts]


def normal(ops: list[dict[str, Any]]) -> list[tuple[Any, Any]]:
    """Units with their attributes, so that it doesn't matter how they are put together."""
    units: list[tuple[Any, Any]] = []
    for op in ops:
        insert, attributes = op["insert"], op.get("attributes") or {}
        units += [(unit, attributes) for unit in (insert if isinstance(insert, str) else [insert])]
    return units


def path_of(doc_id: str) -> str:
    return f"/documents/{doc_id}?doc_type=richtext"


def held(server: ServerProcess, doc_id: str) -> Any:
    return httpx2.get(f"{server.url}/api/documents/{doc_id}").json()["content"]["ops"]


def paste(page: Page, html: str, end: str) -> None:
    page.locator(".ql-editor").click()
    page.evaluate(PASTE, html)
    expect(page.locator(".ql-editor")).to_contain_text(end)
    expect(page.get_by_test_id("save-state")).to_have_attribute("data-state", "saved")


def item(text: Any, kind: str, indent: int = 0) -> list[dict[str, Any]]:
    return line(text, list=kind, **({"indent": indent} if indent else {}))


DOCS_PICTURE = {"image": "https://lh7-rt.googleusercontent.com/docsz/AD_4nXe?key=abc"}
CAMO = "https://camo.githubusercontent.com/5f2c"

EXPECTED: dict[str, tuple[str, str, list[dict[str, Any]]]] = {
    "google_docs": (
        "Pasted without: 1 table's borders.",
        "x = 1",
        [
            *line("Plan", header=1),
            *line(
                "Some ", ("bold", BD), ", ", ("italic", IT), ", ", ("underlined", UN), ", ",
                ("struck", ST), " and ",
                ("red on yellow", {"color": "#ff0000", "background": "#ffff00"}), ", H",
                ("2", {"script": "sub"}), "O, ",
                ("a link", {"link": "https://example.org/?a=1&style=b"}),
            ),
            *line(),
            *item("one", "bullet"), *item(("deeper", BD), "bullet", 1),
            *item("deepest", "bullet", 2),
            *item("first", "ordered"), *item("part", "ordered", 1),
            *item("done", "checked"), *item("to do", "unchecked"),
            *line(("Who", BD), "\tWhat"),
            *line("Ada\tengine notes"),
            {"insert": "x = 1", "attributes": {"code": True}},
            {"insert": DOCS_PICTURE, "attributes": {"width": "120", "height": "80"}},
            *line(),
        ],
    ),
    "word": (
        "Pasted without: 1 table's borders, 1 picture, 1 comment.",
        "The end",
        [
            *line("The title", header=1),
            *line("Plan of the year", header=1),
            *line(
                ("Bold", BD), ", ", ("italic", IT), ", ", ("underlined", UN), ", ", ("struck", ST),
                ", ", ("red", {"color": "#ff0000"}), ", ", ("marked", {"background": "#ffff00"}),
                ", H", ("2", {"script": "sub"}), "O, ", ("strong", BD), ",\ttab, ",
                ("a link", LINK), ", inner.",
            ),
            *line(),
            *item("one", "bullet"), *item("deeper", "bullet", 1),
            *item(("deepest", BD), "bullet", 2),
            *item("first", "ordered"), *item("part", "ordered", 1),
            *item("to do", "unchecked"), *item("done", "checked"),
            *line(("Who", BD), "\tWhat"),
            *line("Ada\tengine"),
            *line("The end"),
        ],
    ),
    "word_online": (
        "Pasted without: 1 table's borders.",
        "b",
        [
            *line("Plan", header=1),
            *line(
                ("Bold", BD), ", ", ("both", IT | UN), " and ",
                ("struck", ST | {"color": "#c00000"}),
            ),
            *item("one", "bullet"), *item("deeper", "bullet", 1), *item("first", "ordered"),
            *line("a\tb"),
        ],
    ),
    "libreoffice": (
        "Pasted without: 1 table's borders, 1 picture.",
        "the end",
        [
            *line("Plan", header=1),
            *line(
                ("Bold", BD), ", ", ("italic", IT), ", ", ("underlined", UN), ", ", ("struck", ST),
                ", ", ("red", {"color": "#c9211e"}), ", ", ("marked", {"background": "#ffff00"}),
                ", 10 m", ("2", {"script": "super"}),
            ),
            *item("one", "bullet"), *item(("deeper", BD), "bullet", 1),
            *item("first", "ordered"), *item("part", "ordered", 1),
            *line("a\tb"),
            *line(), *line(),
            *line("the end"),
        ],
    ),
    "notion": (
        "Pasted without: 1 table's borders, 1 dividing line.",
        "the end",
        [
            *line("Plan", header=1),
            *line(
                "Some ", ("bold", BD), ", ", ("italic", IT), ", ", ("struck", ST), ", ",
                ("code()", {"code": True}), " and ", ("a link", LINK),
            ),
            *item("one", "bullet"), *item("deeper", "bullet", 1), *item("two", "bullet"),
            *item("first", "ordered"),
            *item("to do", "unchecked"), *item("done", "checked"),
            *line("said", blockquote=True),
            *(
                part
                for code in ("def f():", "    return 1", "", "f()")
                for part in line(code, **{"code-block": True})
            ),
            *line(("Who", BD), "\t", ("What", BD)),
            *line("Ada\tengine"),
            *line("the end"),
        ],
    ),
    "apple_notes": (
        "",
        "first",
        [
            *line(("Plan", BD)),
            *line(),
            *line(
                ("Bold", BD), ", ", ("underlined", UN), " and ",
                ("struck", ST | {"color": "#d90b00"}), "  ", ("italic", IT),
            ),
            *item("one", "bullet"), *item("deeper", "bullet", 1), *item("first", "ordered"),
        ],
    ),
    "github": (
        "",
        "return",
        [
            *line("Plan", header=2),
            *line(
                "Some ", ("bold", BD), ", ", ("italic", IT), ", ", ("struck", ST), ", ",
                ("code()", {"code": True}), " 🎉 🐿",
            ),
            *item("done", "checked"), *item("to do", "unchecked"), *item("deeper", "unchecked", 1),
            *line("def f():", **{"code-block": True}),
            *line("    return 1", **{"code-block": True}),
            {"insert": {"image": CAMO}, "attributes": {"alt": "Build", "link": CAMO}},
            *line(),
        ],
    ),
    "vs_code": (
        "",
        "f()",
        [
            part
            for code in ("def f():", "    return 1", "", "f()")
            for part in line(code, **{"code-block": True})
        ],
    ),
}  # fmt: skip


def test_what_other_programs_copy_keeps_what_a_rich_text_can_hold(
    open_page: OpenPage, server: ServerProcess
) -> None:
    page = open_page()
    for program, (message, end, expected) in EXPECTED.items():
        page.goto(f"{server.url}{path_of(program)}")
        paste(page, (PASTED / f"{program}.html").read_text(), end)
        found = normal(held(server, program))
        assert found[: len(normal(expected))] == normal(expected), program
        # The editor's own last line, where what was pasted ends with a line that has a format.
        assert found[len(normal(expected)) :] in ([], [("\n", {})])
        assert (page.locator("#message").text_content() or "") == message


def test_no_picture_from_elsewhere_is_loaded_before_a_reader_asks_for_it(
    open_page: OpenPage, server: ServerProcess
) -> None:
    asked: list[str] = []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(body=PIXEL, content_type="image/png")

    def open_watched(path: str) -> Page:
        page = open_page("/sign-in")
        page.context.route(lambda url: not url.startswith(server.url), answer)
        page.goto(server.url + path)
        return page

    addresses = [
        "https://pictures.example/pasted.png",
        "//pictures.example/relative.png",
        "/\\pictures.example/backslash.png",
        "HTTPS://pictures.example/capital.png",
        "https:pictures.example/short.png",
    ]
    ann = open_watched(path_of("doc"))
    pictures = "".join(f'<img src="{address}" alt="a tree">' for address in addresses)
    paste(ann, f"<p>{pictures}</p><p>the end</p>", "the end")
    ann.get_by_test_id("format-image").click()
    ann.get_by_test_id("address").fill("https://pictures.example/typed.png")
    ann.get_by_test_id("address").press("Enter")
    with raw(server, "richtext") as editor:
        operation = {"ops": [{"insert": {"image": "https://pictures.example/raw.png"}}]}
        assert editor.edit(operation)
    shown = ann.get_by_test_id("foreign-picture")
    expect(shown).to_have_count(len(addresses) + 2)
    expect(ann.get_by_test_id("save-state")).to_have_attribute("data-state", "saved")
    bob = open_watched(path_of("doc"))
    expect(bob.get_by_test_id("foreign-picture")).to_have_count(len(addresses) + 2)
    # A picture of the server's own is shown, and has been asked for by now.
    with raw(server, "richtext") as editor:
        assert editor.edit({"ops": [{"insert": {"image": "../static/icons/collab.svg"}}]})
    for page in (ann, bob):
        page.wait_for_function("() => document.querySelector('.ql-editor img')?.naturalWidth > 0")
    assert asked == []
    # Whoever wants to see one, sees it; by the keyboard, too.
    bob.get_by_test_id("foreign-picture").nth(1).press("Enter")
    bob.wait_for_function("() => document.querySelectorAll('.ql-editor img').length === 2")
    expect(bob.get_by_alt_text("a tree")).to_be_visible()
    bob.wait_for_function(
        "() => [...document.querySelectorAll('.ql-editor img')].every((img) => img.complete)"
    )
    assert asked == [addresses[0]]
    expect(ann.get_by_test_id("foreign-picture")).to_have_count(len(addresses) + 2)


def test_the_preview_of_a_text_loads_no_picture_from_elsewhere(
    open_page: OpenPage, server: ServerProcess
) -> None:
    asked: list[str] = []
    page = open_page("/sign-in", viewport={"width": 1280, "height": 800})
    page.context.route(
        lambda url: not url.startswith(server.url),
        lambda route: (asked.append(route.request.url), route.abort())[1],
    )
    text = "![tree](https://pictures.example/a.png)\n\n![own](../static/icons/collab.svg)\n"
    with raw(server, "text") as editor:
        assert editor.edit({"ops": [{"insert": text}]})
    page.goto(f"{server.url}/documents/doc")
    page.wait_for_function("() => document.querySelector('.markdown img')?.naturalWidth > 0")
    assert asked == []
    button = page.locator(".markdown").get_by_test_id("foreign-picture")
    expect(button).to_have_text("tree (pictures.example)")
    with page.expect_request("https://pictures.example/a.png"):
        button.click()
