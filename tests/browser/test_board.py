"""The board in Chromium: people add, edit, tick, order and count together."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx2
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenPage
from tests.relay import Relay
from tests.serverprocess import ServerProcess

PATH = "/documents/plan?doc_type=json"


def content(server: ServerProcess) -> Any:
    return httpx2.get(f"{server.url}/api/documents/plan").json()["content"]


def state(page: Page) -> Any:
    return expect(page.get_by_test_id("save-state"))


def open_board(open_page: OpenPage, **options: Any) -> Page:
    page = open_page(PATH, **options)
    expect(page.get_by_test_id("board")).to_have_attribute("aria-busy", "false")
    return page


def add(page: Page, *texts: str) -> None:
    for text in texts:
        page.get_by_test_id("new-item").fill(text)
        page.get_by_test_id("add-item").click()


def part(page: Page, name: str, index: int) -> Locator:
    return page.get_by_test_id(f"item-{name}").nth(index)


def shown(page: Page) -> list[tuple[str, bool, int]]:
    return [
        (
            item.get_by_test_id("item-text").input_value(),
            item.get_by_test_id("item-done").is_checked(),
            int(item.get_by_test_id("item-count").inner_text()),
        )
        for item in page.get_by_test_id("item").all()
    ]


def texts(page: Page) -> list[str]:
    return [text for text, _, _ in shown(page)]


def wait_for_texts(page: Page, *expected: str) -> None:
    page.wait_for_function(
        """(expected) => {
          const found = [...document.querySelectorAll("[data-testid=item-text]")];
          return JSON.stringify(found.map(({ value }) => value)) === expected;
        }""",
        arg=json.dumps(list(expected), ensure_ascii=False, separators=(",", ":")),
    )


def held(server: ServerProcess) -> list[tuple[str, bool, int]]:
    items = sorted(content(server).items(), key=lambda entry: (entry[1]["at"], entry[0]))
    return [(item["text"], item["done"], item["count"]) for _, item in items]


def assert_agreed(server: ServerProcess, *pages: Page) -> None:
    for page in pages:
        state(page).to_have_attribute("data-state", "saved")
    for page in pages:
        wait_for_texts(page, *(text for text, _, _ in held(server)))
        assert shown(page) == held(server)


def test_a_board_is_made_on_the_documents_page(open_page: OpenPage) -> None:
    page = open_page("/")
    page.get_by_test_id("new-title").fill("Shopping")
    page.get_by_test_id("kind-json").check(force=True)
    page.get_by_test_id("create").click()
    expect(page).to_have_url(re.compile("/documents/"))
    expect(page.get_by_test_id("title")).to_have_value("Shopping")
    add(page, "milk")
    wait_for_texts(page, "milk")
    page.goto(re.sub("documents/.*", "", page.url))
    expect(page.get_by_test_id("document-link").first).to_contain_text("Board")


def test_the_first_items_of_two_people_are_both_kept(
    open_page: OpenPage, server: ServerProcess
) -> None:
    ann, bob = open_board(open_page), open_board(open_page)
    add(ann, "milk 😀")
    add(bob, "bread")
    expect(ann.get_by_test_id("item")).to_have_count(2)
    expect(bob.get_by_test_id("item")).to_have_count(2)
    assert_agreed(server, ann, bob)


def test_two_people_write_tick_and_count_in_one_item(
    open_page: OpenPage, server: ServerProcess
) -> None:
    ann, bob = open_board(open_page), open_board(open_page)
    add(ann, "milk 😀")
    wait_for_texts(bob, "milk 😀")
    part(ann, "text", 0).press("End")
    part(bob, "text", 0).press("Home")
    for one, other in zip("abcd", "wxyz", strict=True):
        ann.keyboard.type(one)
        bob.keyboard.type(other)
    for page in (ann, bob):
        for _ in range(3):
            part(page, "more", 0).click()
    part(bob, "less", 0).click()
    part(ann, "done", 0).check()
    expect(part(ann, "count", 0)).to_have_text("5")
    expect(part(bob, "count", 0)).to_have_text("5")
    assert_agreed(server, ann, bob)
    assert shown(ann) == [("wxyzmilk 😀abcd", True, 5)]


def test_what_others_do_waits_for_an_input_method(
    open_page: OpenPage, server: ServerProcess
) -> None:
    ann, bob = open_board(open_page), open_board(open_page)
    add(ann, "one")
    wait_for_texts(bob, "one")
    part(bob, "text", 0).press("End")
    method = bob.context.new_cdp_session(bob)
    compose = {"selectionStart": 2, "selectionEnd": 2, "text": "にほ"}
    method.send("Input.imeSetComposition", compose)
    part(ann, "more", 0).click()
    part(ann, "text", 0).press("Home")
    ann.keyboard.type("zero ")
    expect(part(bob, "count", 0)).to_have_text("1")
    expect(part(bob, "text", 0)).to_have_value("oneにほ")
    state(ann).to_have_attribute("data-state", "saved")
    method.send("Input.insertText", {"text": "日本"})
    wait_for_texts(ann, "zero one日本")
    assert_agreed(server, ann, bob)


def test_items_are_ordered_by_keys_and_by_dragging(
    open_page: OpenPage, server: ServerProcess
) -> None:
    ann, bob = open_board(open_page), open_board(open_page)
    add(ann, "one", "two", "three")
    wait_for_texts(bob, "one", "two", "three")
    part(ann, "grip", 2).focus()
    ann.keyboard.press("ArrowUp")
    ann.keyboard.press("ArrowUp")
    wait_for_texts(bob, "three", "one", "two")
    expect(part(ann, "grip", 0)).to_be_focused()
    grip, last = (
        part(bob, "grip", 0).bounding_box(),
        bob.get_by_test_id("item").nth(2).bounding_box(),
    )
    assert grip is not None
    assert last is not None
    bob.mouse.move(grip["x"] + 5, grip["y"] + 5)
    bob.mouse.down()
    bob.mouse.move(grip["x"] + 5, last["y"] + last["height"] - 2, steps=4)
    bob.mouse.up()
    wait_for_texts(ann, "one", "two", "three")
    assert_agreed(server, ann, bob)


def test_an_item_that_somebody_deletes_under_ones_hands(
    open_page: OpenPage, server: ServerProcess
) -> None:
    ann, bob = open_board(open_page), open_board(open_page)
    add(ann, "one", "two")
    wait_for_texts(bob, "one", "two")
    part(bob, "text", 0).click()
    expect(ann.get_by_test_id("item-person")).to_have_count(1)
    part(ann, "delete", 0).click()
    wait_for_texts(bob, "two")
    expect(part(bob, "text", 0)).to_be_focused()
    bob.keyboard.press("End")
    bob.keyboard.type("!")
    wait_for_texts(ann, "two!")
    assert_agreed(server, ann, bob)


def test_undo_takes_back_ones_own_work_only(open_page: OpenPage, server: ServerProcess) -> None:
    ann, bob = open_board(open_page), open_board(open_page)
    add(ann, "mine")
    wait_for_texts(bob, "mine")
    add(bob, "theirs")
    wait_for_texts(ann, "mine", "theirs")
    part(bob, "done", 1).check()
    part(ann, "delete", 0).click()
    wait_for_texts(bob, "theirs")
    ann.get_by_test_id("undo").click()
    wait_for_texts(bob, "mine", "theirs")
    part(ann, "text", 0).press("Control+z")
    wait_for_texts(bob, "theirs")
    part(ann, "text", 0).press("Control+Shift+z")
    wait_for_texts(bob, "mine", "theirs")
    assert_agreed(server, ann, bob)
    assert shown(ann) == [("mine", False, 0), ("theirs", True, 0)]


def test_work_survives_being_offline_a_crash_and_a_closed_page(
    open_page: OpenPage, server: ServerProcess, relay: Relay
) -> None:
    ann, bob = open_board(open_page, through=relay), open_board(open_page)
    add(ann, "together")
    wait_for_texts(bob, "together")
    relay.cut()
    state(ann).to_have_attribute("data-state", "offline")
    add(ann, "offline 🚇")
    part(ann, "more", 0).click()
    part(bob, "more", 0).click()
    state(bob).to_have_attribute("data-state", "saved")
    server.kill()
    add(bob, "then it died")
    state(bob).not_to_have_attribute("data-state", "saved")
    context = ann.context
    ann.close(run_before_unload=False)
    server.start()
    relay.mend()
    ann = open_board(open_page, context=context, through=relay)
    for page in (ann, bob):
        expect(page.get_by_test_id("item")).to_have_count(3)
    assert_agreed(server, ann, bob)
    assert held(server)[0] == ("together", False, 2)
    assert sorted(texts(ann)) == ["offline 🚇", "then it died", "together"]


def test_markup_is_text(open_page: OpenPage) -> None:
    page = open_board(open_page)
    add(page, "<img src=x onerror=\"document.title='owned'\">")
    expect(page.locator("[onerror]")).to_have_count(0)
    assert "owned" not in page.title()


def test_what_is_no_board_is_told_and_left_alone(
    open_page: OpenPage, server: ServerProcess
) -> None:
    page = open_board(open_page)
    page.evaluate(
        """async (server) => {
          const { connect } = await import(new URL("../static/js/collab/index.js", location.href));
          const shared = connect({ url: server, docId: "plan", docType: "json" });
          await shared.ready;
          shared.edit([{ p: ["notes"], oi: [1, 2] }]);
        }""",
        server.url,
    )
    page.locator("#note summary").click()
    expect(page.get_by_test_id("whole")).to_contain_text('"notes": [')
    add(page, "milk")
    state(page).to_have_attribute("data-state", "saved")
    assert content(server)["notes"] == [1, 2]


def test_it_is_usable_on_a_phone_and_in_the_dark(open_page: OpenPage) -> None:
    page = open_board(
        open_page, viewport={"width": 390, "height": 780}, color_scheme="dark", has_touch=True
    )
    add(page, "a longer text than fits into the width of a phone, however small its letters")
    state(page).to_have_attribute("data-state", "saved")
    assert not page.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )
