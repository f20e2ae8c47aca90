"""The form of a ticket and the editor of its pictures."""

import io
from collections.abc import Iterable

from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.e2e.pages.site import Site

PASTE = """({bytes, type}) => {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array(bytes)], "image.png", {type}));
  document.activeElement.dispatchEvent(
    new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
}"""
DROP = PASTE.replace("document.activeElement", "document.body").replace(
    'ClipboardEvent("paste", {clipboardData: data', 'DragEvent("drop", {dataTransfer: data'
)


class Editor:
    """The part in which a picture is marked, wherever it stands."""

    def __init__(self, page: Page) -> None:
        self.page = page

    @property
    def canvas(self) -> Locator:
        return self.page.locator("figure.marks canvas")

    @property
    def marks(self) -> Locator:
        return self.page.get_by_role("list", name="Marks").get_by_role("listitem")

    def press(self, name: str) -> None:
        self.page.locator("figure.marks").get_by_role("button", name=name, exact=True).click()

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """With the mouse, in parts of the picture."""
        self.canvas.scroll_into_view_if_needed()
        area = self.canvas.bounding_box()
        assert area is not None
        points = [(area["x"] + x * area["width"], area["y"] + y * area["height"]) for x, y in (start, end)]
        self.page.mouse.move(*points[0])
        self.page.mouse.down()
        self.page.mouse.move(*points[1], steps=5)
        self.page.mouse.up()


class TicketForm:
    """`/help/new`"""

    def __init__(self, site: Site) -> None:
        self.site, self.editor = site, Editor(site.page)

    @property
    def page(self) -> Page:
        return self.site.page

    @property
    def pictures(self) -> Locator:
        return self.page.get_by_role("list", name="Pictures that will be sent").get_by_role("listitem")

    def open(self, query: str = "") -> None:
        self.site.open("/help/new" + query)

    def fill(self, **texts: str) -> None:
        labels = {"tried": "What I tried", "happened": "What happened", "expected": "What I expected",
                  "subject": "Subject", "email": "Email"}
        for name, text in texts.items():
            self.page.get_by_label(labels[name], exact=True).fill(text)

    def paste(self, picture: bytes) -> None:
        self.page.evaluate(PASTE, {"bytes": list(picture), "type": "image/png"})
        expect(self.editor.canvas).to_be_visible()

    def drop(self, picture: bytes) -> None:
        self.page.evaluate(DROP, {"bytes": list(picture), "type": "image/png"})

    def expect_sent(self) -> None:
        """Ten pictures take their time."""
        expect(self.page.get_by_role("heading", name="Your message has arrived")).to_be_visible(timeout=30_000)

    def number(self) -> int:
        """Of the ticket that the page after sending names."""
        return int(self.page.locator("[data-ticket]").get_attribute("data-ticket") or "")


def colors(picture: bytes, places: Iterable[tuple[int, int]]) -> list[tuple[int, ...]]:
    """The pixels of a picture at some places."""
    with Image.open(io.BytesIO(picture)) as image:
        shown = image.convert("RGB")
        return [shown.getpixel(place) for place in places]  # type: ignore[misc]
