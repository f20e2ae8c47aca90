"""What happened to a person lately, and the facts from which the likely cause is told (domain.causes).

By folded address and within one agency: mails, access and decisions of another agency's projects are not shown. Tries
to sign in belong to no agency; they are asked for only by the address of a ticket that the actor may read.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import groupby

from sqlalchemy import ColumnElement, Select, false, func, or_, select
from sqlalchemy.orm import Session, joinedload

from backoffice.domain import clock, projects
from backoffice.domain.causes import Facts
from backoffice.domain.files import FileCheck
from backoffice.domain.happenings import DECISION_KINDS, REFUSAL_WORDS, Happening, Kind
from backoffice.domain.notices import MAIL_WORDS, Mail, OutboxState
from backoffice.domain.permissions import Actor
from backoffice.domain.projects import Status
from backoffice.domain.reviews import DecisionKind
from backoffice.domain.signin import Attempt
from backoffice.domain.tickets import TO_ANSWER, TicketState
from backoffice.domain.visibility import OverrideKind, Subject
from backoffice.models import (
    Access,
    AddressState,
    AuditEvent,
    Contact,
    Decision,
    OutboxRow,
    PasswordLink,
    Project,
    SignInAttempt,
    StoredFile,
    Submission,
    Ticket,
    User,
)
from backoffice.queries import contacts as contact_queries
from backoffice.queries import projects as project_queries

LATELY = timedelta(days=90)
MOST = 12  # lines
_NO_REFUSALS = (Attempt.GRANTED, Attempt.ADDRESS_CHANGED, Attempt.FORGOT, Attempt.WROTE)
FILE_REFUSED = "file:refused"  # the audit's name for it

_MAIL_KINDS = {
    OutboxState.SENT: Kind.MAIL_SENT, OutboxState.FAILED: Kind.MAIL_FAILED,
    OutboxState.SUPPRESSED: Kind.MAIL_SUPPRESSED, OutboxState.HELD: Kind.MAIL_HELD,
}
# Addresses at these say nothing about where somebody works.
MAIL_PROVIDERS = frozenset({
    "gmail.com", "googlemail.com", "inbox.lv", "outlook.com", "hotmail.com", "yahoo.com", "icloud.com", "me.com",
    "live.com", "apollo.lv", "one.lv", "tvnet.lv", "mail.ru", "proton.me", "protonmail.com",
})
# The mails by which a person learns the way in.
ACCESS_MAILS = (Mail.ACCESS, Mail.INVITATION)


def lately(
    session: Session, *, agency_id: int, email: str, project: Project | None, now: datetime, most: int = MOST
) -> list[Happening]:
    """The newest first; what happened several times in a row is one line with its number."""
    since, user = now - LATELY, _user(session, email)
    found = [
        *_tries(session, email=email, since=since),
        *_mails(session, agency_id=agency_id, email=email, since=since),
        *_address(session, email=email),
    ]
    if user is not None:
        found += [
            *_links(session, user=user, since=since, now=now),
            *_accesses(session, user=user, agency_id=agency_id, since=since),
            *_files(session, user=user, agency_id=agency_id, since=since),
        ]
    if project is not None:
        found += _of_project(session, project=project, since=since)
    found.sort(key=lambda one: one.at, reverse=True)
    return _in_rows(found)[:most]


def facts(
    session: Session, *, agency_id: int, email: str, project: Project | None, now: datetime, has_oidc: bool = False
) -> Facts:
    """All that `domain.causes` asks for."""
    user = _user(session, email)
    link = _last_link(session, user)
    bounce = session.get(AddressState, email)
    known = Facts(
        email=email,
        refusal=_refusal(session, email=email, since=now - LATELY),
        has_account=user is not None and user.deactivated_at is None,
        has_signed_in=user is not None and user.last_sign_in_at is not None,
        has_oidc=has_oidc,
        link_expired_at=(
            link.expires_at if link is not None and link.used_at is None and link.expires_at <= now else None
        ),
        bounce=(bounce.cause or "—") if bounce is not None and bounce.bounced_at is not None else "",
    )
    return _about(session, known, user=user, project=project, now=now) if project is not None else known


def _about(session: Session, known: Facts, *, user: User | None, project: Project, now: datetime) -> Facts:
    today = project_queries.today(project.agency, now=now)
    facts_of_project = project_queries.facts(project, today=today)
    active = session.scalars(contact_queries.active_accesses(project.id)).all()
    mail = session.scalar(_access_mail(project.id, known.email))
    ended = _ended(session, user=user, project=project)
    refused = session.scalar(_refused_files(project_id=project.id, since=now - LATELY).limit(1))
    return Facts(
        email=known.email, refusal=known.refusal, has_account=known.has_account,
        has_signed_in=known.has_signed_in, has_oidc=known.has_oidc, link_expired_at=known.link_expired_at,
        bounce=known.bounce, has_project=True,
        has_access=any(row.user.email == known.email for row in active),
        access_ended_on=clock.day_of(ended, time_zone=project.agency.time_zone) if ended else None,
        invited=tuple(row.user.email for row in active),
        access_mail=mail.state if mail else None,
        failed_mail=mail.failure if mail else "",
        status=project.status,
        is_submittable=projects.submittable(facts_of_project),
        submittable_from=projects.submittable_from(facts_of_project),
        file_refused=(
            (str(refused.details.get("cause", "")), refused.details.get("values") or {}) if refused else None
        ),
        contact=_contact_state(session, project=project, email=known.email),
    )


def _user(session: Session, email: str) -> User | None:
    return session.scalar(select(User).where(User.email == email))


def _last_link(session: Session, user: User | None) -> PasswordLink | None:
    if user is None:
        return None
    query = select(PasswordLink).where(PasswordLink.user_id == user.id)
    return session.scalar(query.order_by(PasswordLink.id.desc()).limit(1))


def _access_mail(project_id: int, email: str) -> Select[OutboxRow]:
    return (
        select(OutboxRow)
        .where(OutboxRow.project_id == project_id, OutboxRow.to == email, OutboxRow.kind.in_(ACCESS_MAILS))
        .order_by(OutboxRow.created_at.desc(), OutboxRow.id.desc())
        .limit(1)
    )


def resendable(project_id: int | None, *, agency_id: int, email: str) -> Select[OutboxRow]:
    """Mails to a person that can be sent again: those that left, failed or were never sent; the newest first."""
    states = (OutboxState.SENT, OutboxState.FAILED, OutboxState.SUPPRESSED)
    query = select(OutboxRow).where(
        OutboxRow.agency_id == agency_id, OutboxRow.to == email, OutboxRow.state.in_(states),
        OutboxRow.kind.not_in((Mail.TICKET_RECEIVED, Mail.TICKET_REPLY, Mail.DELIVERY_FAILED)),
    )
    if project_id is not None:
        query = query.where(or_(OutboxRow.project_id == project_id, OutboxRow.project_id.is_(None)))
    return query.order_by(OutboxRow.created_at.desc(), OutboxRow.id.desc()).limit(MOST)


def perhaps(actor: Actor, *, ticket: Ticket, most: int = 5) -> Select[Project]:
    """Projects that a ticket without one may be about: a person of the same name, or of the same school's addresses."""
    name, (_local, _at, domain) = ticket.requester_name, ticket.requester_email.partition("@")
    likely: list[ColumnElement[bool]] = []
    if name:
        likely += [
            Project.id.in_(select(Contact.project_id).where(Contact.name == name, Contact.ended_at.is_(None))),
            Project.id.in_(select(Access.project_id).join(User, User.id == Access.user_id).where(User.name == name)),
        ]
    if domain and domain not in MAIL_PROVIDERS:
        likely.append(Project.id.in_(
            select(Contact.project_id).where(Contact.email.endswith("@" + domain, autoescape=True))
        ))
    if not likely:
        return select(Project).where(false())
    query = select(Project).where(project_queries.scope(actor), or_(*likely))
    return query.order_by(Project.end_date.desc(), Project.id.desc()).limit(most)


