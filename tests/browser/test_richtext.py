"""Rich text in Chromium: people write and format together, and nobody's work or format is lost."""

from __future__ import annotations

import re
from typing import Any

import httpx2
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.relay import Relay
from tests.serverprocess import ServerProcess

PATH = "/documents/plan?doc_type=richtext"


def content(server: ServerProcess) -> Any:
    return httpx2.get(f"{server.url}/api/documents/plan").json()["content"]["ops"]


def text(page: Page) -> str:
    found = page.evaluate(
        """() => [...document.querySelector(".ql-editor").children].flatMap((block) =>
          block.tagName === "OL" ? [...block.children] : [block]).map((line) => line.textContent)
          .join("\\n")"""
    )
    return str(found).replace("\ufeff", "")


def plain(ops: Any) -> str:
    return "".join(op["insert"] for op in ops if isinstance(op["insert"], str))


def state(page: Page) -> Any:
    return expect(page.get_by_test_id("save-state"))


def open_text(open_page: OpenPage, **options: Any) -> Page:
    page = open_page(PATH, **options)
    page.locator(".ql-editor").click()
    return page


def wait_for_text(page: Page, expected: str) -> None:
    expect(page.locator(".ql-editor")).to_contain_text(expected)


def assert_agreed(server: ServerProcess, *pages: Page) -> Any:
    """Everybody shows what the server has; returns it."""
    for page in pages:
        state(page).to_have_attribute("data-state", "saved")
    agreed = content(server)
    for page in pages:
        page.wait_for_function(
            "(length) => document.querySelector('.ql-editor').textContent.length === length",
            arg=len(plain(agreed).replace("\n", "").encode("utf-16-le")) // 2,
        )
        assert text(page) == plain(agreed).removesuffix("\n")
    return agreed


def test_two_people_write_and_format_at_once(open_page: OpenPage, server: ServerProcess) -> None:
    ann, bob = open_text(open_page), open_text(open_page)
    ann.keyboard.insert_text("Start: ")
    wait_for_text(bob, "Start")
    bob.keyboard.press("Control+End")
    ann.get_by_test_id("format-bold").click()
    for one, other in zip("héllo 😀 Ann", "wörld 🎉 Bob", strict=True):
        ann.keyboard.insert_text(one)
        bob.keyboard.insert_text(other)
    bob.keyboard.press("Enter")
    bob.get_by_test_id("format-header").select_option("2")
    bob.keyboard.insert_text("Heading")
    agreed = assert_agreed(server, ann, bob)
    # Who types behind bold words goes on in bold, so Bob's may be, too.
    bold = "".join(op["insert"] for op in agreed if op.get("attributes", {}).get("bold"))
    assert all(character in bold for character in "héllo 😀 Ann")
    written = plain(agreed).removeprefix("Start: ").replace("Heading", "").replace("\n", "")
    assert sorted(written) == sorted("héllo 😀 Annwörld 🎉 Bob")
    assert {"insert": "\n", "attributes": {"header": 2}} in agreed
    for page in (ann, bob):
        expect(page.locator(".ql-editor h2")).to_have_text(re.compile("Heading"))


def test_every_button_makes_its_format(open_page: OpenPage, server: ServerProcess) -> None:
    page = open_text(open_page)
    page.keyboard.insert_text("words")
    for name in ("bold", "italic", "underline", "strike"):
        page.keyboard.press("Control+a")
        page.get_by_test_id(f"format-{name}").click()
        expect(page.get_by_test_id(f"format-{name}")).to_have_attribute("aria-pressed", "true")
    assert_agreed(server, page)
    formats = {"bold": True, "italic": True, "underline": True, "strike": True}
    assert content(server)[0] == {"insert": "words", "attributes": formats}
    page.get_by_test_id("format-clean").click()
    for name, attributes in (
        ("bullet", {"list": "bullet"}),
        ("ordered", {"list": "ordered"}),
        ("unchecked", {"list": "unchecked"}),
        ("blockquote", {"blockquote": True}),
        ("code-block", {"code-block": True}),
    ):
        page.get_by_test_id(f"format-{name}").click()
        state(page).to_have_attribute("data-state", "saved")
        page.wait_for_timeout(0)
        assert content(server)[-1]["attributes"] == attributes
    page.get_by_test_id("format-code-block").click()
    page.get_by_test_id("format-link").click()
    page.get_by_test_id("address").fill("https://example.org/")
    page.get_by_test_id("address").press("Enter")
    state(page).to_have_attribute("data-state", "saved")
    assert content(server)[0]["attributes"] == {"link": "https://example.org/"}


