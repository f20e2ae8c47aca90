"""The Chromium of this machine, wherever it is."""

import os
import shutil

WHY_NOT = "Chromium: none found (Debian: apt-get install chromium; or name it in CHROMIUM)"
ARGS = (
    "--no-sandbox",  # as root it would not start otherwise; it opens our own pages only
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# The shell without a window first: the same engine for two thirds of the work.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def executable() -> str | None:
    named = os.environ.get("CHROMIUM")
    return named or next((path for name in NAMES if (path := shutil.which(name))), None)
