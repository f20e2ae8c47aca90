"""Mail that is no ticket, or not by itself: machines, bounces, too large, infected, broken."""


import pytest
from sqlalchemy.orm import Session

from backoffice.domain.files import FileCheck
from backoffice.domain.inbound import LOOP_MAILS, Cause, Letter, Outcome, Settlement
from backoffice.domain.notices import Mail, OutboxState
from backoffice.jobs import inbound as jobs
from backoffice.jobs import outbox as outbox_jobs
from backoffice.models import (
    AddressState,
    OutboxRow,
    ReceivedMail,
    StoredFile,
)
from backoffice.services import arrivals, lost_mails
from backoffice.services.uow import unit_of_work
from backoffice.storage.scanner import Scan
from tests.factories import tickets as make
from tests.factories.tickets import Desk
from tests.support import mails
from tests.support.arrivals import helpdesk_of, kinds, lost, messages, notice, our_id
from tests.support.letters import arrives, mail, picture, report


@pytest.fixture
def desk(session: Session) -> Desk:
    return make.desk()


@pytest.mark.one_engine
@pytest.mark.parametrize(("headers", "outcome", "cause"), [
    ({"Auto-Submitted": "auto-generated"}, Outcome.HELD, Cause.AUTOMATIC),
    ({"Auto-Submitted": "auto-replied"}, Outcome.IGNORED, Cause.AUTO_REPLY),
    ({"List-Unsubscribe": "<https://l.example>", "List-Id": "News <news.l.example>"}, Outcome.HELD, Cause.LIST),
])
def test_machines_are_seen_and_never_answered(session, desk, headers, outcome, cause):
    done = arrives(mail(sender=desk.requester.email, **headers))
    assert (done.outcome, done.cause, done.outbox_id) == (outcome, cause, None)
    assert [row.cause for row in lost(session)] == [cause]
    assert not kinds(session)


def test_one_act_puts_later_issues_of_a_list_aside(session, desk):
    headers = {"List-Unsubscribe": "<https://l.example>", "List-Id": "News <news.l.example>"}
    for text in ("May", "June"):
        arrives(mail(sender="news@l.example", to=helpdesk_of(session, desk), text=text, **headers))
    first = lost(session)[0].id
    session.rollback()
    with unit_of_work() as uow:
        assert lost_mails.mute(uow, actor=desk.helpdesk.actor, lost_id=first) == 2
    later = arrives(mail(sender="news@l.example", to=helpdesk_of(session, desk), text="July", **headers))
    assert (later.outcome, later.cause) == (Outcome.IGNORED, Cause.MUTED)
    assert all(row.settled_at for row in lost(session))


@pytest.mark.one_engine
def test_the_helpdesks_own_list_passes_on_what_people_write(session, desk):
    address = helpdesk_of(session, desk)
    headers = {"List-Id": f"<{address.replace('@', '.')}>", "Precedence": "list"}
    assert arrives(mail(sender=desk.requester.email, to=address, **headers)).outcome is Outcome.TICKET


def test_a_storm_from_one_sender_is_stopped_and_counted_on_one_row(session, desk):
    with unit_of_work() as uow:
        uow.session.add_all(
            ReceivedMail(
                key=f"{number}", id_digest="", sender=desk.requester.email, received_at=uow.now,
                outcome=Outcome.TICKET, about=arrivals.about(Letter(size=0, digest="", subject=f"Job {number} failed")),
            )
            for number in range(LOOP_MAILS - 1)
        )
    subjects = ["Re: [#1021] Job 77 failed", "job 78 FAILED", "Job 79 failed"]
    done = [arrives(mail(sender=desk.requester.email, subject=subject)) for subject in subjects]
    assert [one.cause for one in done] == [None, Cause.LOOP, Cause.LOOP]
    assert arrives(mail(sender=desk.requester.email, subject="What is going on?")).outcome is Outcome.TICKET
    assert [(row.times, row.settled_at is None) for row in lost(session)] == [(2, True), (1, False)]
    assert kinds(session) == [Mail.TICKET_RECEIVED] * 2