def unlock_asked(session: Session, *, actor: Actor, project_ids: Sequence[int]) -> dict[int, Ticket]:
    """Project → the ticket on which the helpdesk asks a specialist to unlock, as long as nobody did and the ticket
    lives."""
    unlocked = select(Decision.id).where(
        Decision.project_id == Ticket.project_id, Decision.kind == DecisionKind.UNLOCK,
        Decision.decided_at > Ticket.unlock_asked_at, Decision.undone_at.is_(None),
    )
    query = (
        select(Ticket)
        .join(Project, Project.id == Ticket.project_id)
        .where(
            Ticket.project_id.in_(project_ids), Ticket.agency_id == actor.agency_id,
            Ticket.unlock_asked_at.is_not(None), Ticket.state.in_((*TO_ANSWER, TicketState.WAITING)),
            Project.status.in_((Status.UNDER_REVIEW, Status.APPROVED)), ~unlocked.exists(),
        )
        .order_by(Ticket.id)
    )
    return {row.project_id: row for row in session.scalars(query) if row.project_id is not None}


def _refusal(session: Session, *, email: str, since: datetime) -> Attempt | None:
    """How the last try was refused since sign-in last went well."""
    mine = (SignInAttempt.email == email, SignInAttempt.at > since)
    granted = session.scalar(
        select(func.max(SignInAttempt.at)).where(*mine, SignInAttempt.outcome == Attempt.GRANTED)
    )
    query = (
        select(SignInAttempt.outcome)
        .where(*mine, SignInAttempt.outcome.not_in(_NO_REFUSALS))
        .order_by(SignInAttempt.at.desc(), SignInAttempt.id.desc())
        .limit(1)
    )
    outcome = session.scalar(query.where(SignInAttempt.at > granted) if granted else query)
    return Attempt(outcome) if outcome else None


