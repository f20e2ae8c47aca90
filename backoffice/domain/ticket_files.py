"""Pictures and files of tickets: how many, how large, and which parts of a picture are blacked out (S16; DOMAIN §4)."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass

from backoffice.domain.errors import N_, Refused
from backoffice.domain.tickets import MAX_MESSAGE_BYTES, MAX_PICTURES, MAX_SHOWN

MAX_BOXES = 200  # a page of names has some thirty

NO_PLACE = N_("Mark at least one place that lies within the picture.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A place of a picture in whole pixels; right and bottom are the first that stay."""

    left: int
    top: int
    right: int
    bottom: int


def refuse_pictures(*, count: int, size: int, field: str) -> None:
    """Refuse before anything is stored: more pictures, or more bytes in sum, than one message may have."""
    if count > MAX_PICTURES:
        raise Refused(
            N_("At most %(most)s pictures go with one message. Send the others in a reply."),
            field=field, code="too-many-pictures", values={"most": MAX_PICTURES},
        )
    if size > MAX_MESSAGE_BYTES:
        raise Refused(
            N_("The pictures have more than %(limit)s together. Send some of them in a reply."),
            field=field, code="file-too-big", values={"limit": MAX_SHOWN},
        )


def boxes(text: str, *, width: int, height: int, field: str = "boxes") -> list[Box]:
    """The places that a page posts, `[[left, top, width, height], …]` in pixels, cut to the picture and never smaller
    than what was marked; Refused when none is left."""
    try:
        rows = json.loads(text or "[]")
        numbers = [[float(value) for value in row] for row in rows]
    except (TypeError, ValueError) as error:
        raise Refused(NO_PLACE, field=field, code="no-place") from error
    return _within(numbers, width=width, height=height, field=field)


def boxes_in_percent(rows: Sequence[Sequence[float]], *, width: int, height: int, field: str = "boxes") -> list[Box]:
    """The same from left, top, width and height in percent of the picture, as they are typed without script."""
    numbers = [[x * width / 100, y * height / 100, w * width / 100, h * height / 100] for x, y, w, h in rows]
    return _within(numbers, width=width, height=height, field=field)


def _within(numbers: Sequence[Sequence[float]], *, width: int, height: int, field: str) -> list[Box]:
    found = [box for row in numbers[:MAX_BOXES] if (box := _box(row, width=width, height=height)) is not None]
    if not found or len(numbers) > MAX_BOXES:
        raise Refused(NO_PLACE, field=field, code="no-place")
    return found


def _box(row: Sequence[float], *, width: int, height: int) -> Box | None:
    """Rounded outwards: a pixel that is half marked is destroyed."""
    if len(row) != 4 or not all(map(math.isfinite, row)):
        return None
    x, y, w, h = row
    left, right = sorted((x, x + w))
    top, bottom = sorted((y, y + h))
    box = Box(
        left=max(0, math.floor(left)), top=max(0, math.floor(top)),
        right=min(width, math.ceil(right)), bottom=min(height, math.ceil(bottom)),
    )
    return box if box.left < box.right and box.top < box.bottom else None
