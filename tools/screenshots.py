"""`make screenshots`: pictures of the main pages, as demo people see them, into docs/screenshots/.

python -m tools.screenshots            all of them
python -m tools.screenshots guide my   only those whose names begin so
"""

import http.client
import io
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from tests.support import browser as chromium

OUT = Path(__file__).resolve().parent.parent / "docs" / "screenshots"
WIDTHS = (360, 1440)
LANGUAGES = ("en", "lv")
HEIGHT = 900
TALLEST = 3000  # pixels; what is below repeats itself
COLOURS = 128
START_S = 120
CODE = "2023-1-LV01-KA220-SCH-00000000{}"
COORDINATOR, SPECIALIST = "coordinator@demo.example", "specialist@demo.example"
HELPDESK, ADMIN = "helpdesk@demo.example", "admin@demo.example"


@dataclass(frozen=True, slots=True)
class Shot:
    name: str
    path: str
    person: str | None = None


SHOTS = (
    Shot("public-projects", "/projects/"),
    Shot("public-project", f"/projects/{CODE.format(5)}"),
    Shot("public-project-empty", f"/projects/{CODE.format(3)}"),
    Shot("public-accessibility", "/accessibility"),
    Shot("login", "/login"),
    Shot("guide", "/guide"),
    Shot("my", "/my/", COORDINATOR),
    Shot("my-running", f"/my/{CODE.format(1)}/", COORDINATOR),
    Shot("my-submittable", f"/my/{CODE.format(2)}/", COORDINATOR),
    Shot("my-submit", f"/my/{CODE.format(2)}/submit", COORDINATOR),
    Shot("my-under-review", f"/my/{CODE.format(3)}/", COORDINATOR),
    Shot("my-returned", f"/my/{CODE.format(4)}/", COORDINATOR),
    Shot("my-approved", f"/my/{CODE.format(5)}/", COORDINATOR),
    Shot("my-result-new", f"/my/{CODE.format(1)}/results/new", COORDINATOR),
    Shot("admin-dashboard", "/admin/", SPECIALIST),
    Shot("admin-review", "/admin/review/", SPECIALIST),
    Shot("admin-review-project", f"/admin/review/{CODE.format(3)}/", SPECIALIST),
    Shot("admin-unlock", f"/admin/review/{CODE.format(5)}/unlock", SPECIALIST),
    Shot("admin-projects", "/admin/projects/", SPECIALIST),
    Shot("admin-results", "/admin/results/", SPECIALIST),
    Shot("admin-contacts", "/admin/contacts/", HELPDESK),
    Shot("admin-outbox", "/admin/outbox/", HELPDESK),
    Shot("admin-audit", "/admin/audit/", SPECIALIST),
    Shot("admin-users", "/admin/users/", ADMIN),
    Shot("admin-settings", "/admin/settings/", ADMIN),
    Shot("admin-import", "/admin/import/", ADMIN),
)


def main(names: list[str]) -> int:
    executable = chromium.executable()
    if executable is None:
        print(chromium.WHY_NOT)
        return 1
    wanted = [shot for shot in SHOTS if not names or shot.name.startswith(tuple(names))]
    OUT.mkdir(parents=True, exist_ok=True)
    missing = 0
    with running() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(chromium.ARGS))
        for width in WIDTHS:
            for language in LANGUAGES:
                missing += take(browser, address=address, shots=wanted, width=width, language=language)
        browser.close()
    return int(missing > 0)


@contextmanager
def running() -> Iterator[str]:
    """The application with demo data on a free port and a folder of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    var = tempfile.mkdtemp(prefix="screenshots-")
    environment = {**os.environ, "BACKOFFICE_ENV": "demo", "VAR": var, "PORT": str(port)}
    process = subprocess.Popen([sys.executable, "-m", "flask", "up"], env=environment)
    try:
        _wait(process, port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(var)


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    end = time.monotonic() + START_S
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            connection.getresponse()
        except OSError:
            if process.poll() is not None or time.monotonic() > end:
                raise SystemExit("The application did not start; its words stand above.") from None
            time.sleep(0.2)
        else:
            return
        finally:
            connection.close()


def take(browser: Browser, *, address: str, shots: list[Shot], width: int, language: str) -> int:
    """One round at one width in one language; answers how many pages did not answer 200."""
    missing = 0
    for person in dict.fromkeys(shot.person for shot in shots):
        context = browser.new_context(
            viewport={"width": width, "height": HEIGHT}, locale=language, reduced_motion="reduce"
        )
        page = context.new_page()
        if person:
            page.goto(f"{address}/login?lang={language}")
            page.locator("#email").fill(person)
            page.locator("#password").fill("demo")
            page.locator("#password").press("Enter")
            page.wait_for_url(lambda url: "/login" not in url)
        for shot in (shot for shot in shots if shot.person == person):
            answer = page.goto(f"{address}{shot.path}?lang={language}")
            if answer is None or not answer.ok:
                print(f"{shot.name}: {shot.path} answered {answer and answer.status}")
                missing += 1
                continue
            save(page.screenshot(full_page=True), OUT / f"{shot.name}-{language}-{width}.png")
        context.close()
    return missing


def save(picture: bytes, path: Path) -> None:
    """In few colours: pages have few, and the pictures are kept with the code."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    image = image.crop((0, 0, image.width, min(image.height, TALLEST)))
    image.quantize(COLOURS).save(path, optimize=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
