"""A board of many items in Chromium: what is touched for a change, and the keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.raweditor import Raw, raw
from tests.browser.test_board import part, state
from tests.serverprocess import ServerProcess

COUNT = 300
PATH = "/documents/doc?doc_type=json"

# Of which items something was changed in the page, since it was asked last.
WATCH = """() => {
  const touched = new Set();
  const elementOf = (node) => (node.closest ? node : node.parentElement);
  const idOf = (node) => elementOf(node).closest(".item")?.dataset.itemId;
  const take = (records) => records.forEach(({ target }) => touched.add(idOf(target) ?? "list"));
  const observer = new MutationObserver(take);
  const all = { subtree: true, childList: true, attributes: true, characterData: true };
  observer.observe(document.querySelector("[data-testid=items]"), all);
  const { set } = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value");
  Object.defineProperty(HTMLTextAreaElement.prototype, "value", {
    ...Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value"),
    set(value) { touched.add(idOf(this)); set.call(this, value); },
  });
  window.touched = () => {
    take(observer.takeRecords());
    const found = [...touched].sort();
    touched.clear();
    return found;
  };
}"""
IS_DRAWN = "(row) => row.checkVisibility({ contentVisibilityAuto: true })"
# Frames are drawn when the test says so, and what stands in for them on a hidden page never.
HOLD_FRAMES = """() => {
  const held = [];
  const { setTimeout } = window;
  window.setTimeout = (work, wait, ...rest) => (wait === 200 ? 0 : setTimeout(work, wait, ...rest));
  window.requestAnimationFrame = (callback) => held.push(callback);
  window.cancelAnimationFrame = (id) => (held[id - 1] = null);
  window.drawFrame = () => held.splice(0).forEach((callback) => callback?.(performance.now()));
}"""


@pytest.fixture
def other(server: ServerProcess) -> Iterator[Raw]:
    """Somebody else, who has filled the board."""
    with raw(server, "json") as editor:
        items = [
            {"p": [f"card{n:03}"], "oi": {"text": f"card {n}", "done": False, "count": 0, "at": at}}
            for n, at in ((n, f"b{n // 60:02}{chr(65 + n % 60)}") for n in range(COUNT))
        ]
        assert editor.edit(items)
        yield editor


def open_board(open_page: OpenPage) -> Page:
    page = open_page(PATH)
    expect(page.get_by_test_id("item")).to_have_count(COUNT)
    state(page).to_have_attribute("data-state", "saved")
    # It opens where a new item is added.
    page.get_by_test_id("board").evaluate("(board) => board.scrollTo(0, 0)")
    page.wait_for_function(f"() => ({IS_DRAWN})(document.querySelector('.item'))")
    return page


def touched(page: Page) -> Any:
    return page.evaluate("() => touched()")


def watched(open_page: OpenPage) -> Page:
    page = open_board(open_page)
    page.evaluate(WATCH)
    return page


def held(server: ServerProcess) -> Any:
    return httpx2.get(f"{server.url}/api/documents/doc").json()["content"]


def test_a_change_touches_its_own_row_alone(
    open_page: OpenPage, server: ServerProcess, other: Raw
) -> None:
    page = watched(open_page)
    part(page, "text", 3).press("End")
    touched(page)
    page.keyboard.type("abc")
    state(page).to_have_attribute("data-state", "saved")
    assert touched(page) == ["card003"]
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(part(page, "count", 3)).to_have_text("1")
    page.get_by_test_id("undo").click()
    expect(part(page, "count", 3)).to_have_text("0")
    assert touched(page) == ["card003"]
    other.catch_up()
    assert other.edit(
        [{"p": ["card200", "count"], "na": 5}, {"p": ["card201", "text", 0], "si": "x"}]
    )
    expect(part(page, "text", 201)).to_have_value("xcard 201")
    assert touched(page) == ["card200", "card201"]
    # A person comes to an item and goes to another.
    for here, expected in (("card100", ["card100"]), ("card101", ["card100", "card101"])):
        other.send(type="presence", data={"item": here})
        expect(page.locator(f"[data-item-id={here}] .item-person")).to_have_count(1)
        assert touched(page) == expected
    # Of a row that goes to another place, the others stay where they are.
    at = held(server)["card000"]["at"]
    assert other.edit([{"p": ["card000", "at"], "od": at, "oi": "z"}])
    expect(part(page, "text", COUNT - 1)).to_have_value("card 0")
    assert set(touched(page)) <= {"list", "card000"}


def test_what_others_do_is_gathered_for_a_frame(
    open_page: OpenPage, server: ServerProcess, other: Raw
) -> None:
    page = open_page("/healthz")
    received: list[str] = []
    page.on("websocket", lambda each: each.on("framereceived", lambda data: received.append(data)))
    page.goto(server.url + PATH)
    expect(page.get_by_test_id("item")).to_have_count(COUNT)
    state(page).to_have_attribute("data-state", "saved")
    page.evaluate(WATCH)
    page.evaluate(HOLD_FRAMES)
    part(page, "text", 3).press("End")
    touched(page)
    for _ in range(30):
        assert other.edit([{"p": ["card005", "count"], "na": 1}])
    assert other.edit([{"p": ["card003", "text", 0], "si": "last "}])
    while not any("last " in str(frame) for frame in received):
        page.wait_for_timeout(20)
    assert touched(page) == []
    assert part(page, "count", 5).text_content() == "0"
    # What is typed before the frame goes to its place among what is not shown yet.
    page.keyboard.type("!")
    expect(part(page, "text", 3)).to_have_value("last card 3!")
    state(page).to_have_attribute("data-state", "saved")
    assert held(server)["card003"]["text"] == "last card 3!"
    page.evaluate("() => drawFrame()")
    expect(part(page, "count", 5)).to_have_text("30")


def test_rows_out_of_view_are_not_laid_out(open_page: OpenPage, other: Raw) -> None:
    page = open_board(open_page)
    rows = page.get_by_test_id("item")
    drawn = sum(rows.nth(number).evaluate(IS_DRAWN) for number in range(0, COUNT, 10))
    assert drawn <= COUNT // 10 / 2
    assert not rows.nth(COUNT - 1).evaluate(IS_DRAWN)
    part(page, "text", COUNT - 1).focus()
    expect(part(page, "text", COUNT - 1)).to_be_in_viewport()
    assert rows.nth(COUNT - 1).evaluate(IS_DRAWN)


def test_a_row_is_dragged_without_a_look_at_all_the_others(
    open_page: OpenPage, server: ServerProcess, other: Raw
) -> None:
    page = open_board(open_page)
    grip, target = part(page, "grip", 1).bounding_box(), part(page, "grip", 5).bounding_box()
    assert grip is not None
    assert target is not None
    page.evaluate(
        """() => {
          const { getBoundingClientRect } = Element.prototype;
          window.looks = 0;
          Element.prototype.getBoundingClientRect = function () {
            looks += 1;
            return getBoundingClientRect.call(this);
          };
        }"""
    )
    page.mouse.move(grip["x"] + 5, grip["y"] + 5)
    page.mouse.down()
    page.mouse.move(target["x"] + 5, target["y"] + target["height"] - 1, steps=5)
    assert page.evaluate("() => looks") <= 5 * 3
    page.mouse.up()
    expect(part(page, "text", 5)).to_have_value("card 1")
    expect(part(page, "text", 1)).to_have_value("card 2")
    # Above all of them is the first place.
    page.mouse.move(grip["x"] + 5, grip["y"] + 5)
    page.mouse.down()
    page.mouse.move(grip["x"] + 5, 2, steps=3)
    page.mouse.up()
    expect(part(page, "text", 0)).to_have_value("card 2")
    state(page).to_have_attribute("data-state", "saved")
    content = held(server)
    assert content["card002"]["at"] < content["card000"]["at"] < content["card003"]["at"]


def test_one_item_is_in_the_way_of_tab(open_page: OpenPage, other: Raw) -> None:
    page = open_board(open_page)
    page.get_by_test_id("theme-toggle").focus()
    page.keyboard.press("Tab")
    expect(page.get_by_test_id("skip")).to_be_focused()
    expect(page.get_by_test_id("skip")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("new-item")).to_be_focused()
    page.get_by_test_id("skip").focus()
    for name in ("grip", "done", "text", "less", "more", "delete"):
        page.keyboard.press("Tab")
        if name != "less":
            expect(part(page, name, 0)).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_test_id("new-item")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(part(page, "delete", 0)).to_be_focused()


def test_the_arrow_keys_go_from_item_to_item(
    open_page: OpenPage, server: ServerProcess, other: Raw
) -> None:
    page = open_board(open_page)
    part(page, "text", 0).focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(part(page, "text", 2)).to_be_focused()
    page.keyboard.type("!")
    expect(part(page, "text", 2)).to_have_value("card 2!")
    page.keyboard.press("ArrowUp")
    expect(part(page, "text", 1)).to_be_focused()
    # The other controls, and what they do.
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    expect(part(page, "done", 2)).to_be_focused()
    expect(part(page, "done", 2)).to_be_checked()
    page.keyboard.press("End")
    expect(part(page, "done", COUNT - 1)).to_be_focused()
    expect(part(page, "done", COUNT - 1)).to_be_in_viewport()
    page.keyboard.press("ArrowDown")
    expect(part(page, "done", COUNT - 1)).to_be_focused()
    page.keyboard.press("Home")
    expect(part(page, "done", 0)).to_be_focused()
    # The handle moves its item.
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("ArrowDown")
    expect(part(page, "text", 1)).to_have_value("card 0")
    expect(part(page, "grip", 1)).to_be_focused()
    # What is deleted leaves the focus to the next.
    for _ in range(5):
        page.keyboard.press("Tab")
    expect(part(page, "delete", 1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("item")).to_have_count(COUNT - 1)
    expect(part(page, "text", 1)).to_be_focused()
    expect(part(page, "text", 1)).to_have_value("card 2!")
    page.keyboard.press("Shift+Tab")
    expect(part(page, "done", 1)).to_be_focused()
    state(page).to_have_attribute("data-state", "saved")
    assert "card000" not in held(server)


def test_in_a_text_of_lines_the_arrow_keys_go_from_line_to_line(
    open_page: OpenPage, other: Raw
) -> None:
    assert other.edit([{"p": ["card001", "text", 6], "si": "\nsecond\nthird"}])
    page = open_board(open_page)
    part(page, "text", 0).focus()
    page.keyboard.press("ArrowDown")
    expect(part(page, "text", 1)).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("End")
    page.keyboard.type("!")
    expect(part(page, "text", 1)).to_have_value("card 1\nsecond!\nthird")
    page.keyboard.press("ArrowDown")
    expect(part(page, "text", 1)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(part(page, "text", 2)).to_be_focused()
    page.keyboard.press("ArrowUp")
    for _ in range(2):
        page.keyboard.press("ArrowUp")
    expect(part(page, "text", 1)).to_be_focused()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowUp")
    expect(part(page, "text", 0)).to_be_focused()
