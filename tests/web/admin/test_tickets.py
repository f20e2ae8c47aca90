"""The helpdesk's pages: the queue, a ticket, replies that wait, drafts, triage, acts on many, ready replies."""

import io
import re

import pytest
from bs4 import BeautifulSoup
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from backoffice.domain.notices import Mail, OutboxState
from backoffice.domain.permissions import Role
from backoffice.domain.tickets import Category, Channel, Direction, TicketState
from backoffice.models import CannedReply, OutboxRow, Ticket, TicketDraft, TicketMessage
from backoffice.services import ticket_replies
from backoffice.services.tickets import Attached
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.factories import tickets as make
from tests.factories.tickets import Desk
from tests.support.client import Client

S = TicketState


@pytest.fixture
def desk(session: Session) -> Desk:
    return make.desk()


@pytest.fixture
def helpdesk(client: Client, desk: Desk) -> Client:
    client.sign_in(desk.helpdesk.email)
    return client


def _ticket(desk: Desk, **values: object) -> Ticket:
    given = {"email": desk.requester.email, "project_id": desk.project_id, **values}
    return make.ticket(**given)  # type: ignore[arg-type]


def _now(session: Session, ticket: Ticket) -> Ticket:
    session.rollback()
    return session.get_one(Ticket, ticket.id, populate_existing=True)


def _write(
    client: Client, session: Session, ticket: Ticket, *, version: int | None = None, **data: object
) -> TestResponse:
    version = version if version is not None else _now(session, ticket).version
    fields = {"kind": "reply", "text": "Please try again.", "then": "waiting", "version": str(version), **data}
    return client.post(f"/admin/tickets/{ticket.number}/write", data=fields)


def _codes(page: TestResponse) -> list[str]:
    return [str(tag["data-error"]) for tag in BeautifulSoup(page.text, "html.parser").select("[data-error]")]


def _last(session: Session) -> TicketMessage:
    session.rollback()
    return session.scalars(select(TicketMessage).order_by(TicketMessage.id.desc())).first() or pytest.fail("none")


@pytest.mark.parametrize("lang", ["en", "lv"])
def test_helpdesk_reads_the_queue_in_its_views(session: Session, desk: Desk, helpdesk: Client, lang: str) -> None:
    by = desk.helpdesk.actor
    mine = _ticket(desk, subject="Šķirklis pazudis", category=Category.UPLOAD, files=[factories.screenshot()])
    waits, solved = _ticket(desk, state=S.WAITING, by=by), _ticket(desk, state=S.SOLVED, by=by)
    stray = make.ticket(email="stranger@test.example")
    foreign = make.ticket(agency_id=make.desk().agency_id)
    seen = {
        "": [mine, stray], "view=mine": [], "view=waiting": [waits], "view=solved": [solved], "view=unrouted": [stray],
        "view=all": [mine, waits, solved, stray], "q=skirklis": [mine], f"q=%23{waits.number}": [waits],
        "view=all&category=upload": [mine], "view=all&state=solved&state=waiting": [waits, solved],
        "view=all&screenshots=yes": [mine], "view=all&project=nothing": [], "view=all&order=oldest": [mine, stray],
    }
    for query, found in seen.items():
        page = helpdesk.get(f"/admin/tickets/?{query}&lang={lang}")
        assert page.status_code == 200
        for ticket in (mine, waits, solved, stray):
            if query != "view=all&order=oldest":
                link = f'href="/admin/tickets/{ticket.number}/'
                assert (link in page.text) is (ticket in found), (query, ticket.number)
        assert foreign.subject not in page.text
    assert helpdesk.get(f"/admin/tickets/{foreign.number}/").status_code == 404


