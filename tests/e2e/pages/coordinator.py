"""The coordinator's pages, one object each."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Locator, Page

from tests.e2e.pages.site import Site


class ProjectPage:
    """`/my/<code>/`"""

    def __init__(self, site: Site, home: str) -> None:
        self.site, self.home = site, home

    @property
    def page(self) -> Page:
        return self.site.page

    def open(self) -> None:
        self.site.open(self.home)

    def save_of(self, part: str) -> Locator:
        """The Save button of a part: `live` or `summary`."""
        return self.page.locator(f"#{part}").get_by_role("button", name="Save", exact=True)

    def switch(self, name: str) -> Locator:
        return self.page.locator("#contacts").get_by_role("switch", name=name)

    @property
    def checklist(self) -> Locator:
        return self.page.locator("#aside .checks")


class ResultPage:
    """`/my/<code>/results/new` and `/my/<code>/results/<id>`"""

    def __init__(self, site: Site, url: str) -> None:
        self.site, self.url = site, url

    @property
    def page(self) -> Page:
        return self.site.page

    def open(self) -> None:
        self.site.open(self.url)

    def choose(self, *files: Path) -> None:
        self.page.get_by_label("Files", exact=True).set_input_files([str(file) for file in files])

    def save(self) -> None:
        self.site.press("Save")

    @contextmanager
    def slow_line(self, bytes_per_s: int) -> Iterator[None]:
        """A line of the countryside: an upload takes its time."""
        line = self.page.context.new_cdp_session(self.page)
        line.send("Network.enable")
        rules = {"offline": False, "latency": 0, "downloadThroughput": -1}
        line.send("Network.emulateNetworkConditions", {**rules, "uploadThroughput": bytes_per_s})
        try:
            yield
        finally:
            line.send("Network.emulateNetworkConditions", {**rules, "uploadThroughput": -1})
            line.detach()
