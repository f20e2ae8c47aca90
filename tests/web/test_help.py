"""Help, the form of a ticket and the requester's own page (S16, S17)."""

import io
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from backoffice.domain import signin
from backoffice.domain.tickets import TicketState
from backoffice.jobs import outbox as jobs
from backoffice.mail.links import follow_link
from backoffice.models import OutboxRow, Project, SignInAttempt, StoredFile, Ticket, TicketAttachment, TicketMessage
from backoffice.services import ticket_replies, ticket_triage
from backoffice.services.uow import unit_of_work
from tests.factories import pictures, tickets
from tests.factories.tickets import Desk
from tests.support import mails
from tests.support.client import Client

pytestmark = pytest.mark.one_engine
TYPED = {
    "subject": "Upload stops", "tried": "To upload the handbook, 38 MB.", "happened": "It stops at 60 %.",
    "expected": "That it arrives.", "act_key": "key-of-this-form", "adds_page": "y", "adds_browser": "y",
    "adds_error": "y",
}
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"


@pytest.fixture
def desk(session: Session) -> Desk:
    return tickets.desk()


def send(client: Client, *files: bytes, **values: Any) -> TestResponse:
    """The form as a browser posts it."""
    data = {**TYPED, "email": "new@school.example", **values}
    data["screenshots"] = [(io.BytesIO(file), f"screen {n}.png") for n, file in enumerate(files)] or (io.BytesIO(), "")
    url = "/help/new" if not values.get("url") else data.pop("url")
    return client.post(url, data={k: v for k, v in data.items() if v is not None}, content_type="multipart/form-data")


def code(page: TestResponse) -> list[str]:
    return re.findall(r'data-error="([^"]+)"', page.text)


def only(session: Session) -> Ticket:
    session.rollback()
    return session.scalars(select(Ticket)).one()


def count(session: Session, kind: type[Any]) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(kind)) or 0


def test_everyone_reads_whom_to_ask_and_a_coordinator_only_about_the_own_project(
    client: Client, desk: Desk, session: Session
) -> None:
    other = tickets.desk()
    with unit_of_work() as uow:
        for one in (desk, other):
            uow.session.get_one(Project, one.project_id).responsible_id = one.specialist.user_id
    for lang in ("en", "lv"):
        assert "@agency.example" in client.get(f"/help/?lang={lang}").text
    client.sign_in(desk.requester.email)
    page = client.get("/help/")
    assert desk.specialist.email in page.text
    assert other.specialist.email not in page.text


def test_coordinator_sends_a_ticket_with_pictures_from_the_page_of_a_project(
    client: Client, desk: Desk, session: Session
) -> None:
    project = session.get_one(Project, desk.project_id)
    where, title = f"/my/{project.code}/results/3", project.title
    client.sign_in(desk.requester.email)
    form = client.get("/help/new", query_string={"page": where, "error": "Broken off (upload-lost)"}).text
    assert title in form
    assert where in form
    assert "Broken off (upload-lost)" in form
    answer = send(
        client, pictures.png(color="red"), pictures.png(color="blue"), email=None, page=where, blacked="1",
        error="Broken off (upload-lost)", window="1440 x 900", headers=None,
    )
    assert answer.headers["Location"] == "/help/sent"
    ticket = only(session)
    assert f'data-ticket="{ticket.number}"' in client.get("/help/sent").text
    assert (ticket.project_id, ticket.agency_id) == (desk.project_id, desk.agency_id)
    assert (ticket.requester_id, ticket.subject) == (desk.requester.user_id, "Upload stops")
    assert ticket.context["page"] == where
    assert ticket.context["last_error"] == "Broken off (upload-lost)"
    assert ticket.context["window"] == "1440 × 900"
    (message,) = ticket.messages
    assert message.text == (
        "What I tried\nTo upload the handbook, 38 MB.\n\nWhat happened\nIt stops at 60 %.\n\n"
        "What I expected\nThat it arrives."
    )
    assert [(one.file.name, one.is_blacked_out) for one in message.attachments] == [
        ("screen 0.png", False), ("screen 1.png", True),
    ]
    assert session.scalars(select(OutboxRow.to)).all() == [desk.requester.email]