def _ended(session: Session, *, user: User | None, project: Project) -> datetime | None:
    if user is None:
        return None
    return session.scalar(
        select(func.max(Access.ended_at)).where(Access.user_id == user.id, Access.project_id == project.id)
    )


def _contact_state(session: Session, *, project: Project, email: str) -> str:
    contact = contact_of(session, project_id=project.id, email=email)
    if contact is None:
        return ""
    override = session.scalar(contact_queries.active_override(Subject.CONTACT, contact.id))
    if contact_queries.is_public(contact, override):
        return "public"
    if override is not None and override.kind is OverrideKind.HIDE:
        return "hidden"
    return "withdrew" if contact.person_withdrew_at is not None else "private"


def contact_of(session: Session, *, project_id: int, email: str) -> Contact | None:
    return session.scalar(
        select(Contact).where(Contact.project_id == project_id, Contact.email == email, Contact.ended_at.is_(None))
    )


def _tries(session: Session, *, email: str, since: datetime) -> Iterable[Happening]:
    rows = session.scalars(
        select(SignInAttempt)
        .where(
            SignInAttempt.email == email, SignInAttempt.at > since, SignInAttempt.outcome != Attempt.WROTE,
        )
        .order_by(SignInAttempt.at.desc(), SignInAttempt.id.desc())
        .limit(100)
    )
    kinds = {
        Attempt.GRANTED.value: Kind.SIGNED_IN, Attempt.ADDRESS_CHANGED.value: Kind.SIGNED_IN,
        Attempt.FORGOT.value: Kind.LINK_ASKED,
    }
    for row in rows:
        kind = kinds.get(row.outcome, Kind.SIGN_IN_REFUSED)
        note = REFUSAL_WORDS.get(row.outcome, "") if kind is Kind.SIGN_IN_REFUSED else ""
        yield Happening(kind=kind, at=row.at, note=note)


def _mails(session: Session, *, agency_id: int, email: str, since: datetime) -> Iterable[Happening]:
    rows = session.scalars(
        select(OutboxRow)
        .where(
            OutboxRow.agency_id == agency_id, OutboxRow.to == email, OutboxRow.created_at > since,
            OutboxRow.state.in_(tuple(_MAIL_KINDS)),
        )
        .order_by(OutboxRow.id.desc())
        .limit(40)
    )
    for row in rows:
        yield Happening(
            kind=_MAIL_KINDS[row.state], at=row.sent_at or row.created_at, values={"mail": MAIL_WORDS[row.kind]},
        )


def _address(session: Session, *, email: str) -> Iterable[Happening]:
    row = session.get(AddressState, email)
    if row is not None and row.bounced_at is not None:
        yield Happening(kind=Kind.ADDRESS_REFUSED, at=row.bounced_at)