def test_opening_a_document_is_no_edit(open_page: OpenPage, server: ServerProcess) -> None:
    page = open_text(open_page)
    page.keyboard.press("ArrowRight")
    state(page).to_have_attribute("data-state", "saved")
    document = httpx2.get(f"{server.url}/api/documents/plan").json()
    assert (document["version"], document["content"]) == (0, {"ops": []})


def test_undo_takes_back_ones_own_work_only(open_page: OpenPage, server: ServerProcess) -> None:
    ann, bob = open_text(open_page), open_text(open_page)
    ann.keyboard.insert_text("mine ")
    wait_for_text(bob, "mine")
    bob.keyboard.press("Control+End")
    bob.keyboard.insert_text("theirs")
    wait_for_text(ann, "theirs")
    ann.keyboard.press("Control+z")
    expect(bob.locator(".ql-editor")).not_to_contain_text("mine")
    assert plain(assert_agreed(server, ann, bob)).rstrip("\n") == "theirs"
    ann.get_by_test_id("format-redo").click()
    wait_for_text(bob, "mine")
    assert plain(assert_agreed(server, ann, bob)).rstrip("\n") == "mine theirs"


def test_work_survives_being_offline_a_crash_and_a_closed_page(
    open_page: OpenPage, server: ServerProcess, relay: Relay
) -> None:
    ann, bob = open_text(open_page, through=relay), open_text(open_page)
    ann.keyboard.insert_text("together. ")
    wait_for_text(bob, "together")
    relay.cut()
    state(ann).to_have_attribute("data-state", "offline")
    ann.get_by_test_id("format-italic").click()
    ann.keyboard.insert_text("Offline 🚇. ")
    bob.keyboard.press("Control+End")
    bob.keyboard.insert_text("Bob stayed. ")
    state(bob).to_have_attribute("data-state", "saved")
    server.kill()
    bob.keyboard.insert_text("Then it died. ")
    state(bob).not_to_have_attribute("data-state", "saved")
    context = ann.context
    ann.close(run_before_unload=False)
    server.start()
    relay.mend()
    ann = open_page(PATH, context=context, through=relay)
    wait_for_text(ann, "Then it died")
    wait_for_text(bob, "Offline")
    agreed = assert_agreed(server, ann, bob)
    for part in ("together. ", "Offline 🚇. ", "Bob stayed. ", "Then it died. "):
        assert plain(agreed).count(part.strip()) == 1
    assert {"insert": "Offline 🚇. ", "attributes": {"italic": True}} in agreed


def test_people_see_each_other(open_page: OpenPage) -> None:
    ann, bob = open_text(open_page), open_text(open_page)
    expect(ann.get_by_test_id("user")).to_have_count(2)
    bob.keyboard.insert_text("hello")
    bob.keyboard.press("Shift+Home")
    expect(ann.get_by_test_id("remote-cursor")).to_be_attached()
    expect(ann.locator(".remote-selection")).not_to_have_count(0)
    bob.close()
    expect(ann.get_by_test_id("remote-cursor")).to_have_count(0)


