from playwright.sync_api import Locator, Page, expect


class TicketPage:
    """One ticket as the helpdesk works on it."""

    def __init__(self, page: Page, base_url: str, number: int) -> None:
        self.page = page
        self.address = f"{base_url}/admin/tickets/{number}/"

    def open(self, query: str = "") -> None:
        self.page.goto(self.address + query)

    @property
    def text(self) -> Locator:
        return self.page.locator("#text")

    @property
    def messages(self) -> Locator:
        return self.page.locator("article.msg")

    def send(self, words: str) -> None:
        self.text.fill(words)
        self.page.get_by_role("button", name="Reply", exact=True).click()
        expect(self.messages.last).to_contain_text(words)
