"""Does a text read as English? A warning that can be confirmed, never a refusal (STYLE): good English with Latvian
names in it must pass, so the share of English counts, and short texts are left alone."""

import pycld2

SHORT = 60  # characters; below it no detector is to be trusted
ENOUGH = 50  # percent of the text that must be English


def share(text: str) -> int | None:
    """Percent of the text that is English; None when it is too short or nothing can be told."""
    if len(text) < SHORT:
        return None
    try:
        is_reliable, _bytes, found = pycld2.detect(text, bestEffort=True)
    except pycld2.error:
        return None
    percent = next((int(share) for _name, code, share, _score in found if code == "en"), 0)
    return percent if is_reliable or percent >= ENOUGH else None


def reads_as_english(text: str) -> bool | None:
    """None when it cannot be told."""
    percent = share(text)
    return None if percent is None else percent >= ENOUGH