def test_ticks_that_are_taken_away_leave_their_facts_out(client: Client, desk: Desk, session: Session) -> None:
    code = session.get_one(Project, desk.project_id).code
    client.sign_in(desk.requester.email)
    send(client, page=f"/my/{code}/", error="x", adds_page=None, adds_browser=None, adds_error=None)
    assert only(session).context == {"is_signed_in": True}


def test_stranger_is_answered_the_same_for_a_known_and_an_unknown_address_and_project(
    app: Flask, desk: Desk, session: Session
) -> None:
    code = session.get_one(Project, desk.project_id).code
    known, unknown = (desk.requester.email, code), ("nobody@new.example", f"1999{code[4:]}")
    answers = []
    for email, project in (known, unknown):
        client = app.test_client()
        assert isinstance(client, Client)
        form = client.get("/help/new", query_string={"page": f"/projects/{project}"}).text
        answer = send(client, email=email, page=f"/projects/{project}")
        number = session.scalars(select(Ticket.number).order_by(Ticket.id.desc()).limit(1)).one()
        session.rollback()
        sent = client.get(answer.headers["Location"]).text
        assert "/help/tickets/" not in sent, "the way to the ticket comes by mail only"
        plain = re.sub(r'(name="(?:csrf_token|act_key)" value=)"[^"]+"', r"\1", form + sent)
        answers.append((answer.status_code, plain.replace(project, "CODE").replace(str(number), "NUMBER")))
    assert answers[0] == answers[1]


def test_mail_to_a_typed_address_leads_to_the_ticket_and_repeats_nothing_that_was_typed(
    client: Client, desk: Desk, session: Session, var: Path
) -> None:
    mails.empty(var)
    code = session.get_one(Project, desk.project_id).code
    send(client, email=desk.requester.email, page=f"/projects/{code}", subject="Buy at spam.example")
    jobs.sweep()
    (mail,) = mails.folder(var)
    said = f"{mail['Subject']} {mails.text(mail)} {mails.html(mail)}"
    for typed in ("spam.example", "It stops at 60", code):
        assert typed not in said
    found = re.search(r"http://localhost(/help/tickets/\d+\?key=\S+)", mails.text(mail))
    assert found is not None
    page = client.get(found[1])
    assert page.status_code == 200
    assert "It stops at 60 %." in page.text


def test_double_click_makes_one_ticket_and_keeps_no_second_picture(
    client: Client, desk: Desk, session: Session
) -> None:
    for _ in range(2):
        assert send(client, pictures.png()).status_code == 302
    assert count(session, Ticket) == 1
    assert count(session, TicketAttachment) == 1
    assert session.scalar(select(func.count(StoredFile.id)).where(StoredFile.removed_at.is_(None))) == 1


def test_what_is_missing_is_said_beside_its_field_and_the_pictures_are_kept(
    client: Client, desk: Desk, session: Session
) -> None:
    page = send(client, pictures.png(), pictures.png(), happened=" ", email="no address")
    assert page.status_code == 422
    assert {"missing", "email"} <= set(code(page))
    assert "To upload the handbook, 38 MB." in page.text
    held = re.findall(r'name="keeps" value="(\d+)"', page.text)
    token = re.findall(r'name="held" value="([^"]+)"', page.text)[0]
    assert len(held) == 2
    assert count(session, Ticket) == 0
    assert count(session, SignInAttempt) == 1, "reading pictures counts, too"
    answer = send(client, pictures.png(color="green"), held=token, keeps=held[1], blacked="0")
    assert answer.status_code == 302
    (message,) = only(session).messages
    assert message.attachments[0].file_id == int(held[1])
    assert [row.is_blacked_out for row in message.attachments] == [False, True]


def test_address_that_is_left_out_is_asked_for_in_plain_words(client: Client, desk: Desk) -> None:
    assert "Write the address to which the answer should go." in send(client, email=" ").text


def test_kept_pictures_of_another_form_cannot_be_taken(client: Client, desk: Desk, session: Session) -> None:
    other = pictures.screenshot()
    send(client, keeps=str(other), held="made-up")
    assert count(session, TicketAttachment) == 0


def test_program_that_fills_the_hidden_field_is_asked_once_more(client: Client, desk: Desk, session: Session) -> None:
    page = send(client, website="https://spam.example")
    assert page.status_code == 422
    assert "looks-automatic" in page.text or "looks as if a program" in page.text
    assert "It stops at 60 %." in page.text
    assert count(session, Ticket) == 0
    assert send(client).status_code == 302