def test_what_the_editor_does_not_know_stays_in_the_document(
    open_page: OpenPage, server: ServerProcess
) -> None:
    strange = [
        {"insert": "a", "attributes": {"sparkle": 7}},
        {"insert": {"formula": "e=mc²"}},
        {"insert": "b\r\nc"},
        {"insert": {"image": "https://example.org/x.png"}, "attributes": {"width": 10}},
    ]
    page = open_text(open_page)
    other = open_text(open_page)
    other.evaluate(
        """async ([server, ops]) => {
          const { connect } = await import(new URL("../static/js/collab/index.js", location.href));
          const shared = connect({ url: server, docId: "plan", docType: "richtext" });
          await shared.ready;
          shared.edit({ ops });
          await new Promise((resolve) => {
            const look = () => shared.status.state === "saved" && resolve();
            shared.on("status", look);
            look();
          });
          shared.close();
        }""",
        [server.url, strange],
    )
    wait_for_text(page, "formula")
    page.keyboard.press("Control+Home")
    page.keyboard.insert_text("X")
    page.keyboard.press("Control+End")
    page.keyboard.insert_text("Y")
    state(page).to_have_attribute("data-state", "saved")
    held = content(server)
    assert held[0] == {"insert": "Xa", "attributes": {"sparkle": 7}} or held[1] == strange[0]
    assert strange[1] in held
    assert strange[3] in held
    assert plain(held) == "Xab\r\ncY\n"
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    expect(other.locator(".ql-editor")).to_have_text("")
    page.keyboard.press("Control+z")
    wait_for_text(other, "formula")
    state(page).to_have_attribute("data-state", "saved")
    # As fast as this was typed, it is taken back as one.
    assert content(server) in (held, strange)


def test_the_tab_key_leads_out_of_the_text(open_page: OpenPage) -> None:
    page = open_text(open_page)
    page.keyboard.insert_text("words")
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_test_id("format-redo")).to_be_focused()


def test_what_others_do_waits_for_an_input_method(
    open_page: OpenPage, server: ServerProcess
) -> None:
    ann, bob = open_text(open_page), open_text(open_page)
    ann.keyboard.insert_text("one two")
    wait_for_text(bob, "one two")
    bob.keyboard.press("Control+End")
    method = bob.context.new_cdp_session(bob)
    compose = {"selectionStart": 2, "selectionEnd": 2, "text": "にほ"}
    method.send("Input.imeSetComposition", compose)
    ann.keyboard.press("Control+Home")
    ann.keyboard.insert_text("zero ")
    state(ann).to_have_attribute("data-state", "saved")
    method.send("Input.insertText", {"text": "日本"})
    wait_for_text(ann, "zero one two日本")
    assert plain(assert_agreed(server, ann, bob)) == "zero one two日本\n"


def test_nothing_that_is_pasted_or_linked_runs(open_page: OpenPage, server: ServerProcess) -> None:
    page = open_text(open_page)
    page.evaluate(
        """() => {
          const html = `<b>kept</b><img src=x onerror="document.title='owned'">
            <script>document.title='owned'</script>
            <a href="javascript:document.title='owned'">link</a>`;
          const clipboardData = new DataTransfer();
          clipboardData.setData("text/html", html);
          const event = new ClipboardEvent("paste", { clipboardData, cancelable: true });
          document.querySelector(".ql-editor").dispatchEvent(event);
        }"""
    )
    wait_for_text(page, "kept")
    state(page).to_have_attribute("data-state", "saved")
    expect(page.locator(".ql-editor script")).to_have_count(0)
    expect(page.locator(".ql-editor [onerror]")).to_have_count(0)
    expect(page.locator(".ql-editor a[href^='javascript']")).to_have_count(0)
    assert "javascript:" not in str(content(server))
    page.get_by_test_id("format-link").click()
    page.get_by_test_id("address").fill("javascript:document.title='owned'")
    page.get_by_test_id("address").press("Enter")
    expect(page.locator("#message")).to_contain_text("Only web and mail addresses")
    assert "owned" not in page.title()


def test_it_is_usable_on_a_phone_and_in_the_dark(open_page: OpenPage) -> None:
    page = open_text(
        open_page, viewport={"width": 390, "height": 780}, color_scheme="dark", has_touch=True
    )
    page.keyboard.insert_text("small")
    state(page).to_have_attribute("data-state", "saved")
    assert not page.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )
