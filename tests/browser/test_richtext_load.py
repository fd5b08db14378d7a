"""Long rich texts that many write in: how often the page does what it does, in Chromium."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import CDPSession, Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.raweditor import Raw, raw
from tests.serverprocess import ServerProcess

PATH = "/documents/doc?doc_type=richtext"
TEXT = "first line\nsecond one and more\nthird line\n"
LINE = "a line of some words that fills its width\n"
EDITS = 30
PEOPLE = 12
KEYS = 15
GROWTH = 10
LONG_LINES = 6000

# What others do when にほ is composed behind "second one", and the line after "日本" and then "!".
WHILE_COMPOSED = {
    "at the start of the line": ([{"retain": 11}, {"insert": "A "}], "A second one日本! and more"),
    "before the word": ([{"retain": 18}, {"insert": "B "}], "second B one日本! and more"),
    "bold before the word": (
        [{"retain": 18}, {"insert": "B ", "attributes": {"bold": True}}],
        "second B one日本! and more",
    ),
    "at the end of the line": ([{"retain": 30}, {"insert": " E"}], "second one日本! and more E"),
    "a deletion": ([{"retain": 11}, {"delete": 7}], "one日本! and more"),
    "a format": (
        [{"retain": 11}, {"retain": 6, "attributes": {"italic": True}}],
        "second one日本! and more",
    ),
}

WATCH = """
const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
const { Quill } = await import(loaded.find((name) => /vendor\\/quill\\.js$/.test(name)));
const quill = Quill.find(document.querySelector(".ql-container"));
window.told = { shown: 0, takenIn: 0, whileTakenIn: 0, measured: 0, lookedUp: 0, checked: 0 };
told.text = () => quill.getText();
const { updateContents, scroll } = quill;
const { line, update } = scroll;
const { allowedChildren } = scroll.statics;
const { some } = allowedChildren;
allowedChildren.some = function (...given) {
  told.checked += 1;
  return some.apply(this, given);
};
scroll.line = function (...given) {
  told.lookedUp += 1;
  return line.apply(this, given);
};
quill.updateContents = function (...given) {
  told.shown += 1;
  if (told.takenIn > 0) told.whileTakenIn += 1;
  return updateContents.apply(this, given);
};
scroll.update = function (...given) {
  told.takenIn += 1;
  try {
    return update.apply(this, given);
  } finally {
    told.takenIn -= 1;
  }
};
const { getBoundingClientRect } = Range.prototype;
Range.prototype.getBoundingClientRect = function () {
  told.measured += 1;
  return getBoundingClientRect.call(this);
};
"""
HOLD_FRAMES = """
(() => {
  const [frame, timer] = [window.requestAnimationFrame, window.setTimeout];
  let held = [];
  window.requestAnimationFrame = (run) => -held.push(run);
  // That of a page without frames.
  window.setTimeout = (run, wait, ...more) => (wait === 200 ? 0 : timer(run, wait, ...more));
  window.release = () => {
    Object.assign(window, { requestAnimationFrame: frame, setTimeout: timer });
    for (const run of held.splice(0)) run(performance.now());
  };
})()
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    """Its pages load the modules, so that a test can ask these for the page's own Quill."""
    with ServerProcess(tmp_path, static_sources=True) as server:
        yield server


@pytest.fixture
def other(server: ServerProcess) -> Iterator[Raw]:
    with raw(server, "richtext") as editor:
        yield editor


def watched(open_page: OpenPage) -> Page:
    page = open_page(PATH)
    expect(page.get_by_test_id("editor")).to_have_attribute("aria-busy", "false")
    page.evaluate(f"async () => {{ {WATCH} }}")
    return page


def received(page: Page) -> list[str]:
    """The frames that come to the page from now on, on the connection that it makes anew."""
    frames: list[str] = []

    def take(frame: str | bytes) -> None:
        frames.append(str(frame))

    page.on("websocket", lambda socket: socket.on("framereceived", take))
    page.reload()
    expect(page.get_by_test_id("editor")).to_have_attribute("aria-busy", "false")
    return frames


def saved(page: Page) -> None:
    expect(page.get_by_test_id("save-state")).to_have_attribute("data-state", "saved")


def content(server: ServerProcess) -> str:
    ops = httpx2.get(f"{server.url}/api/documents/doc").json()["content"]["ops"]
    return "".join(op["insert"] for op in ops)


def test_what_others_do_until_a_frame_is_shown_as_one_change(
    open_page: OpenPage, other: Raw, server: ServerProcess
) -> None:
    assert other.edit({"ops": [{"insert": TEXT}]})
    page = open_page(PATH)
    frames = received(page)
    page.evaluate(f"async () => {{ {WATCH} }}")
    page.evaluate(HOLD_FRAMES)
    for number in range(EDITS):
        assert other.edit({"ops": [{"retain": 5 * (number % 3)}, {"insert": "x"}]})
    while sum("document_change" in frame for frame in frames) < EDITS:
        page.wait_for_timeout(0)
    assert page.evaluate("told.shown") == 0
    page.evaluate("release()")
    page.wait_for_function("(text) => told.text() === text", arg=content(server))
    assert page.evaluate("told.shown") == 1


