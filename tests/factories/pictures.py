"""Screenshots of tickets, taken in as the form does it."""

import io

from flask import current_app
from PIL import Image

from backoffice.services import ticket_files
from backoffice.services.uow import unit_of_work
from backoffice.storage.ticket_intake import Piece, pictures_taken_in


def png(size: tuple[int, int] = (64, 40), color: str = "orange") -> bytes:
    """A picture of one colour."""
    out = io.BytesIO()
    Image.new("RGB", size, color).save(out, "PNG")
    return out.getvalue()


def screenshot(*, name: str = "screen.png", content: bytes | None = None) -> int:
    """A stored screenshot, ready to hang on a message."""
    piece = Piece(name=name, source=io.BytesIO(content or png()))
    with pictures_taken_in(current_app.extensions["store"], [piece]) as uploads, unit_of_work() as uow:
        return ticket_files.store_pictures(uow, uploads=uploads)[0].id