def test_queue_is_paged_by_what_is_due_first(session: Session, desk: Desk, helpdesk: Client) -> None:
    numbers = [_ticket(desk).number for _ in range(30)]
    page = BeautifulSoup(helpdesk.get("/admin/tickets/").text, "html.parser")
    first = [int(link["href"].strip("/").split("/")[-1]) for link in page.select("a.ttl")]  # type: ignore[union-attr]
    further = BeautifulSoup(helpdesk.get(str(page.select_one("a[rel=next]")["href"])).text, "html.parser")  # type: ignore[index]
    second = [int(link["href"].split("/")[3]) for link in further.select("a.ttl")]  # type: ignore[union-attr]
    assert first + second == numbers
    assert page.select_one('nav [aria-current=page] .n').text == "30"  # type: ignore[union-attr]


@pytest.mark.parametrize("lang", ["en", "lv"])
def test_helpdesk_reads_a_ticket_with_all_that_hangs_on_it(
    session: Session, desk: Desk, helpdesk: Client, lang: str
) -> None:
    shot = factories.screenshot(name="forbidden.png")
    ticket = _ticket(
        desk, files=[Attached(file_id=shot, is_blacked_out=True)], text="See https://example.org/x\n<b>bold</b>"
    )
    make.message(ticket.id, text="One more thing", message_id="<a@b.example>")
    message_id = make.reply(ticket.id, by=desk.helpdesk.actor)
    with unit_of_work() as uow:
        row = uow.session.get_one(TicketMessage, message_id).outbox
        assert row is not None
        row.state, row.attempts, row.failure = OutboxState.FAILED, 3, "550 no such mailbox"
        ticket_replies.note(uow, actor=desk.specialist.actor, ticket_id=ticket.id, text="Known at this school")
    page = helpdesk.get(f"/admin/tickets/{ticket.number}/?lang={lang}")
    assert page.status_code == 200
    assert 'href="https://example.org/x"' in page.text
    assert "<b>bold</b>" not in page.text
    for words in ("One more thing", "Known at this school", "550 no such mailbox", desk.requester.email):
        assert words in page.text
    picture = helpdesk.get(f"/admin/tickets/{ticket.number}/files/{shot}", buffered=True)
    assert (picture.status_code, picture.mimetype) == (200, "image/png")
    assert picture.headers["Content-Disposition"].startswith("inline")
    other = factories.screenshot()
    assert helpdesk.get(f"/admin/tickets/{ticket.number}/files/{other}").status_code == 404


def test_reply_waits_and_is_taken_back_into_the_composer(session: Session, desk: Desk, helpdesk: Client) -> None:
    ticket = _ticket(desk)
    answer = _write(helpdesk, session, ticket, text="Too quick", act_key="k1")
    assert answer.status_code == 302
    message = _last(session)
    assert (message.direction, message.text, _now(session, ticket).state) == (Direction.OUT, "Too quick", S.WAITING)
    page = helpdesk.get(f"/admin/tickets/{ticket.number}/")
    assert "Take it back" in page.text
    helpdesk.post(f"/admin/tickets/{ticket.number}/messages/{message.id}/take-back")
    page = helpdesk.get(f"/admin/tickets/{ticket.number}/")
    assert BeautifulSoup(page.text, "html.parser").select_one("#text").text.strip() == "Too quick"  # type: ignore[union-attr]
    assert _now(session, ticket).state is S.NEW
    _write(helpdesk, session, ticket, then="solved")
    helpdesk.post(f"/admin/tickets/{ticket.number}/messages/{_last(session).id}/send-now")
    row = session.scalars(select(OutboxRow).order_by(OutboxRow.id.desc())).first()
    assert row is not None
    assert (row.kind, row.state, row.due_at <= row.created_at.replace(year=2999)) == (
        Mail.TICKET_REPLY, OutboxState.WAITING, True
    )
    assert row.to == desk.requester.email
    page = helpdesk.get(f"/admin/tickets/{ticket.number}/live?version=1")
    assert 'data-status="waiting"' in page.text


