"""Every mail in both languages: right words, both parts the same, links that lead somewhere (DOMAIN §7)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.domain import clock
from backoffice.domain.notices import Mail
from backoffice.domain.permissions import Role
from backoffice.domain.reviews import DecisionKind, Reopens
from backoffice.domain.signin import token_digest
from backoffice.domain.tickets import Channel, Direction, TicketState
from backoffice.domain.visibility import Subject
from backoffice.jobs import outbox as jobs
from backoffice.mail import compose, preview
from backoffice.models import (
    Access,
    Contact,
    ContactLink,
    Decision,
    OutboxRow,
    Override,
    PasswordLink,
    Project,
    ReopenRequest,
    StoredFile,
    Submission,
    Ticket,
    TicketMessage,
    User,
)
from backoffice.queries import reviews as review_queries
from backoffice.queries import submissions as submission_queries
from backoffice.services import outbox, overrides
from backoffice.services.outbox import Recipient
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.factories import reviews, tickets
from tests.factories.reviews import Scene
from tests.support import mails
from tests.support.client import Client

pytestmark = pytest.mark.one_engine
LATER = frozenset({
    Mail.TICKET_RECEIVED, Mail.TICKET_REPLY, Mail.TICKET_NOT_TAKEN,
})
NOW = tuple(kind for kind in Mail if kind not in LATER)
COMMENT = "Lūdzu: 3. lapā <b>emblēmu</b>\nun saiti https://example.org/emblem."
REASON = "Kļūda failā & \"citāts\""
ENGLISH = re.compile(r"\b(the|your|you|with|from|this|been|please)\b", re.IGNORECASE)
PLACES = ("%(", "{{", "{%", "\x02", "\x1f", "None")


@dataclass(frozen=True, kw_only=True)
class Told:
    """A project in whose life every mail has its cause."""

    scene: Scene
    params: dict[str, object]
    base: str
    var: Path


@pytest.fixture
def told(app: Flask, session: Session, var: Path) -> Iterator[Told]:
    scene = reviews.scene(results=3, code="2023-1-LV01-KA220-SCH-000000123")
    today = clock.now().date()
    with unit_of_work() as uow:
        project = uow.session.get_one(Project, scene.project_id)
        project.title = "Skolēnu pašpārvalde \"laukos\" <1>"
        project.responsible_id = scene.specialist.user_id
        project.start_date, project.end_date = today - timedelta(days=700), today - timedelta(days=31)
        uow.session.get_one(User, scene.coordinator.user_id).password_hash = None
    submission_id = reviews.submit(scene)
    reviews.give_back(scene, comment=COMMENT)
    with unit_of_work() as uow:
        override = overrides.hide(
            uow, actor=scene.specialist.actor, subject=Subject.RESULT, subject_id=scene.result_ids[0], reason=REASON
        )
        override_id = override.id
        access_id = uow.session.scalars(select(Access.id).filter_by(project_id=scene.project_id)).one()
        file_id = uow.session.scalars(select(StoredFile.id).filter_by(project_id=scene.project_id)).first()
    contact_id = factories.contact(project_id=scene.project_id)
    with unit_of_work() as uow:
        on_contact = overrides.hide(
            uow, actor=scene.specialist.actor, subject=Subject.CONTACT, subject_id=contact_id, reason=REASON
        ).id
        decision_id = uow.session.scalars(
            select(OutboxRow.params).filter_by(kind=Mail.ADDITIONS_REQUESTED)
        ).one()["decision_id"]
        returned = uow.session.get_one(Decision, decision_id)
        others = [
            Decision(
                project_id=scene.project_id, submission_id=submission_id, kind=kind, number=1, decided_at=uow.now,
                reason=REASON, scope=["summary", f"result:{scene.result_ids[0]}"], due_on=returned.due_on, digest="x",
            )
            for kind in (DecisionKind.UNLOCK, DecisionKind.APPROVE)
        ]
        uow.session.add_all(others)
        uow.session.flush()
        unlock_id, approve_id = (row.id for row in others)
        request = ReopenRequest(
            project_id=scene.project_id, reason=REASON, asked_at=uow.now, asked_by_id=scene.coordinator.user_id,
            answer=COMMENT,
        )
        uow.session.add(request)
        uow.session.flush()
        request_id = request.id
        question = Ticket(
            number=1042, agency_id=scene.agency_id, project_id=scene.project_id, submission_id=submission_id,
            requester_email=scene.coordinator.email, subject="Jautājums", state=TicketState.WAITING,
            created_at=uow.now, changed_at=uow.now,
        )
        question.messages.append(TicketMessage(
            direction=Direction.OUT, channel=Channel.STAFF, author_id=scene.specialist.user_id, text=COMMENT,
            written_at=uow.now,
        ))
        uow.session.add(question)
        uow.session.flush()
        ticket_id = question.id
        failed_id = uow.session.scalars(select(OutboxRow.id).filter_by(kind=Mail.RECEIPT)).one()
        uow.session.get_one(OutboxRow, failed_id).failure = "550 5.1.1 no such user"
        uow.session.query(OutboxRow).filter(OutboxRow.id != failed_id).delete()
        uow.session.get_one(OutboxRow, failed_id).due_at = uow.now + timedelta(days=900)
    mails.empty(var)
    yield Told(scene=scene, base="http://localhost", var=var, params={
        "access_id": access_id, "submission_id": submission_id, "decision_id": decision_id, "override_id": override_id,
        "contact_override_id": on_contact, "contact_id": contact_id, "file_id": file_id, "outbox_id": failed_id,
        "unlock_id": unlock_id, "approve_id": approve_id, "request_id": request_id, "ticket_id": ticket_id,
        "former_end_date": "2026-11-01", "end_date": "2026-12-24", "reason": REASON, "reckoned_from": "2026-12-24",
    })
    mails.empty(var)


def send(told: Told, kind: Mail, language: str, *, to_staff: bool = False) -> EmailMessage:
    """The mail as it leaves."""
    scene = told.scene
    is_for_staff = to_staff or kind in (
        Mail.STAFF_ACCESS, Mail.SUBMISSION_RECEIVED, Mail.REOPEN_REQUESTED
    )
    person = scene.specialist if is_for_staff else scene.coordinator
    params = dict(told.params)
    if kind is Mail.CONTACT_HIDDEN:
        params["override_id"] = params["contact_override_id"]
    if kind is Mail.CONTACT_PUBLIC:  # goes only to who is public when it leaves
        with unit_of_work() as uow:
            uow.session.get_one(Override, params["contact_override_id"]).cleared_at = uow.now
            uow.session.get_one(Contact, params["contact_id"]).coordinator_public = True
    other = {Mail.UNLOCKED: "unlock_id", Mail.RESULTS_APPROVED: "approve_id"}.get(kind)
    if other:
        params["decision_id"] = params[other]
    with unit_of_work() as uow:
        outbox.publish(
            uow, kind=kind, key=f"test:{language}", agency_id=scene.agency_id, project_id=scene.project_id,
            to=Recipient(email=person.email, language=language, user_id=person.user_id), params=params,
            due_at=uow.now,
        )
    jobs.sweep()
    return mails.folder(told.var)[-1]


def plain(html: str) -> str:
    soup = BeautifulSoup(html, "html.parser")
    for tag in soup(["style", "title", "h1"]):
        tag.decompose()
    return " ".join(soup.get_text(" ").split())


def folded(text: str) -> str:
    """Without blanks and the marks that one part alone has."""
    return re.sub(r"[\s>\-]+", "", text)


@pytest.mark.slow
@pytest.mark.parametrize("language", ["lv", "en"])
@pytest.mark.parametrize("kind", NOW)
def test_reader_gets_whole_mail_in_the_own_language(told: Told, kind: Mail, language: str, session: Session) -> None:
    mail = send(told, kind, language)
    text, html = mails.text(mail), mails.html(mail)
    subject = str(mail["Subject"])
    for part in (subject, text, html):
        assert not [place for place in PLACES if place in part], part
    assert mail["Content-Language"] == language
    assert f'lang="{language}"' in html
    if language == "lv":
        own = re.sub(r"Result \d+|Text number \d+|Agency \d+|Person \d+|no such user|https?://\S+", "", subject + text)
        assert not ENGLISH.search(own), ENGLISH.findall(own)
    # the two parts say the same: every line of the text is in the HTML, and every address too
    shown = folded(plain(html))
    for line in text.splitlines():
        label = line.removesuffix(":") if line.endswith(":") and folded(line) not in shown else line
        assert folded(label) in shown, line
    links = [str(tag["href"]) for tag in BeautifulSoup(html, "html.parser").select("a[href]")]
    assert links
    for link in links:
        assert link.startswith((f"{told.base}/", "mailto:", "https://example.org/")), link
        assert link.removeprefix("mailto:") in text
    row = session.scalars(select(OutboxRow).where(OutboxRow.kind == kind, OutboxRow.key.contains(":test:"))).one()
    assert row.state.value == "sent"
    assert (row.subject, row.body) == (subject, re.sub(r"/(invite|contact)/[\w-]{30,}", r"/\1/…", text))


@pytest.mark.parametrize("kind", [Mail.INVITATION, Mail.ADDITIONS_REQUESTED, Mail.RECEIPT, Mail.PASSWORD_LINK])
def test_html_part_is_safe_and_reads_without_its_styles(told: Told, kind: Mail) -> None:
    html = mails.html(send(told, kind, "en"))
    soup = BeautifulSoup(html, "html.parser")
    assert not soup.select("script, link, img, form, iframe")
    assert soup.h1
    assert soup.title
    assert "<b>emblēmu" not in html
    assert soup.select_one("body")["style"]  # type: ignore[index]
    styles = soup.style.get_text() if soup.style else ""
    assert "prefers-color-scheme: dark" in styles
    # a style attribute wins over a plain rule: in the dark every colour must insist
    dark = styles[styles.index("prefers-color-scheme: dark"):]
    assert dark.count("!important") == len(re.findall(r"(?:background|color|border-color):", dark))
    assert max(map(len, html.splitlines())) < 20_000


def test_comment_and_reason_stand_as_they_were_written(told: Told) -> None:
    mail = send(told, Mail.ADDITIONS_REQUESTED, "en")
    assert "> Lūdzu: 3. lapā <b>emblēmu</b>\n> un saiti https://example.org/emblem." in mails.text(mail)
    html = mails.html(mail)
    assert "&lt;b&gt;emblēmu&lt;/b&gt;" in html
    assert 'href="https://example.org/emblem"' in html
    assert "2 other results need nothing more" in mails.text(mail)
    assert "Please add to 1 result of" in str(mail["Subject"])
    assert "Please add to 1 result" in BeautifulSoup(html, "html.parser").h1.get_text()  # type: ignore[union-attr]


def test_access_and_invitation_say_why_and_whom_to_ask(told: Told) -> None:
    for kind in (Mail.ACCESS, Mail.INVITATION):
        text = mails.text(send(told, kind, "en"))
        assert "clause I.9.2 of the grant agreement" in text  # S1
        assert "final report can be approved only after" in text  # S2
        person = told.scene.specialist
        assert person.email in text  # S17
        assert "+371 6700" in text
        assert "help" in text  # S16
        assert "attach a screenshot" in text
    for kind in (Mail.ACCESS, Mail.INVITATION):
        text = mails.text(send(told, kind, "lv"))
        assert "finansējuma līguma I.9.2 punktu" in text
        assert "ekrānšāviņu" in text


def test_clause_is_the_agencys_own_and_ka1_is_not_threatened(told: Told) -> None:
    with unit_of_work() as uow:
        project = uow.session.get_one(Project, told.scene.project_id)
        project.agency.legal_clause = "II.4"
        project.results_required_override = False
    text = mails.text(send(told, Mail.ACCESS, "en"))
    assert "clause II.4 of" in text
    assert "can be approved only after" not in text
    assert "voluntary" in text


def test_one_time_link_opens_the_page_and_its_token_is_kept_nowhere(
    told: Told, app: Flask, session: Session
) -> None:
    text = mails.text(send(told, Mail.ACCESS, "en"))
    token = re.search(r"http://localhost/invite/([\w-]{30,})", text)
    assert token is not None
    row = session.scalars(select(PasswordLink)).one()
    assert (row.digest, row.user_id) == (token_digest(token[1]), told.scene.coordinator.user_id)
    assert row.expires_at - row.created_at == timedelta(hours=72)
    for table in (OutboxRow, PasswordLink):
        for kept in session.scalars(select(table)):
            assert token[1] not in str({name: value for name, value in vars(kept).items() if name[0] != "_"})
    client = app.test_client()
    assert isinstance(client, Client)
    assert client.get(f"/invite/{token[1]}").status_code == 200
    assert client.post(f"/invite/{token[1]}", data={"password": "three words together"}).location == "/my/"


def test_who_has_a_password_gets_the_way_to_the_project_instead(told: Told, session: Session) -> None:
    with unit_of_work() as uow:
        user = uow.session.get_one(User, told.scene.coordinator.user_id)
        user.password_hash, user.last_sign_in_at = "x", uow.now
    for kind in (Mail.ACCESS, Mail.INVITATION):
        text = mails.text(send(told, kind, "en"))
        assert "/invite/" not in text
        assert "http://localhost/my/2023-1-LV01-KA220-SCH-000000123/" in text
    assert session.scalar(select(PasswordLink.id)) is None


def test_invitation_carries_the_access_to_who_was_never_here(told: Told) -> None:
    assert "You have not signed in yet" in mails.text(send(told, Mail.INVITATION, "en"))


def test_contact_learns_how_to_withdraw(told: Told, session: Session) -> None:
    text = mails.text(send(told, Mail.CONTACT_PUBLIC, "en"))
    token = re.search(r"http://localhost/contact/([\w-]{30,})", text)
    assert token is not None
    assert session.scalars(select(ContactLink.digest)).one() == token_digest(token[1])
    assert "never your phone number" in text
    assert session.scalars(select(Contact.phone)).one() not in text


@pytest.mark.parametrize("kind", [Mail.ACCESS_REVOKED, Mail.RESULT_HIDDEN])
def test_whoever_is_told_of_a_loss_objects_without_signing_in(told: Told, client: Client, kind: Mail) -> None:
    mail = send(told, kind, "lv")
    link = re.search(r"http://localhost(/help/new\?\S+)", mails.text(mail))
    assert link is not None
    assert REASON in mails.text(mail)
    assert link[1] in mails.html(mail).replace("&amp;", "&")
    page = BeautifulSoup(client.get(link[1]).text, "html.parser")
    typed = {field["name"]: field.get("value", "") for field in page.select("input[name]")}
    assert typed["email"] == told.scene.coordinator.email
    assert "2023-1-LV01-KA220-SCH-000000123" in str(typed["subject"])


def test_answers_go_to_the_helpdesk_and_robots_are_asked_to_be_silent(told: Told, app: Flask) -> None:
    mail = send(told, Mail.RECEIPT, "lv")
    assert re.fullmatch(r"help\d+@agency\.example", str(mail["Reply-To"]))
    assert str(mail["From"]).endswith("<results@agency.example>")
    assert mail["To"] == told.scene.coordinator.email
    assert mail["Auto-Submitted"] == "auto-generated"
    assert len(mail.get_all("Message-ID") or []) == 1
    assert re.fullmatch(r"<outbox\.\d+\.[0-9a-f]{12}@agency\.example>", str(mail["Message-ID"]))


def test_copy_for_the_specialist_says_so_and_leads_to_the_back_office(told: Told) -> None:
    for kind in (Mail.OVERDUE, Mail.FILE_INFECTED):
        text = mails.text(send(told, kind, "en", to_staff=True))
        assert "copy of this mail because you are responsible" in text
        assert "/admin/review/2023-1-LV01" in text
        assert "Sign in with the address" not in text


def test_mail_whose_cause_is_gone_is_withdrawn(told: Told, session: Session) -> None:
    told.params["decision_id"] = 987_654
    with unit_of_work() as uow:
        uow.session.get_one(Access, told.params["access_id"]).ended_at = uow.now
        uow.session.get_one(Project, told.scene.project_id).due_on = None
        for kind in (Mail.ACCESS, Mail.ADDITIONS_REQUESTED, Mail.ADDITIONS_REMINDER):
            outbox.publish(
                uow, kind=kind, key="gone", agency_id=told.scene.agency_id, project_id=told.scene.project_id,
                to=Recipient(email="a@test.example", language="en"), params=told.params, due_at=uow.now,
            )
    jobs.sweep()
    assert mails.folder(told.var) == []
    states = session.scalars(select(OutboxRow.state).where(OutboxRow.key.contains("gone"))).all()
    assert {state.value for state in states} == {"withdrawn"}


def test_unlock_says_why_what_reopens_and_until_when(told: Told) -> None:
    text = mails.text(send(told, Mail.UNLOCKED, "en"))
    assert f"Why\n> {REASON}" in text
    assert re.search(r"add new results:\n\n- Result 1: Result \d+\n- The final summary\n", text)
    assert "submit again by" in text


def test_a_resubmission_is_named_as_one(told: Told) -> None:
    assert "again" not in str(send(told, Mail.SUBMISSION_RECEIVED, "en")["Subject"])
    with unit_of_work() as uow:
        uow.session.get_one(Submission, told.params["submission_id"]).number = 2
    mail = send(told, Mail.SUBMISSION_RECEIVED, "lv")
    assert str(mail["Subject"]).startswith("Atkārtoti pārbaudei: ")
    assert "iesniegti atkārtoti" in mails.text(mail)


def test_approved_lists_what_is_public_and_what_is_not_and_promises_no_report(
    app: Flask, session: Session, var: Path
) -> None:
    mails.empty(var)
    scene = reviews.scene(results=1)
    private = factories.result(project_id=scene.project_id, title="Secret thing", do_not_publish=True)
    reviews.submit(scene)
    reviews.approve(scene)
    with unit_of_work() as uow:
        uow.session.query(OutboxRow).filter_by(kind=Mail.RESULTS_APPROVED).update({"due_at": uow.now})
    jobs.sweep()
    mail = next(mail for mail in mails.folder(var) if "approved" in str(mail["Subject"]))
    text = mails.text(mail)
    assert re.search(r"Public:\n\n- Result 1: Result \d+\n\nNot public:\n\n- Result 2: Secret thing", text)
    assert private
    assert "/projects/" in text
    assert not re.search(r"report (is|was|has been) approved", text)
    mails.empty(var)


def test_preview_is_the_very_mail_that_goes(app: Flask, session: Session, var: Path) -> None:
    """Return, approve and unlock: the confirm page and the job use the same words."""
    mails.empty(var)
    scene = reviews.scene()
    reviews.submit(scene)
    reviews.claim(scene)
    reviews.judge(scene, key=f"result:{scene.result_ids[1]}", comment=COMMENT)
    project = session.get_one(Project, scene.project_id)
    submission = session.scalar(submission_queries.latest(project.id))
    assert submission is not None
    to = Recipient(email=scene.coordinator.email, language="en", user_id=scene.coordinator.user_id)
    due_on = date.fromordinal(clock.now().date().toordinal() + project.agency.due_days)
    shown = preview.returned(
        session, settings=app.config["SETTINGS"], now=clock.now(), project=project, submission=submission,
        items=review_queries.items(session, submission), to=to, reason="", reopens=Reopens.ADDITIONS, due_on=due_on,
    )
    reviews.give_back(scene, comment=COMMENT)  # asks for the first result too
    with unit_of_work() as uow:
        uow.session.query(OutboxRow).update({"due_at": uow.now})
    jobs.sweep()
    sent = next(mail for mail in mails.folder(var) if "add to" in str(mail["Subject"]))
    assert "1 result of" in shown.subject
    assert "2 results of" in str(sent["Subject"])
    assert COMMENT.replace("\n", "\n> ") in shown.text
    assert shown.text.splitlines()[-1] == mails.text(sent).splitlines()[-1]
    mails.empty(var)


def test_every_kind_that_is_written_has_its_composer() -> None:
    assert set(compose._COMPOSERS) | compose.ALWAYS_LINKS == set(NOW)


def test_staff_mail_names_the_role(told: Told) -> None:
    assert "Programme specialist" in mails.text(send(told, Mail.STAFF_ACCESS, "en"))
    assert "Programmas speciālists" in mails.text(send(told, Mail.STAFF_ACCESS, "lv"))
    helper = factories.staff(Role.HELPDESK, agency_id=told.scene.agency_id)
    assert helper


def test_helpdesk_asks_a_specialist_to_unlock_and_the_mail_leads_to_the_ticket(told: Told) -> None:
    ticket = tickets.ticket(email=told.scene.coordinator.email, project_id=told.scene.project_id)
    told.params.update(
        {"ticket_id": ticket.id, "asked_by_id": told.scene.specialist.user_id, "reason": "A wrong file went along."}
    )
    text = mails.text(send(told, Mail.REOPEN_REQUESTED, "en", to_staff=True))
    assert f"Ticket #{ticket.number} says who asks for it" in text
    assert "A wrong file went along." in text
    assert f"http://localhost/admin/tickets/{ticket.number}/" in text
