"""The provider's own pages."""

from playwright.sync_api import Page


def sign_in_there(page: Page, name: str) -> None:
    """On the provider's own pages: any name with any password, then consent."""
    page.get_by_placeholder("Enter any login").fill(name)
    page.get_by_placeholder("and password").fill("whatever")
    page.get_by_role("button", name="Sign-in").click()
    page.get_by_role("button", name="Continue").click()