def test_reply_on_a_thread_that_went_on_warns_and_goes_with_a_second_press(
    session: Session, desk: Desk, helpdesk: Client
) -> None:
    ticket = _ticket(desk)
    make.message(ticket.id, text="It works again, thank you!")
    page = _write(helpdesk, session, ticket, version=ticket.version, text="My long answer")
    assert page.status_code == 409
    assert "stale" in _codes(page)
    soup = BeautifulSoup(page.text, "html.parser")
    assert soup.select_one("#text").text.strip() == "My long answer"  # type: ignore[union-attr]
    assert "It works again" in page.text
    assert _last(session).text == "It works again, thank you!"
    version = str(soup.select_one("#write input[name=version]")["value"])  # type: ignore[index]
    assert _write(helpdesk, session, ticket, version=int(version), text="My long answer").status_code == 302
    assert _last(session).text == "My long answer"


def test_what_is_wrong_with_a_reply_stands_beside_it(session: Session, desk: Desk, helpdesk: Client) -> None:
    ticket = _ticket(desk)
    assert _codes(_write(helpdesk, session, ticket, text=" ")) == ["missing"]
    long = "a" * 20_001
    page = _write(helpdesk, session, ticket, text=long)
    assert (page.status_code, _codes(page)) == (422, ["too-long"])
    assert long in page.text
    page = _write(helpdesk, session, ticket, screenshots=(io.BytesIO(b"<svg/>"), "x.png"))
    assert page.status_code == 422
    assert "Please try again." in page.text
    assert _last(session).direction is Direction.IN


def test_picture_goes_with_a_reply(session: Session, desk: Desk, helpdesk: Client) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (60, 40), "red").save(picture, "PNG")
    picture.seek(0)
    ticket = _ticket(desk)
    assert _write(helpdesk, session, ticket, screenshots=(picture, "way.png")).status_code == 302
    [attachment] = _last(session).attachments
    assert attachment.file.name == "way.png"


def test_specialist_writes_notes_and_nothing_else(client: Client, session: Session, desk: Desk) -> None:
    ticket = _ticket(desk)
    client.sign_in(desk.specialist.email)
    page = client.get(f"/admin/tickets/{ticket.number}/")
    assert "Save the note" in page.text
    assert 'name="then" value' in page.text
    assert "/sort" not in page.text
    assert _write(client, session, ticket).status_code == 403
    assert _write(client, session, ticket, kind="note", text="Ask them for the code").status_code == 302
    note = _last(session)
    assert (note.direction, note.outbox_id) == (Direction.INTERNAL, None)
    assert _now(session, ticket).state is S.NEW


def test_draft_is_kept_and_colleagues_see_who_writes(client: Client, session: Session, desk: Desk) -> None:
    ticket = _ticket(desk)
    client.sign_in(desk.helpdesk.email)
    path = f"/admin/tickets/{ticket.number}"
    assert "Draft saved" in client.post(f"{path}/draft", data={"text": "Labdien"}).text
    assert "Labdien" in client.get(f"{path}/").text
    assert "is writing an answer" not in client.get(f"{path}/").text
    client.sign_in(desk.specialist.email)
    assert "is writing an answer" in client.get(f"{path}/").text
    live = client.get(f"{path}/live?version={ticket.version}").text
    assert "is writing an answer" in live
    assert "Something new" not in live
    make.message(ticket.id)
    assert "Something new" in client.get(f"{path}/live?version={ticket.version}").text
    client.sign_in(desk.helpdesk.email)
    client.post(f"{path}/draft", data={"text": " "})
    session.rollback()
    assert session.scalars(select(TicketDraft)).all() == []