def test_a_key_meets_what_others_did_before_it(
    open_page: OpenPage, other: Raw, server: ServerProcess
) -> None:
    assert other.edit({"ops": [{"insert": TEXT}]})
    page = open_page(PATH)
    frames = received(page)
    page.locator(".ql-editor").click()
    page.keyboard.press("Control+Home")
    page.keyboard.press("End")
    page.evaluate(f"async () => {{ {WATCH} }}")
    page.evaluate(HOLD_FRAMES)
    assert other.edit({"ops": [{"insert": "their "}]})
    assert other.edit({"ops": [{"retain": 16}, {"insert": " end"}]})
    while sum("document_change" in frame for frame in frames) < 2:
        page.wait_for_timeout(0)
    page.keyboard.press("!")
    assert page.evaluate("told.text()").startswith("their first line! end\n")
    page.evaluate("release()")
    saved(page)
    assert content(server) == page.evaluate("told.text()")


@pytest.mark.parametrize("name", WHILE_COMPOSED)
def test_the_caret_is_behind_a_word_that_was_composed(
    open_page: OpenPage, other: Raw, server: ServerProcess, name: str
) -> None:
    operation, line = WHILE_COMPOSED[name]
    assert other.edit({"ops": [{"insert": TEXT}]})
    page = watched(open_page)
    page.locator(".ql-editor").click()
    page.keyboard.press("Control+Home")
    page.keyboard.press("ArrowDown")
    for _ in "second one":
        page.keyboard.press("ArrowRight")
    method = page.context.new_cdp_session(page)
    compose(method, "に")
    compose(method, "にほ")
    assert other.edit({"ops": operation})
    expect(page.locator(".ql-editor")).to_contain_text("にほ")
    method.send("Input.insertText", {"text": "日本"})
    page.keyboard.press("!")
    saved(page)
    page.wait_for_function("(text) => told.text() === text", arg=content(server))
    assert content(server).split("\n")[1] == line
    # That is how the caret got lost: Quill puts it back to where it was once it has taken in.
    assert page.evaluate("told.whileTakenIn") == 0


def test_nothing_is_shown_while_the_editor_takes_in_what_is_typed(
    open_page: OpenPage, other: Raw, server: ServerProcess
) -> None:
    assert other.edit({"ops": [{"insert": TEXT}]})
    page = watched(open_page)
    page.locator(".ql-editor").click()
    page.keyboard.press("Control+End")
    for _ in range(EDITS):
        assert other.edit({"ops": [{"insert": "x"}]})
        page.keyboard.insert_text("y")
    saved(page)
    page.wait_for_function("(text) => told.text() === text", arg=content(server))
    assert content(server).count("y" * EDITS) == 1
    assert page.evaluate("told.whileTakenIn") == 0


def test_a_change_within_a_line_has_no_other_line_checked(
    open_page: OpenPage, other: Raw, server: ServerProcess
) -> None:
    assert other.edit({"ops": [{"insert": LINE * 300}]})
    page = watched(open_page)
    page.locator(".ql-editor").click()
    page.keyboard.press("Control+Home")
    before = page.evaluate("told.checked")
    page.keyboard.press("x")
    other.catch_up()
    assert other.edit({"ops": [{"retain": 100}, {"insert": "y"}]})
    page.wait_for_function("() => told.text().includes('y') && told.text().startsWith('x')")
    saved(page)
    assert content(server) == page.evaluate("told.text()")
    assert page.evaluate("told.checked") == before
    # A new line is.
    page.keyboard.press("Enter")
    page.wait_for_function("(before) => told.checked > before", arg=before)


def compose(method: CDPSession, text: str) -> None:
    end = len(text)
    method.send(
        "Input.imeSetComposition", {"selectionStart": end, "selectionEnd": end, "text": text}
    )


