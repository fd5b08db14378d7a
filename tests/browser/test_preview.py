"""The preview of long texts in Chromium: all is there, only what has changed is made anew."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.raweditor import Raw, raw
from tests.browser.test_editor import wait_until_saved
from tests.serverprocess import ServerProcess

PARAGRAPH = "Some *words* of a paragraph that is as long as a line mostly is, and no more."
PARAGRAPHS = 4000
WIDE = {"width": 1280, "height": 800}


@pytest.fixture
def other(server: ServerProcess) -> Iterator[Raw]:
    with raw(server, "text") as editor:
        yield editor


def write(other: Raw, text: str) -> None:
    """In edits that are not too large."""
    for start in range(0, len(text), 200_000):
        before = [{"retain": start}] if start else []
        assert other.edit({"ops": [*before, {"insert": text[start : start + 200_000]}]})


def opened(open_page: OpenPage, other: Raw, text: str) -> Page:
    """A wide page of this text, with its preview."""
    write(other, text)
    page = open_page("/documents/doc", viewport=WIDE)
    page.locator(".cm-content").click()
    page.keyboard.press("Control+Home")
    return page


def remember_elements(page: Page) -> None:
    page.evaluate(
        "() => (window.before = new Set(document.querySelectorAll('.markdown .part > *')))"
    )


def new_elements(page: Page) -> list[str]:
    found: list[str] = page.evaluate(
        "() => [...document.querySelectorAll('.markdown .part > *')]"
        ".filter((each) => !before.has(each)).map((each) => each.textContent.trim().slice(0, 12))"
    )
    return found


def test_all_of_a_long_text_is_shown_and_only_changes_are_made_anew(
    open_page: OpenPage, other: Raw
) -> None:
    text = "\n\n".join(f"{number} {PARAGRAPH}" for number in range(PARAGRAPHS))
    page = opened(open_page, other, text)
    preview = page.locator(".markdown")
    expect(preview.locator(".part > p")).to_have_count(PARAGRAPHS)
    expect(preview.locator("p").last).to_contain_text(f"{PARAGRAPHS - 1} Some words")
    assert "is-cut" not in (preview.get_attribute("class") or "")
    remember_elements(page)
    page.keyboard.type("Own ")
    expect(preview.locator("p").first).to_contain_text("Own 0 Some words")
    other.catch_up()
    assert other.edit({"ops": [{"retain": len(text) + 4}, {"insert": " Theirs"}]})
    expect(preview.locator("p").last).to_contain_text("Theirs")
    assert new_elements(page) == ["Own 0 Some w", f"{PARAGRAPHS - 1} Some wo"]


def test_an_item_of_a_long_list_is_no_change_of_the_others(open_page: OpenPage, other: Raw) -> None:
    page = opened(open_page, other, "\n".join(f"- {PARAGRAPH}" for _ in range(1000)))
    preview = page.locator(".markdown")
    expect(preview.locator("li")).to_have_count(1000)
    remember_elements(page)
    page.keyboard.press("End")
    page.keyboard.type(" Mine")
    expect(preview.locator("li").first).to_contain_text("Mine")
    assert len(new_elements(page)) == 1


def test_the_numbers_of_a_list_are_within_what_is_drawn(open_page: OpenPage, other: Raw) -> None:
    page = opened(open_page, other, "\n".join(f"{number}. item" for number in range(1, 200)))
    expect(page.locator(".markdown li")).to_have_count(199)
    room = page.evaluate(
        "() => document.querySelector('.markdown ol').getBoundingClientRect().left"
        " - document.querySelector('.markdown .part').getBoundingClientRect().left"
    )
    assert room >= 20


def test_a_long_line_is_shown_when_its_writer_rests(open_page: OpenPage, other: Raw) -> None:
    page = opened(open_page, other, f"{PARAGRAPH} " * 2000)
    preview = page.locator(".markdown p")
    expect(preview).to_contain_text("Some words")
    page.keyboard.type("Begin ")
    expect(preview).to_contain_text("Begin Some words")
    wait_until_saved(page)


def test_the_preview_follows_the_text_to_what_was_not_in_view(
    open_page: OpenPage, other: Raw
) -> None:
    heads = (f"## Head {number}\n\n" + f"{PARAGRAPH}\n" * (number % 7 + 1) for number in range(600))
    page = opened(open_page, other, "\n".join(heads))
    expect(page.locator(".markdown h2")).to_have_count(600)
    page.keyboard.press("Control+End")
    expect(page.locator(".markdown h2").last).to_be_in_viewport()
    for _ in range(8):
        page.keyboard.press("PageUp")
    page.wait_for_function(
        """() => {
          const scroller = document.querySelector(".cm-scroller").getBoundingClientRect();
          const pane = document.querySelector("[data-testid=preview]").getBoundingClientRect();
          const line = [...document.querySelectorAll(".cm-line")]
            .filter((each) => each.getBoundingClientRect().top > scroller.top)
            .find((each) => each.textContent.startsWith("## "));
          const head = [...document.querySelectorAll(".markdown h2")]
            .find((each) => each.textContent === line.textContent.slice(3));
          const { top, bottom } = head.getBoundingClientRect();
          return top < pane.bottom && bottom > pane.top;
        }"""
    )


def test_the_end_of_a_text_is_shown_at_its_end_though_it_is_higher_in_the_preview(
    open_page: OpenPage, other: Raw
) -> None:
    page = opened(open_page, other, "\n".join(f"# Head {number}" for number in range(300)))
    expect(page.locator(".markdown h1")).to_have_count(300)
    page.keyboard.press("Control+End")
    expect(page.locator(".markdown h1").last).to_be_in_viewport()
    page.keyboard.press("Control+Home")
    expect(page.locator(".markdown h1").first).to_be_in_viewport()


def test_a_worker_renders_the_text(open_page: OpenPage) -> None:
    page = open_page("/healthz", viewport=WIDE)
    with page.expect_worker() as started:
        page.goto(page.url.replace("/healthz", "/documents/doc"))
    assert "markdown_worker" in started.value.url
    expect(page.locator(".markdown.is-empty")).to_be_attached()
    page.locator(".cm-content").click()
    page.keyboard.insert_text("**bold**")
    expect(page.locator(".markdown strong")).to_have_text("bold")
