"""What stands in somebody's way on the page that is open: axe, and what is wider than the screen."""

from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Page

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
FAULTS = """rules => axe.run({runOnly: {type: 'tag', values: rules}}).then(found => found.violations.flatMap(
    fault => fault.nodes.map(node => fault.id + ' ' + node.html.slice(0, 200) + ' ' + node.failureSummary)))"""
TOO_WIDE = """() => document.documentElement.scrollWidth <= document.documentElement.clientWidth ? [] : [
    'wider than the screen:', ...[...document.querySelectorAll('body *')]
    .filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5)
    .filter((e, _, all) => !all.some(other => other !== e && e.contains(other)))
    .map(e => e.outerHTML.slice(0, 150))]"""


class Sight(NamedTuple):
    """How somebody looks at a page."""

    language: str
    width: int
    scheme: str


# Both languages, both widths, both schemes; a page that holds in these two holds in the six others.
SIGHTS = (Sight("en", 1440, "light"), Sight("lv", 320, "dark"))


def see(page: Page, sight: Sight) -> None:
    """Look at this and all later pages so."""
    page.set_viewport_size({"width": sight.width, "height": 900})
    page.emulate_media(color_scheme=sight.scheme)  # type: ignore[arg-type]


def barriers(page: Page) -> list[str]:
    """Every fault with its page. Axe comes in through the debugger: our policy lets no foreign script in."""
    page.evaluate(AXE)
    found = [*page.evaluate(FAULTS, RULES), *page.evaluate(TOO_WIDE)]
    return [f"{page.url} at {page.viewport_size}: {fault}" for fault in found]
