"""The code of a confirmation: on the printed page, and typed by whoever wants to know whether it still holds."""

import re

# Crockford's letters: none that is taken for a figure. Sixteen of them are 80 bits: nobody guesses one.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 16
_TAKEN_FOR = str.maketrans({"O": "0", "I": "1", "L": "1"})
_BETWEEN = re.compile(r"[\s\-‐‑‒–—.·]+")


def fold(text: str) -> str:
    """A code as it was typed or pasted, to the form that is kept; "" for what cannot be one."""
    folded = _BETWEEN.sub("", text[:100]).upper().translate(_TAKEN_FOR)
    return folded if len(folded) == LENGTH and set(folded) <= set(ALPHABET) else ""


def shown(code: str) -> str:
    """In groups of four, as people read and type it."""
    return "-".join(code[start:start + 4] for start in range(0, LENGTH, 4))
