"""Small plots as SVG, 400 units wide so that their text stays readable on a phone; each has a title with its numbers
and stands beside a table or a file (look §4)."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, LEFT, HEIGHT, BASE, TOP = 400, 22, 164, 140, 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    shade: str  # "a" dark, "b" light
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """Bars over labels, or from the left for names."""

    title: str
    bars: list[Bar]
    labels: list[tuple[float, float, str]]
    lines: list[float]
    height: float
    is_lying: bool = False


def standing(title: str, columns: Sequence[tuple[str, Sequence[tuple[int | float, str]]]]) -> Plot:
    """Columns of a label and its bars, each a value and a shade."""
    most = max((value for _, bars in columns for value, _ in bars), default=0) or 1
    step = (WIDTH - LEFT) / max(len(columns), 1)
    made: list[Bar] = []
    labels = []
    for at, (label, bars) in enumerate(columns):
        width = min((step - 6) / max(len(bars), 1), 34)
        start = LEFT + at * step + (step - width * len(bars)) / 2
        labels.append((round(LEFT + (at + 0.5) * step, 1), BASE + 16.0, label))
        for place, (value, shade) in enumerate(bars):
            height = (BASE - TOP) * value / most
            if value:
                made.append(Bar(
                    x=round(start + place * width, 1), y=round(BASE - height, 1), width=round(width - 1, 1),
                    height=round(height, 1), shade=shade, words=_words(value),
                ))
    return Plot(title=title, bars=made, labels=labels, lines=[BASE + 0.5], height=HEIGHT)


def lying(title: str, rows: Sequence[tuple[str, int]]) -> Plot:
    """A bar for each name, the longest for the most."""
    most = max((value for _, value in rows), default=0) or 1
    bars, labels = [], []
    for at, (label, value) in enumerate(rows):
        y = 6 + at * 25
        labels.append((0.0, y + 12.0, label))
        bars.append(Bar(
            x=180, y=y, width=round(170 * value / most, 1), height=16, shade="a", words=_words(value)
        ))
    return Plot(title=title, bars=bars, labels=labels, lines=[], height=len(rows) * 25 + 8, is_lying=True)


def _words(value: float) -> str:
    return f"{value:g}"