def test_cursors_in_view_are_drawn_and_one_that_moves_is_measured(
    open_page: OpenPage, other: Raw, server: ServerProcess
) -> None:
    assert other.edit({"ops": [{"insert": LINE * 300}]})
    page = watched(open_page)
    with contextlib.ExitStack() as stack:
        people = [
            stack.enter_context(raw(server, "richtext", name=f"Person {number}"))
            for number in range(PEOPLE)
        ]
        for number, person in enumerate(people):
            far = 0 if number % 2 else 290
            show(person, (far + number // 2) * len(LINE))
        cursors = page.get_by_test_id("remote-cursor")
        expect(cursors).to_have_count(PEOPLE // 2)
        page.locator(".ql-editor").press("Control+End")
        page.wait_for_function(
            """(below) => [...document.querySelectorAll("[data-testid=remote-cursor]")]
              .every(({ dataset }) => below.includes(dataset.clientId))""",
            arg=[person.client_id for person in people[::2]],
        )
        expect(cursors).to_have_count(PEOPLE // 2)
        names = page.get_by_test_id("cursor-label")
        expect(names).to_have_count(0)
        before = page.evaluate("told.measured")
        show(people[0], 291 * len(LINE) + 3)
        expect(names).to_have_count(1)
        assert page.evaluate("told.measured") - before < PEOPLE // 2


def show(person: Raw, offset: int) -> None:
    person.send(type="presence", cursor={"anchor": offset, "head": offset}, version=1)


def seconds_of_typing(page: Page, other: Raw) -> float:
    """CPU time of scripts while somebody types, and others type far from there."""
    page.locator(".ql-editor").click(position={"x": 400, "y": 60})
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def used() -> float:
        metrics = session.send("Performance.getMetrics")["metrics"]
        return float(next(each["value"] for each in metrics if each["name"] == "ScriptDuration"))

    page.keyboard.press("x")
    saved(page)
    before = used()
    for _ in range(KEYS):
        page.keyboard.press("x")
        other.catch_up()
        assert other.edit({"ops": [{"retain": 700}, {"insert": "y"}]})
    saved(page)
    return used() - before


def test_a_key_in_a_text_ten_times_as_long_takes_no_more_than_that_longer(
    open_page: OpenPage, other: Raw
) -> None:
    taken = []
    words = {"insert": LINE[:5], "attributes": {"bold": True}}
    for parts in (1, GROWTH - 1):
        for _ in range(parts):
            other.catch_up()
            assert other.edit({"ops": [words, {"insert": LINE}] * 400})
        page = open_page(PATH)
        expect(page.get_by_test_id("editor")).to_have_attribute("aria-busy", "false")
        taken.append(seconds_of_typing(page, other))
        page.close()
    # Quill by itself takes the square.
    assert taken[1] < 2 * GROWTH * taken[0]


PASTE = """(text) => {
  window.parts = [];
  const bar = document.querySelector("[data-testid=progress]");
  const note = () => bar.hidden || parts.push(bar.value);
  new MutationObserver(note).observe(bar, { attributes: true });
  const clipboardData = new DataTransfer();
  clipboardData.setData("text/plain", text);
  const event = new ClipboardEvent("paste", { clipboardData, cancelable: true, bubbles: true });
  document.querySelector(".ql-editor").dispatchEvent(event);
  return document.querySelector("[data-testid=save-state]").dataset.state;
}"""


def test_a_long_text_is_pasted_whole_in_one_step_and_shown_bit_by_bit(
    open_page: OpenPage, server: ServerProcess
) -> None:
    pasted = "".join(f"{number} {LINE}" for number in range(LONG_LINES))
    page = watched(open_page)
    page.locator(".ql-editor").click()
    page.keyboard.insert_text("before behind")
    for _ in "behind":
        page.keyboard.press("ArrowLeft")
    saved(page)
    assert page.evaluate(PASTE, pasted.replace("\n", "\r\n")) != "saved"
    page.wait_for_function("(length) => told.text().length === length", arg=len(pasted) + 14)
    parts = page.evaluate("parts")
    assert len(parts) > 1
    assert parts == sorted(parts)
    expect(page.get_by_test_id("progress")).to_be_hidden()
    saved(page)
    assert content(server) == f"before {pasted}behind\n"
    page.keyboard.press("!")
    saved(page)
    assert content(server) == f"before {pasted}!behind\n"
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    page.wait_for_function("() => told.text() === 'before behind\\n'")
    saved(page)
    assert content(server) == "before behind\n"


@pytest.mark.parametrize("written", ["", "some words"])
def test_the_editor_does_not_look_up_each_line_of_a_long_text(
    open_page: OpenPage, server: ServerProcess, written: str
) -> None:
    pasted = LINE * 2000
    page = watched(open_page)
    page.locator(".ql-editor").click()
    page.keyboard.insert_text(written)
    saved(page)
    # What the text replaces is another part of the same change.
    page.keyboard.press("Shift+Home")
    page.evaluate(PASTE, pasted)
    page.wait_for_function("(length) => told.text().length >= length", arg=len(pasted))
    saved(page)
    assert content(server).rstrip("\n") == pasted.rstrip("\n")
    assert content(server) == page.evaluate("told.text()")
    assert page.evaluate("told.lookedUp") < 100


def test_who_types_while_a_long_text_is_shown_types_where_they_are(
    open_page: OpenPage, server: ServerProcess, other: Raw
) -> None:
    assert other.edit({"ops": [{"insert": "top\nend\n"}]})
    page = watched(open_page)
    page.locator(".ql-editor").click()
    page.keyboard.press("Control+Home")
    page.evaluate(HOLD_FRAMES)
    # Of others, too, it does not come at once.
    for _ in range(4):
        assert other.edit({"ops": [{"retain": 4}, {"insert": LINE * 1500}]})
    page.keyboard.press("End")
    page.evaluate("release()")
    page.keyboard.insert_text("!")
    page.keyboard.press("Control+End")
    page.wait_for_function("(length) => told.text().length === length", arg=6000 * len(LINE) + 9)
    saved(page)
    assert content(server) == page.evaluate("told.text()")
    assert content(server) == f"top!\n{LINE * 6000}end\n"
