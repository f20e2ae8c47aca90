"""A real Chromium against the application in a thread of the test process."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from backoffice.config import Oidc
from backoffice.factory import create_app
from tests.conftest import settings
from tests.e2e.pages.site import Site
from tests.support import browser, provider


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


@pytest.fixture(scope="session")
def eu_app(app: Flask, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application with EU Login set, and the provider that it asks."""
    why_not = provider.missing()
    if why_not:
        pytest.skip(why_not)
    site = f"http://127.0.0.1:{provider.free_port()}"
    with provider.serve(site=site) as issuer:
        base = settings(database_url=app.config["SETTINGS"].database_url, var=tmp_path_factory.mktemp("eu"))
        oidc = Oidc(
            issuer=issuer, client_id=provider.CLIENT, client_secret=provider.SECRET, algorithms=("PS512",)
        )
        made = create_app(replace(base, public_base_url=site, oidc=oidc))
        server = make_server("127.0.0.1", int(site.rpartition(":")[2]), made, threaded=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield made
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def eu_site(page: Page, eu_app: Flask, session: Session) -> Site:
    """The site that asks EU Login."""
    # The pages of the provider's own development look ask for a font from far away.
    page.route("**/fonts.googleapis.com/**", lambda route: route.abort())
    return Site(page, eu_app.config["SETTINGS"].public_base_url)