def test_too_many_messages_are_paused_with_the_text_kept(client: Client, desk: Desk, session: Session) -> None:
    most = signin.MESSAGES_PER_ADDRESS.most
    for number in range(most):
        assert send(client, act_key=f"key {number}").status_code == 302
    page = send(client, act_key="one more")
    assert page.status_code == 429
    assert int(page.headers["Retry-After"]) > 0
    assert "too-many-tries" in code(page)
    assert "It stops at 60 %." in page.text
    assert count(session, Ticket) == most


class Full:
    """A store on a disk without room."""

    def __getattr__(self, name: str) -> Any:
        raise OSError(28, "No space left on device")


@pytest.fixture
def full_disk(app: Flask) -> Any:
    store = app.extensions["store"]
    app.extensions["store"] = Full()
    yield
    app.extensions["store"] = store


@pytest.mark.usefixtures("full_disk")
def test_failure_of_ours_gives_the_text_back_with_a_mail_ready(client: Client, desk: Desk, session: Session) -> None:
    page = send(client, pictures.png())
    assert page.status_code == 503
    assert "not-stored" in code(page)
    assert "To upload the handbook, 38 MB." in page.text
    assert "mailto:help" in page.text
    assert "It%20stops%20at%2060" in page.text
    assert count(session, Ticket) == 0


def test_database_that_fails_gives_the_text_back(
    client: Client, desk: Desk, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*_args: object, **_values: object) -> None:
        from sqlalchemy.exc import OperationalError

        raise OperationalError("BEGIN IMMEDIATE", {}, Exception("database is locked"))

    monkeypatch.setattr("backoffice.views.ticket_form.unit_of_work", locked)
    page = send(client)
    assert page.status_code == 503
    assert "It stops at 60 %." in page.text
    monkeypatch.setattr("backoffice.views.frame.shell", locked)
    bare = client.post("/help/new", data=TYPED)
    assert bare.status_code == 503
    assert "It stops at 60 %." in bare.text


def test_expired_form_comes_back_whole(client: Client, desk: Desk, session: Session) -> None:
    page = client.without_token.post("/help/new", data={**TYPED, "email": "new@school.example"})
    assert page.status_code == 400
    assert "form-expired" in code(page)
    for text in ("Upload stops", "It stops at 60 %.", "new@school.example"):
        assert text in page.text
    assert count(session, Ticket) == 0


def test_picture_that_is_none_is_refused_beside_its_field(client: Client, desk: Desk, session: Session) -> None:
    page = send(client, b"<svg xmlns='http://www.w3.org/2000/svg'/>")
    assert page.status_code == 422
    assert "file-script" in code(page)
    page = send(client, *[pictures.png()] * 11)
    assert "too-many-pictures" in code(page)
    assert count(session, StoredFile) == 0


def test_requester_reads_the_thread_by_link_without_notes_and_without_what_can_be_taken_back(
    app: Flask, client: Client, desk: Desk, session: Session
) -> None:
    ticket = tickets.ticket(agency_id=desk.agency_id, email="new@school.example", files=[pictures.screenshot()])
    with app.app_context():
        link = follow_link(ticket.number, ticket.requester_email).removeprefix("http://localhost")
    tickets.reply(ticket.id, by=desk.helpdesk.actor, text="Please try again now.")
    with unit_of_work() as uow:
        ticket_replies.note(uow, actor=desk.helpdesk.actor, ticket_id=ticket.id, text="Says nothing about us.")
    page = client.get(link)
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "no-store"
    assert ticket.subject in page.text
    assert "Please try again now." not in page.text
    with unit_of_work() as uow:
        for message in uow.session.scalars(select(TicketMessage)):
            message.written_at -= signin.LINK_LIFE
    page = client.get(link)
    assert "Please try again now." in page.text
    assert "Says nothing about us." not in page.text
    picture = client.get(re.findall(r'<img src="(/help/[^"]+)"', page.text)[0].replace("&amp;", "&"))
    assert picture.headers["Content-Disposition"].startswith("inline")
    assert picture.headers["Content-Security-Policy"].startswith("sandbox")
    assert Image.open(io.BytesIO(picture.data)).size == (64, 40)
    path = link.split("?")[0]
    for wrong in (link[:-3] + "abc", link.replace(str(ticket.number), "9999"), path + "?key="):
        assert client.get(wrong).status_code == 404
    assert client.get(path).headers["Location"].startswith("/login?next=")