def _links(session: Session, *, user: User, since: datetime, now: datetime) -> Iterable[Happening]:
    rows = session.scalars(
        select(PasswordLink)
        .where(PasswordLink.user_id == user.id, PasswordLink.created_at > since)
        .order_by(PasswordLink.id.desc())
        .limit(20)
    ).all()
    used = {row.used_at for row in rows if row.used_at is not None}
    for row in rows:
        yield Happening(kind=Kind.LINK_SENT, at=row.created_at)
        # The use of one closes the others in the same instant: it is told once.
        if row.used_at in used:
            used.discard(row.used_at)
            yield Happening(kind=Kind.LINK_USED, at=row.used_at)
        elif row.used_at is None and row.expires_at <= now:
            yield Happening(kind=Kind.LINK_EXPIRED, at=row.expires_at)


def _accesses(session: Session, *, user: User, agency_id: int, since: datetime) -> Iterable[Happening]:
    rows = session.scalars(
        select(Access)
        .join(Project, Project.id == Access.project_id)
        .where(
            Access.user_id == user.id, Project.agency_id == agency_id,
            or_(Access.granted_at > since, Access.ended_at > since),
        )
        .options(joinedload(Access.project))
        .order_by(Access.id.desc())
        .limit(40)
    )
    for row in rows:
        if row.granted_at > since:
            yield Happening(kind=Kind.ACCESS_GIVEN, at=row.granted_at, values={"code": row.project.code})
        if row.ended_at is not None:
            yield Happening(kind=Kind.ACCESS_ENDED, at=row.ended_at, values={"code": row.project.code})


def _refused_files(*, project_id: int, since: datetime) -> Select[AuditEvent]:
    return (
        select(AuditEvent)
        .where(AuditEvent.project_id == project_id, AuditEvent.action == FILE_REFUSED, AuditEvent.at > since)
        .order_by(AuditEvent.at.desc(), AuditEvent.id.desc())
    )


def _files(session: Session, *, user: User, agency_id: int, since: datetime) -> Iterable[Happening]:
    refused = session.scalars(
        select(AuditEvent)
        .where(
            AuditEvent.actor_id == user.id, AuditEvent.agency_id == agency_id, AuditEvent.action == FILE_REFUSED,
            AuditEvent.at > since,
        )
        .order_by(AuditEvent.id.desc())
        .limit(20)
    )
    for event in refused:
        yield Happening(
            kind=Kind.FILE_REFUSED, at=event.at, values=event.details.get("values") or {},
            note=str(event.details.get("cause", "")),
        )
    infected = session.scalars(
        select(StoredFile)
        .join(Project, Project.id == StoredFile.project_id)
        .where(
            StoredFile.uploaded_by_id == user.id, Project.agency_id == agency_id,
            StoredFile.check_state == FileCheck.INFECTED, StoredFile.checked_at > since,
        )
        .order_by(StoredFile.id.desc())
        .limit(20)
    )
    for file in infected:
        yield Happening(kind=Kind.FILE_INFECTED, at=file.checked_at or file.uploaded_at, values={"name": file.name})


def _of_project(session: Session, *, project: Project, since: datetime) -> Iterable[Happening]:
    submissions = session.scalars(
        select(Submission)
        .where(Submission.project_id == project.id, Submission.submitted_at > since)
        .order_by(Submission.id.desc())
    )
    for row in submissions:
        yield Happening(kind=Kind.SUBMITTED, at=row.submitted_at, values={"number": row.number})
    decisions = session.scalars(
        select(Decision)
        .where(Decision.project_id == project.id, Decision.decided_at > since, Decision.undone_at.is_(None))
        .order_by(Decision.id.desc())
    )
    for decision in decisions:
        yield Happening(kind=DECISION_KINDS[decision.kind], at=decision.decided_at)


def _in_rows(found: Sequence[Happening]) -> list[Happening]:
    """Neighbours that say the same become one line, dated by the newest of them."""
    rows = []
    for _same, group in groupby(found, key=lambda one: (one.kind, one.note, sorted(map(str, one.values.items())))):
        lines = list(group)
        first = lines[0]
        rows.append(Happening(
            kind=first.kind, at=first.at, count=len(lines), values=first.values, note=first.note,
        ))
    return rows