@pytest.mark.one_engine
def test_our_own_mail_that_comes_back_is_no_ticket(session, desk, app):
    first = arrives(mail(sender=desk.requester.email))
    back = arrives(mail(sender=desk.requester.email, text="x", message_id=our_id(app, first.outbox_id or 0)))
    assert back.cause is Cause.OWN
    from_us = arrives(mail(sender=helpdesk_of(session, desk), text="y"))
    assert from_us.cause is Cause.OWN
    assert len(kinds(session)) == 1


def test_a_bounce_marks_the_address_and_the_mail_of_ours(session, desk, app):
    row_id = notice(desk)
    done = arrives(report(of=our_id(app, row_id), recipient=desk.requester.email))
    assert (done.outcome, done.cause, done.outbox_id) == (Outcome.BOUNCE, Cause.BOUNCED, None)
    session.rollback()
    row = session.get_one(OutboxRow, row_id)
    assert row.state is OutboxState.FAILED
    assert row.failure == "5.1.1 550 5.1.1 no such person here"
    assert session.get_one(AddressState, desk.requester.email).bounced_at is not None
    (kept,) = lost(session)
    assert (kept.outbox_id, kept.project_id, kept.settled_at) == (row_id, desk.project_id, None)
    assert Mail.DELIVERY_FAILED in kinds(session)


@pytest.mark.one_engine
@pytest.mark.parametrize(("status", "action", "state", "is_marked"), [
    ("5.2.2", "failed", OutboxState.FAILED, False), ("4.4.1", "delayed", OutboxState.SENT, False),
])
def test_a_full_or_slow_mailbox_is_no_wrong_address(session, desk, app, status, action, state, is_marked):
    row_id = notice(desk)
    arrives(report(of=our_id(app, row_id), recipient=desk.requester.email, status=status, action=action))
    session.rollback()
    assert session.get_one(OutboxRow, row_id).state is state
    assert (session.get(AddressState, desk.requester.email) is not None) is is_marked


@pytest.mark.one_engine
def test_a_report_about_somebody_elses_mail_changes_nothing(session, desk):
    done = arrives(report(of="<outbox.1.000000000000@agency.example>", recipient=desk.requester.email))
    assert done.outcome is Outcome.BOUNCE
    assert session.get(AddressState, desk.requester.email) is None
    assert len(lost(session)) == 1


@pytest.mark.one_engine
def test_a_mail_above_25_mb_waits_and_its_sender_learns_how_to_send_less(
    session, desk, var, monkeypatch
):
    mails.empty(var)
    assert arrivals.MAX_MAIL_BYTES == 25 * 1024 * 1024
    monkeypatch.setattr(arrivals, "MAX_MAIL_BYTES", 1_000)
    big = mail(sender=desk.requester.email, subject="Ekrānšāviņi").as_bytes() + (b"x" * 76 + b"\n") * 20
    done = arrives(big)
    assert (done.outcome, done.cause) == (Outcome.HELD, Cause.TOO_BIG)
    outbox_jobs.sweep()
    (told,) = mails.folder(var)
    assert told["To"] == desk.requester.email
    assert "25 MB" in mails.text(told)
    assert told["Auto-Submitted"] == "auto-replied"
    unknown = arrives(big.replace(desk.requester.email.encode(), b"stranger@x.example"))
    assert (unknown.cause, unknown.outbox_id) == (Cause.TOO_BIG, None)


@pytest.mark.one_engine
def test_an_encrypted_mail_waits_and_its_sender_is_told(session, desk):
    made = mail(sender=desk.requester.email, text="-----BEGIN PGP MESSAGE-----\n\nabc\n-----END PGP MESSAGE-----")
    done = arrives(made)
    assert done.outcome is Outcome.HELD
    assert done.cause is Cause.ENCRYPTED
    assert kinds(session) == [Mail.TICKET_NOT_TAKEN]


