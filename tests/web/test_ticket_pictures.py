"""Pictures and files of a ticket: who is served what, and black that destroys (S16; DOMAIN §4)."""

import io
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.domain.errors import Refused
from backoffice.domain.files import FileCheck
from backoffice.models import AuditEvent, StoredFile, TicketAttachment
from backoffice.services import ticket_files
from backoffice.services.tickets import Attached
from backoffice.services.uow import unit_of_work
from backoffice.storage.ticket_intake import Piece, anything_taken_in
from tests.factories import pictures, tickets
from tests.support import samples
from tests.support.client import Client

pytestmark = pytest.mark.one_engine


@pytest.fixture
def desk(session: Session) -> tickets.Desk:
    return tickets.desk()


def rows(session: Session) -> list[StoredFile]:
    session.rollback()
    return list(session.scalars(select(StoredFile).order_by(StoredFile.id)))


def test_helpdesk_blacks_out_and_the_picture_before_is_gone(
    app: Flask, client: Client, desk: tickets.Desk, session: Session
) -> None:
    file_id = pictures.screenshot()
    ticket = tickets.ticket(agency_id=desk.agency_id, files=[file_id])
    (before,) = rows(session)
    old_key, name = before.storage_key, before.name
    client.sign_in(desk.helpdesk.email)
    url = f"/admin/tickets/{ticket.number}/files/{file_id}/black-out"
    assert "destroyed for good" in client.get(url).text
    for nothing in ({"boxes": "[]"}, {"boxes": "[[900,900,5,5]]"}, {"boxes": "x"}, {"left": "10"}, {"left": "many"}):
        refused = client.post(url, data=nothing)
        assert refused.status_code == 422
        assert 'data-error="no-place"' in refused.text
    assert rows(session)[0].storage_key == old_key
    assert client.post(url, data={"left": "0", "top": "0", "width": "50", "height": "100"}).status_code == 302
    (after,) = rows(session)
    assert (after.id != file_id, after.name) == (True, name)
    assert not app.extensions["store"].exists(old_key)
    with app.extensions["store"].open(after.storage_key) as source, Image.open(source) as picture:
        colors = [picture.getpixel((x, 20)) for x in (0, 31, 32, 63)]
        assert colors == [(0, 0, 0), (0, 0, 0), (255, 165, 0), (255, 165, 0)]
    hanging = session.scalars(select(TicketAttachment)).one()
    assert (hanging.file_id, hanging.is_blacked_out) == (after.id, True)
    event = session.scalars(select(AuditEvent).where(AuditEvent.action == "ticket:picture-blacked-out")).one()
    assert (event.actor_id, event.details["places"]) == (desk.helpdesk.user_id, 1)
    assert "part blacked out" in client.get(f"/admin/tickets/{ticket.number}/").text
    assert client.post(url, data={"boxes": "[[0,0,5,5]]"}).status_code == 404, "the former one is no more"


def test_picture_is_for_the_own_agency_and_the_requester_alone(
    app: Flask, client: Client, desk: tickets.Desk, session: Session
) -> None:
    file_id = pictures.screenshot()
    ticket = tickets.ticket(
        agency_id=desk.agency_id, email=desk.requester.email, requester_id=desk.requester.user_id, files=[file_id]
    )
    attachment_id = session.scalars(select(TicketAttachment.id)).one()
    session.rollback()
    ways = (f"/admin/tickets/{ticket.number}/files/{file_id}", f"/help/tickets/{ticket.number}/files/{attachment_id}")
    other = tickets.desk()
    readers = {
        desk.helpdesk.email: (200, 404), desk.specialist.email: (200, 404), desk.requester.email: (404, 200),
        other.helpdesk.email: (404, 404), other.requester.email: (404, 404),
    }
    for email, answers in readers.items():
        client.sign_in(email)
        assert tuple(client.get(way).status_code for way in ways) == answers, email
    client.sign_in(desk.helpdesk.email)
    shown = client.get(ways[0])
    assert shown.headers["Content-Disposition"].startswith("inline")
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert shown.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"


def taken(app: Flask, *files: tuple[str, bytes], has_scanner: bool = False) -> tuple[list[int], dict[int, Refused]]:
    """What came with a mail, as its job takes it in."""
    pieces = [Piece(name=name, source=io.BytesIO(content)) for name, content in files]
    with anything_taken_in(app.extensions["store"], pieces) as found, unit_of_work() as uow:
        shown = ticket_files.store_pictures(uow, uploads=list(found.pictures.values()))
        others = ticket_files.store_files(uow, uploads=list(found.files.values()), has_scanner=has_scanner)
        return [row.id for row in [*shown, *others]], found.refused


def test_files_of_a_mail_are_checked_one_by_one_and_what_is_no_picture_is_only_downloaded(
    app: Flask, client: Client, desk: tickets.Desk, session: Session
) -> None:
    camera: Any = Image.Exif()
    camera[0x010F] = "A camera that tells"
    photo = io.BytesIO()
    Image.new("RGB", (40, 30), "green").save(photo, "JPEG", exif=camera)
    ids, refused = taken(
        app, ("photo.jpg", photo.getvalue()), ("letter.pdf", samples.pdf()), ("setup.exe", b"MZ" + bytes(100)),
        ("page.html", b"<html><script>alert(1)</script></html>"), ("log.txt", b"it stops here"),
    )
    assert {place: error.code for place, error in refused.items()} == {2: "file-executable", 3: "file-script"}
    picture, pdf, log = rows(session)
    with app.extensions["store"].open(picture.storage_key) as source:
        content = source.read()
    assert b"A camera that tells" in photo.getvalue()
    assert b"A camera that tells" not in content
    ticket = tickets.ticket(agency_id=desk.agency_id, files=[Attached(file_id=file_id) for file_id in ids])
    client.sign_in(desk.helpdesk.email)
    for row, how in ((picture, "inline"), (pdf, "attachment"), (log, "attachment")):
        answer = client.get(f"/admin/tickets/{ticket.number}/files/{row.id}")
        assert answer.headers["Content-Disposition"].startswith(how), row.name


def test_file_of_a_mail_waits_for_the_scanner_and_is_served_to_nobody_before(
    app: Flask, client: Client, desk: tickets.Desk, session: Session
) -> None:
    (file_id,), _refused = taken(app, ("log.txt", b"it stops here"), has_scanner=True)
    assert rows(session)[0].check_state is FileCheck.WAITING
    ticket = tickets.ticket(agency_id=desk.agency_id, files=[file_id])
    client.sign_in(desk.helpdesk.email)
    assert client.get(f"/admin/tickets/{ticket.number}/files/{file_id}").status_code == 404