def test_helpdesk_sorts_moves_merges_and_routes(session: Session, desk: Desk, helpdesk: Client) -> None:
    ticket, other = _ticket(desk), _ticket(desk)
    path = f"/admin/tickets/{ticket.number}"
    sort = {"version": str(ticket.version), "assignee": str(desk.helpdesk.user_id), "category": "access", "project": ""}
    assert helpdesk.post(f"{path}/sort", data=sort).status_code == 302
    after = _now(session, ticket)
    assert (after.assignee_id, after.category, after.project_id) == (desk.helpdesk.user_id, Category.ACCESS, None)
    assert helpdesk.post(f"{path}/sort", data=sort).status_code == 409
    page = helpdesk.post(f"{path}/sort", data={**sort, "version": str(after.version), "project": "2020-1-XX01-KA1"})
    assert (page.status_code, _codes(page)) == (422, ["project"])
    page = helpdesk.get(f"{path}/")
    for words in ("took the ticket", "category “Access and sign-in”", "no project"):
        assert words in page.text
    version = str(after.version)
    helpdesk.post(f"{path}/state", data={"state": "solved", "version": version})
    assert _now(session, ticket).state is S.SOLVED
    helpdesk.post(f"{path}/state", data={"state": "open", "version": version})
    assert _now(session, ticket).state is S.SOLVED  # from an old page

    assert f"#{other.number}" in helpdesk.get(f"{path}/merge").text
    version = str(_now(session, ticket).version)
    page = helpdesk.post(f"{path}/merge", data={"into": "99", "version": version})
    assert (page.status_code, _codes(page)) == (422, ["no-ticket"])
    answer = helpdesk.post(f"{path}/merge", data={"into": str(other.number), "version": version})
    assert answer.headers["Location"].endswith(f"/{other.number}/")
    assert _now(session, ticket).merged_into_id == other.id
    page = helpdesk.get(f"/admin/tickets/{other.number}/")
    assert f"from #{ticket.number}" in page.text
    assert "took in" in page.text
    assert helpdesk.get(f"{path}/").status_code == 200

    foreign = make.desk()
    data = {"agency": str(foreign.agency_id), "version": str(_now(session, other).version)}
    assert helpdesk.get(f"/admin/tickets/{other.number}/route").status_code == 200
    assert helpdesk.post(f"/admin/tickets/{other.number}/route", data=data).status_code == 302
    assert helpdesk.get(f"/admin/tickets/{other.number}/").status_code == 404


def test_helpdesk_takes_from_the_queue_also_what_is_of_no_agency(
    session: Session, desk: Desk, helpdesk: Client
) -> None:
    ticket = make.ticket(email="stranger@test.example")
    helpdesk.post(f"/admin/tickets/{ticket.number}/take")
    after = _now(session, ticket)
    assert (after.assignee_id, after.agency_id) == (desk.helpdesk.user_id, desk.agency_id)


def test_helpdesk_writes_a_ticket_down_for_who_called(session: Session, desk: Desk, helpdesk: Client) -> None:
    assert helpdesk.get("/admin/tickets/new").status_code == 200
    data = {
        "email": desk.requester.email, "name": "", "language": "lv", "subject": "Called at ten", "text": "No access.",
        "category": "access", "project": "", "act_key": "once",
    }
    page = helpdesk.post("/admin/tickets/new", data={**data, "email": "nobody", "project": ""})
    assert (page.status_code, _codes(page)) == (422, ["email"])
    page = helpdesk.post("/admin/tickets/new", data={**data, "project": "2020-1-XX01-KA1"})
    assert (page.status_code, _codes(page)) == (422, ["project"])
    for _ in range(2):
        answer = helpdesk.post("/admin/tickets/new", data=data)
        assert answer.status_code == 302
    session.rollback()
    [ticket] = session.scalars(select(Ticket)).all()
    assert (ticket.channel, ticket.project_id, ticket.requester_id) == (
        Channel.STAFF, desk.project_id, desk.requester.user_id
    )
    assert session.scalars(select(OutboxRow.kind)).all() == [Mail.TICKET_RECEIVED]
    assert helpdesk.get(answer.headers["Location"]).status_code == 200


