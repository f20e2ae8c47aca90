"""A real Chromium against the application in a thread of the test process."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page
from werkzeug.serving import make_server

from tests.e2e.pages.site import Site
from tests.support import browser


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    executable = browser.executable()
    if executable is None:
        pytest.skip(browser.WHY_NOT)
    return {"executable_path": executable, "args": list(browser.ARGS)}


@pytest.fixture(scope="session")
def base_url(app: Flask) -> Iterator[str]:
    """The address of the running application."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def site(page: Page, base_url: str, session: object) -> Iterator[Site]:
    """The site in a browser of its own. What the browser complains about, a refused script say, fails the test."""
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    site = Site(page, base_url)
    yield site
    assert [text for text in complaints if not site.expects(text)] == []