@pytest.mark.one_engine
def test_an_infected_mail_waits_and_nobody_is_told(session, desk, app, monkeypatch):
    class Scanner:
        def scan(self, pieces: object) -> Scan:
            return Scan(check=FileCheck.INFECTED, cause="Eicar")

        def version(self) -> str:
            return ""

    monkeypatch.setitem(app.extensions, "scanner", Scanner())
    done = arrives(mail(sender=desk.requester.email))
    assert (done.cause, done.outbox_id) == (Cause.INFECTED, None)
    assert lost(session)[0].detail == "Eicar"
    assert session.get_one(StoredFile, lost(session)[0].raw_file_id).check_state is FileCheck.INFECTED


def test_broken_letters_are_stored_found_and_sent_on(session, desk, var):
    mails.empty(var)
    made = (
        f"From: =?utf-8?Q?J=C4=81nis=00?= <{desk.requester.email}>\nSubject: Zem\x00e =?utf-8?Q?=ED=A0=BD?= Rēzekne\n"
        "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\nVārds "
    ).encode() + b"\xed\xa0\xbd \x00 \xff beigas"
    done = arrives(made)
    assert done.outcome is Outcome.TICKET
    (message,) = messages(session, done.ticket)
    assert message.text.startswith("Vārds ���")
    assert "rezekne" in message.ticket.search_key
    assert "beigas" in message.ticket.search_key
    outbox_jobs.sweep()
    (confirmation,) = mails.folder(var)
    assert "Rēzekne" in confirmation["Subject"]


@pytest.mark.one_engine
def test_a_file_that_is_not_taken_leaves_the_others_and_the_whole_mail(session, desk):
    made = mail(sender=desk.requester.email)
    made.add_attachment(b"MZ" + b"\0" * 400, maintype="application", subtype="octet-stream", filename="tool.exe")
    made.add_attachment(picture(), maintype="image", subtype="png", filename="shot.png")
    done = arrives(made)
    (message,) = messages(session, done.ticket)
    assert [one.file.name for one in message.attachments] == ["shot.png"]
    assert message.ticket.context["left_out"] == ["tool.exe"]
    assert message.raw_file_id


@pytest.mark.one_engine
def test_quotes_and_signatures_are_folded_and_kept(session, desk):
    text = "It works.\n\n-- \nAnna\n\nOn 3 Nov 2026 you wrote:\n> Try again"
    done = arrives(mail(sender=desk.requester.email, text=text))
    (message,) = messages(session, done.ticket)
    assert message.text == "It works."
    assert message.quoted == "-- \nAnna\n\nOn 3 Nov 2026 you wrote:\n> Try again"


def test_accept_anyway_makes_a_ticket_with_files_or_a_message_in_one(session, desk):
    made = mail(sender="stranger@x.example", to=helpdesk_of(session, desk))
    made.add_attachment(picture(), maintype="image", subtype="png", filename="shot.png")
    arrives(made)
    arrives(mail(sender="stranger2@x.example", to=helpdesk_of(session, desk), text="And this"))
    first, second = (row.id for row in lost(session))
    session.rollback()
    number = jobs.accept(first, actor=desk.helpdesk.actor, number=None).number
    assert jobs.accept(first, actor=desk.helpdesk.actor, number=None).number == number
    jobs.accept(second, actor=desk.helpdesk.actor, number=number)
    found = messages(session, number)
    assert [one.text for one in found] == ["Hello, my upload stops at half.", "And this"]
    assert [one.file.name for one in found[0].attachments] == ["shot.png"]
    assert kinds(session) == [Mail.TICKET_RECEIVED]
    assert [row.settlement for row in lost(session)] == [Settlement.ACCEPTED] * 2
    assert arrives(mail(sender="stranger@x.example", text="Now you know me")).outcome is Outcome.TICKET