@pytest.mark.parametrize("lang", ["en", "lv"])
def test_act_on_many_tells_first_and_leaves_what_cannot_be_done(
    session: Session, desk: Desk, helpdesk: Client, lang: str
) -> None:
    first, second = _ticket(desk), _ticket(desk)
    solved, stranger = _ticket(desk, state=S.SOLVED, by=desk.helpdesk.actor), make.ticket(agency_id=desk.agency_id)
    foreign = make.ticket(agency_id=make.desk().agency_id)
    picks = [f"{row.id}.{row.version}" for row in (first, second, solved, stranger, foreign)]
    for act in ("assign", "category", "merge", "solve"):
        page = helpdesk.get("/admin/tickets/bulk", query_string={"act": act, "t": picks, "lang": lang})
        assert page.status_code == 200
        assert foreign.subject not in page.text
    assert "other-requester" in _codes(helpdesk.get("/admin/tickets/bulk", query_string={"act": "merge", "t": picks}))
    assert _codes(helpdesk.get("/admin/tickets/bulk", query_string={"act": "solve", "t": picks})) == ["wrong-state"]
    make.message(second.id)  # after the page was opened
    page = helpdesk.post("/admin/tickets/bulk", data={"act": "solve", "t": picks, "act_key": f"k-{lang}"})
    assert page.status_code == 302
    states = [_now(session, row).state for row in (first, second, solved, stranger)]
    assert states == [S.SOLVED, S.NEW, S.SOLVED, S.SOLVED]
    told = helpdesk.get("/admin/tickets/").text
    assert f"#{second.number}" in told
    helpdesk.post("/admin/tickets/bulk", data={
        "act": "assign", "t": [f"{second.id}.{_now(session, second).version}"], "assignee": str(desk.helpdesk.user_id)
    })
    assert _now(session, second).assignee_id == desk.helpdesk.user_id
    assert helpdesk.get("/admin/tickets/bulk?act=solve").status_code == 302


def test_admin_words_the_ready_replies_and_helpdesk_finds_them_filled_in(
    client: Client, session: Session, desk: Desk
) -> None:
    admin = factories.staff(Role.AGENCY_ADMIN, agency_id=desk.agency_id)
    client.sign_in(admin.email)
    data = {"name": "Address", "text_lv": "Labdien, {name}! #{number}", "text_en": "", "then": "solved", "version": "0"}
    page = client.post("/admin/texts/replies/new", data={**data, "text_lv": "{nothing}"})
    assert (page.status_code, _codes(page)) == (422, ["places"])
    assert client.post("/admin/texts/replies/new", data=data).status_code == 302
    assert _codes(client.post("/admin/texts/replies/new", data=data)) == ["duplicate"]
    make.canned_reply(agency_id=desk.agency_id, name="Second")
    make.canned_reply(agency_id=make.desk().agency_id, name="Of another agency")
    session.rollback()
    row = session.scalars(select(CannedReply).where(CannedReply.name == "Address")).one()
    reply_id, path = row.id, f"/admin/texts/replies/{row.id}"
    assert client.post(f"{path}/", data={**data, "version": "0"}).status_code == 422
    data["text_en"] = "Dear {name}, {code}: {helper}"
    assert client.post(f"{path}/", data={**data, "version": "1"}).status_code == 302
    client.post(f"{path}/move", data={"step": "1"})
    texts = client.get("/admin/texts/").text
    assert texts.index(">Second<") < texts.index(">Address<")
    ticket = _ticket(desk, language="en")
    client.sign_in(desk.helpdesk.email)
    page = client.get(f"/admin/tickets/{ticket.number}/?canned={reply_id}")
    shown = BeautifulSoup(page.text, "html.parser").select_one("#text").text  # type: ignore[union-attr]
    assert re.search(r"Dear Requester \d+, \d{4}-1-.*: Person \d+", shown)
    assert "Of another agency" not in page.text
    assert client.get("/admin/texts/replies/new").status_code == 404
    client.sign_in(admin.email)
    client.post(f"{path}/delete")
    session.rollback()
    assert session.scalars(select(CannedReply.id).where(CannedReply.id == reply_id)).all() == []
