"""What axe-core finds wrong with a page, light and dark, on a desk and on a phone."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Page, ViewportSize

__all__ = ["SIZES", "violations"]

SOURCE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
SIZES: dict[str, ViewportSize] = {
    "desk": {"width": 1280, "height": 800},
    "phone": {"width": 360, "height": 740},
}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")

# All that are on by default, best practices too, and what WCAG 2.2 adds.
RUN = """
async () => {
  const rules = Object.fromEntries(
    ["target-size", "label-content-name-mismatch"].map((name) => [name, { enabled: true }]));
  const { violations } = await axe.run({ rules, resultTypes: ["violations"] });
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html, any, all, none }) => {
    const why = [...any, ...all, ...none].map(({ message }) => message).join("; ");
    return `${id}: ${html.slice(0, 160)} (${why})`;
  }));
}
"""
# Colours that are on their way to others are none of them. A caret blinks for ever.
AT_REST = """
() => Promise.all(document.getAnimations()
  .filter(({ effect }) => effect.getTiming().iterations !== Infinity)
  .map(({ finished }) => finished.catch(() => {})))
"""


def violations(page: Page, *sizes: str) -> list[str]:
    """In each colour scheme and size; the page has its own again after it."""
    found: list[str] = []
    before = page.viewport_size
    if not page.evaluate("() => 'axe' in globalThis"):
        page.evaluate(SOURCE.read_text("utf-8"))
    for size in sizes or SIZES:
        page.set_viewport_size(SIZES[size])
        for scheme in SCHEMES:
            # Half of a transition is a state that a reader does not meet.
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.evaluate(AT_REST)
            told: Any = page.evaluate(RUN)
            found += [f"[{size}, {scheme}] {each}" for each in told]
    page.emulate_media(color_scheme="light", reduced_motion="no-preference")
    if before:
        page.set_viewport_size(before)
    return found
