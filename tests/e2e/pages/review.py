from playwright.sync_api import Locator, Page, expect


class ReviewPage:
    """One review as the specialist works on it."""

    def __init__(self, page: Page, base_url: str, code: str) -> None:
        self.page = page
        self.address = f"{base_url}/admin/review/{code}/"

    def open(self) -> None:
        self.page.goto(self.address)

    def claim(self) -> None:
        self.page.get_by_role("button", name="Claim", exact=True).click()
        expect(self.page.locator("#lease")).to_contain_text("You hold this review")

    def item(self, place: str) -> Locator:
        """`r1`, `r2`, … or `summary`."""
        return self.page.locator(f"#{place}")

    def choose(self, place: str, words: str) -> None:
        self.item(place).get_by_role("radio", name=words).check()

    def state(self, place: str) -> Locator:
        return self.page.locator(f"#state-{place}")

    def comment(self, place: str) -> Locator:
        return self.item(place).get_by_label("Comment")
