"""Lists as files: the very rows of the list, all pages of them, sent while they are read (CONTRACT, `format=`)."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, abort, request, stream_with_context
from flask_babel import get_timezone

from backoffice.domain import clock
from backoffice.storage import sheets
from backoffice.storage.sheets import Format, Row
from backoffice.views.serving import disposition

ARGUMENT = "format"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A list as columns: the head of each, and what a batch of rows says in them."""

    header: Sequence[str]
    rows: Callable[[Sequence[Any]], Iterable[Row]]


def asked() -> Format | None:
    """What the address asks for; 404 for a format that there is not."""
    value = request.args.get(ARGUMENT, "").lower()
    if not value:
        return None
    return Format(value) if value in set(Format) else abort(404)


def answer(kind: Format, *, name: str, header: Sequence[str], rows: Iterable[Row]) -> Response:
    """The file. Nobody keeps a copy of it on the way: what is hidden later must not come back from a cache."""
    pieces = sheets.write(kind, header, rows, time_zone=str(get_timezone()))
    response = Response(stream_with_context(pieces), content_type=sheets.MEDIA_TYPES[kind])
    stamp = f"{clock.now():%Y-%m-%d}"
    response.headers["Content-Disposition"] = disposition(f"{name}-{stamp}.{kind.value}", is_inline=False)
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def of_list(kind: Format, *, name: str, sheet: Sheet, batches: Iterable[Sequence[Any]]) -> Response:
    """A list whose rows come in batches, so that what stands beside them is looked up once for many."""

    def rows() -> Iterator[Row]:
        for batch in batches:
            yield from sheet.rows(batch)

    return answer(kind, name=name, header=sheet.header, rows=rows())
