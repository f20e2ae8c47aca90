"""The browser itself: without it the other tests here say nothing."""

import pytest
from playwright.sync_api import Page


@pytest.mark.one_engine
def test_chromium_reaches_the_running_application(page: Page, base_url: str) -> None:
    answer = page.goto(f"{base_url}/healthz")
    assert answer is not None
    assert answer.json() == {"status": "ok"}
