"""Whose the cursors in texts and rich texts are, in Chromium: one label for all at a place."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.raweditor import Raw, raw
from tests.serverprocess import ServerProcess

LINE = "a line of a text in which several people write at once\n"
LINES = 12
NAMES = ["Ann", "Ben", "Christopher", "Dora", "Emil", "Fred", "Gus", "Hal", "Ida", "Jo", "Kim"]
LONG = "A very long name " * 5 + "to its end"
# A family, the flags of Scotland and India, a tone of skin, a heart on fire.
EMOJI = ["👩‍👩‍👧 Zoë", "🏴󠁧󠁢󠁳󠁣󠁴󠁿 Ian", "🇮🇳 Asha", "👍🏽 Mo", "❤️‍🔥"]
MAX_WIDTH_PIXELS = 132


@pytest.fixture(params=["text", "richtext"])
def doc_type(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def people(server: ServerProcess, doc_type: str) -> Iterator[list[Raw]]:
    with contextlib.ExitStack() as stack:
        others = [stack.enter_context(raw(server, doc_type, name=name)) for name in NAMES]
        assert others[0].edit({"ops": [{"insert": LINE * LINES}]})
        for each in others:
            each.catch_up()
        yield others


def show(other: Raw, line: int, column: int = 10) -> None:
    place = line * len(LINE) + column
    other.send(type="presence", cursor={"anchor": place, "head": place}, version=other.version)


def opened(open_page: OpenPage) -> Page:
    page = open_page("/documents/doc", viewport={"width": 1280, "height": 800})
    expect(page.locator(".cm-line, .ql-editor p").nth(LINES - 1)).to_contain_text("a line")
    return page


def labels(page: Page) -> Locator:
    return page.get_by_test_id("cursor-label")


def test_people_at_one_place_have_one_label(open_page: OpenPage, people: list[Raw]) -> None:
    page = opened(open_page)
    # Nobody is behind the label of another one.
    page.evaluate(
        """() => {
          window.most = 0;
          const count = () => {
            const texts = [...document.querySelectorAll("[data-testid=cursor-label]")];
            window.most = Math.max(most, texts.length);
          };
          const layer = document.querySelector(".cursors");
          new MutationObserver(count).observe(layer, { childList: true });
        }"""
    )
    for each in people:
        show(each, 3)
    expect(labels(page)).to_contain_text(f"+{len(NAMES) - 2}")
    expect(page.get_by_test_id("remote-cursor")).to_have_count(len(NAMES))
    expect(labels(page).locator("bdi")).to_have_count(2)
    assert page.evaluate("most") == 1


def test_a_name_goes_while_its_owner_types_on(open_page: OpenPage, people: list[Raw]) -> None:
    page = opened(open_page)
    ann = people[0]
    show(ann, 3)
    expect(labels(page)).to_have_text("Ann")
    for number in range(200):
        assert ann.edit({"ops": [{"retain": 3 * len(LINE) + 10 + number}, {"insert": "x"}]})
        page.wait_for_timeout(50)
        if labels(page).count() == 0:
            break
    else:
        raise AssertionError("it is there all the time")
    # Gone elsewhere, it is told again.
    show(ann, 9)
    expect(labels(page)).to_have_text("Ann")


def test_a_name_is_seen_where_the_pointer_is(open_page: OpenPage, people: list[Raw]) -> None:
    page = opened(open_page)
    show(people[0], 3)
    expect(labels(page)).to_have_text("Ann")
    expect(labels(page)).to_have_count(0)
    caret = page.get_by_test_id("remote-cursor").bounding_box()
    assert caret is not None
    page.mouse.move(caret["x"] + 3, caret["y"] + 5)
    expect(labels(page)).to_have_text("Ann")
    page.mouse.move(caret["x"] + 300, caret["y"] + 200)
    expect(labels(page)).to_have_count(0)


def test_a_long_name_is_shortened_and_stays_within_the_text(
    open_page: OpenPage, server: ServerProcess, doc_type: str, people: list[Raw]
) -> None:
    page = opened(open_page)
    with raw(server, doc_type, name=LONG) as other:
        other.catch_up()
        for column in (0, len(LINE) - 1):
            show(other, 5, column)
            expect(labels(page)).to_have_text(LONG)
            label = labels(page).last.bounding_box()
            pane = page.locator(".cm-scroller, .ql-container").bounding_box()
            assert label is not None
            assert pane is not None
            assert label["width"] <= MAX_WIDTH_PIXELS
            assert label["x"] + label["width"] <= pane["x"] + pane["width"]
            show(other, 9)


def test_names_of_joined_emoji_are_whole(
    open_page: OpenPage, server: ServerProcess, doc_type: str, people: list[Raw]
) -> None:
    page = opened(open_page)
    for number, name in enumerate(EMOJI):
        with raw(server, doc_type, name=name) as other:
            other.catch_up()
            show(other, number)
            expect(labels(page).filter(has_text=name)).to_be_visible()


def test_the_initials_of_joined_emoji_are_whole(open_page: OpenPage, server: ServerProcess) -> None:
    page = open_page("/documents/doc", viewport={"width": 1280, "height": 800})
    for name in EMOJI:
        with raw(server, "text", name=name) as other:
            user = page.locator(f'[data-testid=user][data-client-id="{other.client_id}"]')
            first, *more = name.split()
            expect(user).to_have_text(first + "".join(word[0].upper() for word in more))


def test_a_label_that_moves_is_not_written_again(open_page: OpenPage, people: list[Raw]) -> None:
    page = opened(open_page)
    ann = people[0]
    show(ann, 5)
    expect(labels(page)).to_have_text("Ann")
    page.evaluate(
        """() => {
          const label = document.querySelector("[data-testid=cursor-label]");
          window.seen = { written: 0, moved: 0 };
          new MutationObserver((records) => {
            for (const { type } of records) seen[type === "childList" ? "written" : "moved"] += 1;
          }).observe(label, { childList: true, attributeFilter: ["style"] });
        }"""
    )
    show(ann, 5, 20)
    page.wait_for_function("() => seen.moved > 0")
    assert page.evaluate("seen.written") == 0
