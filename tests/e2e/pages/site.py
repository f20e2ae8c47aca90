import re

import pyotp
from playwright.sync_api import Page, expect


class Site:
    """What is the same on every page: going somewhere, signing in and out, what the page says."""

    def __init__(self, page: Page, base_url: str) -> None:
        self.page = page
        self.base_url = base_url
        self._expected: list[str] = []
        self._codes: dict[str, list[str]] = {}  # of staff: each opens once

    def beside(self, page: Page) -> "Site":
        """The same site in another browser; the people with their recovery codes are the same."""
        other = Site(page, self.base_url)
        other._codes = self._codes
        return other

    def open(self, path: str) -> None:
        """Go to an address of the site."""
        self.page.goto(self.base_url + path)

    def sign_in(self, email: str, password: str = "demo") -> None:
        """As another person: whoever was signed in before is forgotten."""
        self.page.context.clear_cookies()
        self.open("/login?lang=en")
        self.page.get_by_label("Email", exact=True).fill(email)
        self.page.get_by_label("Password", exact=True).fill(password)
        self.page.get_by_role("button", name="Sign in", exact=True).click()
        expect(self.page).not_to_have_url(f"{self.base_url}/login")
        if self.page.url.endswith("/login/second-factor"):
            self.enrol(email)
        elif self.page.url.endswith("/login/code"):
            self.page.get_by_label("Code", exact=True).fill(self._codes[email].pop())
            self.press("Continue")
        expect(self.page).not_to_have_url(re.compile("/login/(code|second-factor)$"))

    def enrol(self, email: str) -> None:
        """Staff set their second factor up at the first sign-in; later ones use the recovery codes, which do not have
        to wait for the next half minute."""
        self.page.get_by_text("No camera?").click()
        secret = self.page.locator("[data-secret]").inner_text().replace(" ", "")
        self.page.get_by_label("Code", exact=True).fill(pyotp.TOTP(secret).now())
        self.press("Continue")
        self._codes[email] = self.page.get_by_role("list", name="Your recovery codes").get_by_role(
            "listitem"
        ).all_inner_texts()
        self.press("I have put them away")

    def press(self, name: str) -> None:
        """Press the button with these words."""
        self.page.get_by_role("button", name=name, exact=True).click()

    def follow(self, name: str) -> None:
        """Follow the link with these words."""
        self.page.get_by_role("link", name=name, exact=True).click()

    def expect_complaint(self, part: str) -> None:
        """The browser will complain, and that is right (a page that answers 409, say)."""
        self._expected.append(part)

    def expects(self, text: str) -> bool:
        return any(part in text for part in self._expected)