def test_requester_writes_on_says_it_is_solved_and_opens_it_again(client: Client, desk: Desk, session: Session) -> None:
    ticket = tickets.ticket(
        agency_id=desk.agency_id, email=desk.requester.email, requester_id=desk.requester.user_id,
        state=TicketState.WAITING, by=desk.helpdesk.actor,
    )
    client.sign_in(desk.requester.email)
    url = f"/help/tickets/{ticket.number}"
    assert f"#{ticket.number} " in client.get("/help/").text

    def state() -> TicketState:
        session.rollback()
        return session.get_one(Ticket, ticket.id).state

    assert send(client, pictures.png(), url=url, text="The picture shows it.").headers["Location"] == url
    assert state() is TicketState.OPEN
    assert "Your message has arrived." in client.get(url).text
    assert client.post(url + "/solved").status_code == 302
    assert state() is TicketState.SOLVED
    empty = send(client, pictures.png(), url=url, text=" ", act_key="second")
    assert empty.status_code == 422
    assert "missing" in code(empty)
    assert send(client, url=url, text="Not after all.", act_key="third").status_code == 302
    assert state() is TicketState.OPEN
    assert count(session, TicketAttachment) == 1


def test_message_to_a_ticket_that_was_closed_long_ago_becomes_a_new_one(
    client: Client, desk: Desk, session: Session
) -> None:
    ticket = tickets.ticket(
        agency_id=desk.agency_id, email=desk.requester.email, requester_id=desk.requester.user_id,
        state=TicketState.CLOSED, by=desk.helpdesk.actor,
    )
    with unit_of_work() as uow:
        row = uow.session.get_one(Ticket, ticket.id)
        assert row.closed_at is not None
        row.closed_at = row.closed_at.replace(year=row.closed_at.year - 1)
    client.sign_in(desk.requester.email)
    answer = send(client, url=f"/help/tickets/{ticket.number}", text="It is back.")
    session.rollback()
    new = session.scalars(select(Ticket).where(Ticket.follows_id == ticket.id)).one()
    assert answer.headers["Location"] == f"/help/tickets/{new.number}"


def test_merged_ticket_leads_on_for_its_own_requester_only(client: Client, desk: Desk, session: Session) -> None:
    own = {"agency_id": desk.agency_id, "email": desk.requester.email, "requester_id": desk.requester.user_id}
    first, second = tickets.ticket(**own), tickets.ticket(**own)
    others = tickets.ticket(agency_id=desk.agency_id, email="other@school.example", text="Of somebody else")
    third = tickets.ticket(**own)
    for ticket, into in ((first, second), (third, others)):
        with unit_of_work() as uow:
            ticket_triage.merge(
                uow, actor=desk.helpdesk.actor, ticket_id=ticket.id, into_number=into.number, seen_version=1,
                is_other_requester_seen=True,
            )
    client.sign_in(desk.requester.email)
    assert f'href="/help/tickets/{second.number}"' in client.get(f"/help/tickets/{first.number}").text
    page = client.get(f"/help/tickets/{third.number}")
    assert f"/help/tickets/{others.number}" not in page.text
    assert "Of somebody else" not in page.text
    answer = send(client, url=f"/help/tickets/{third.number}", text="Is it the same?")
    assert answer.headers["Location"] == f"/help/tickets/{third.number}"
    assert client.get(f"/help/tickets/{others.number}").status_code == 404


def test_help_is_a_click_away_from_every_frame_and_knows_the_page(client: Client, desk: Desk, session: Session) -> None:
    code = session.get_one(Project, desk.project_id).code
    coordinator, helpdesk = (desk.requester.email, f"/my/{code}/"), (desk.helpdesk.email, "/admin/tickets/")
    for email, path in (("", "/guide"), coordinator, helpdesk):
        if email:
            client.sign_in(email)
        assert f'href="/help/?page={quote(path, safe="")}"' in client.get(path).text
        help_page = client.get("/help/", query_string={"page": path}).text
        assert f'href="/help/new?page={path}"' in help_page
    missing = client.get(f"/my/{code}/nothing").text
    assert f'href="/help/new?page={quote(f"/my/{code}/nothing", safe="")}' in missing
    assert "http-404" in missing
