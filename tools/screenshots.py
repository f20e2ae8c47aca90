"""`make screenshots`: pictures of the main pages, as demo people see them, into docs/screenshots/.

python -m tools.screenshots            all of them, and docs/screenshots/README.md
python -m tools.screenshots guide my   only those whose names begin so

The demo is loaded anew in a folder of its own and its clock stands at one day, so that two runs show the same.
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
HEIGHT = 800
TALLEST = {360: 1300, 1440: 800}  # pixels by width; what is below repeats itself, and the pictures are kept
NOW = "2026-11-25T14:32:00+02:00"  # the day of the demo
START_S = 120
CODE = "2023-1-LV01-KA220-SCH-00000000{}"
COORDINATOR, SPECIALIST = "coordinator@demo.example", "specialist@demo.example"
HELPDESK, ADMIN = "helpdesk@demo.example", "admin@demo.example"


@dataclass(frozen=True, slots=True)
class Shot:
    name: str
    path: str
    title: str
    person: str | None = None


SHOTS = (
    Shot("public-start", "/", "Start page of the catalogue"),
    Shot("public-search", "/projects/?q=school", "Search in results and projects"),
    Shot("public-project", f"/projects/{CODE.format(5)}", "A project with published results"),
    Shot("public-project-empty", f"/projects/{CODE.format(3)}", "A project without published results"),
    Shot("guide", "/guide", "Guide for coordinators"),
    Shot("login", "/login", "Sign-in"),
    Shot("help-new", "/help/new", "Ask the helpdesk"),
    Shot("my", "/my/", "Projects of a coordinator", COORDINATOR),
    Shot("my-running", f"/my/{CODE.format(1)}/", "A project that runs", COORDINATOR),
    Shot("my-submit", f"/my/{CODE.format(2)}/submit", "Submit for review", COORDINATOR),
    Shot("my-under-review", f"/my/{CODE.format(3)}/", "Under review: what was sent", COORDINATOR),
    Shot("my-returned", f"/my/{CODE.format(4)}/", "Additions requested", COORDINATOR),
    Shot("my-result-new", f"/my/{CODE.format(1)}/results/new", "Add a result", COORDINATOR),
    Shot("admin-today", "/admin/", "Today", SPECIALIST),
    Shot("admin-review", "/admin/review/?view=waiting", "Review queue", SPECIALIST),
    Shot("admin-review-project", f"/admin/review/{CODE.format(3)}/", "Review of one submission", SPECIALIST),
    Shot("admin-unlock", f"/admin/review/{CODE.format(5)}/unlock", "Unlock, with the very mail", SPECIALIST),
    Shot("admin-projects", "/admin/projects/", "Projects of the agency", SPECIALIST),
    Shot("admin-project", f"/admin/projects/{CODE.format(5)}/", "One project in full", SPECIALIST),
    Shot("admin-figures", "/admin/figures/", "Figures of the year", SPECIALIST),
    Shot("admin-tickets", "/admin/tickets/", "Tickets", HELPDESK),
    Shot("admin-ticket", "/admin/tickets/1004/", "A ticket with its cure", HELPDESK),
    Shot("admin-needs-data", "/admin/needs-data/", "What is missing, with its cure", HELPDESK),
    Shot("admin-contacts", "/admin/contacts/", "Contact persons", HELPDESK),
    Shot("admin-settings", "/admin/settings/", "Settings of the agency", ADMIN),
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
    if not names:
        write_list()
    return int(missing > 0)


def write_list() -> None:
    """The pictures with what they show; those of earlier names go."""
    lines = [
        "# Pictures of the main pages",
        "",
        "Made by `make screenshots` with the demo data, in English and Latvian, 360 and 1440 pixels wide.",
        "",
        "| page | address | English | Latvian |",
        "|---|---|---|---|",
    ]
    kept = {"README.md"}
    for shot in SHOTS:
        files = {language: [f"{shot.name}-{language}-{width}.webp" for width in WIDTHS] for language in LANGUAGES}
        kept.update(name for names in files.values() for name in names)
        cells = [
            " ".join(f"[{width}]({name})" for width, name in zip(WIDTHS, files[language], strict=True))
            for language in LANGUAGES
        ]
        lines.append(f"| {shot.title} | `{shot.path}` | {cells[0]} | {cells[1]} |")
    (OUT / "README.md").write_text("\n".join([*lines, ""]), encoding="utf-8")
    for path in OUT.iterdir():
        if path.name not in kept:
            path.unlink()


@contextmanager
def running() -> Iterator[str]:
    """The application with demo data on a free port and a folder of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    var = tempfile.mkdtemp(prefix="screenshots-")
    environment = {**os.environ, "BACKOFFICE_ENV": "demo", "VAR": var, "PORT": str(port), "BACKOFFICE_NOW": NOW}
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
            page.set_viewport_size({"width": width, "height": HEIGHT})
            answer = page.goto(f"{address}{shot.path}{'&' if '?' in shot.path else '?'}lang={language}")
            if answer is None or not answer.ok:
                print(f"{shot.name}: {shot.path} answered {answer and answer.status}")
                missing += 1
                continue
            # In a window as high as the page, what sticks to its foot stands at its foot.
            height = int(page.evaluate("document.documentElement.scrollHeight"))
            page.set_viewport_size({"width": width, "height": min(max(height, HEIGHT), TALLEST[width])})
            save(page.screenshot(), OUT / f"{shot.name}-{language}-{width}.webp")
        context.close()
    return missing


def save(picture: bytes, path: Path) -> None:
    """Without loss: fewer colours would take those of the states, which stand on little."""
    Image.open(io.BytesIO(picture)).convert("RGB").save(path, lossless=True, method=6)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
