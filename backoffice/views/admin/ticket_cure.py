"""Cause and cure beside the thread: what the person met with lately, what it likely is, and the one act that mends it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from flask import current_app
from flask_babel import force_locale, gettext, ngettext
from markupsafe import Markup, escape
from sqlalchemy.orm import Session

from backoffice.db import db
from backoffice.domain import causes, clock
from backoffice.domain.causes import CURE_PERMISSIONS, CURE_WORDS, EXPLANATIONS, Cause, Cure, Finding
from backoffice.domain.happenings import KIND_WORDS, MARKS, Happening
from backoffice.domain.permissions import Actor
from backoffice.domain.projects import Status
from backoffice.domain.tickets import Act, allowed
from backoffice.domain.visibility import Subject
from backoffice.models import Access, Contact, OutboxRow, Project, Ticket
from backoffice.queries import contacts as contact_queries
from backoffice.queries import happenings as queries
from backoffice.queries import tickets as ticket_queries
from backoffice.views.admin.base import RecordView
from backoffice.views.messages import day, say
from backoffice.views.ticket_thread import when

ICONS: Mapping[Cure, str] = MappingProxyType({
    Cure.SEND_ACCESS: "key", Cure.GIVE_ACCESS: "key", Cure.MOVE_ACCESS: "key", Cure.SEND_LINK: "key",
    Cure.SHOW_CONTACT: "eye", Cure.RESEND_MAIL: "mail", Cure.ASK_UNLOCK: "unlock",
})
OTHERS_SHOWN = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A possible cause as the page shows it; `explains`: the answer can be drafted, and nothing else is to be done."""

    cause: Cause
    words: Markup
    explains: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A cure as a button."""

    cure: Cure
    label: str
    icon: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What each cure can be about; one with nothing to be about is not offered."""

    accesses: Sequence[Access] = ()
    contacts: Sequence[Contact] = ()
    mails: Sequence[OutboxRow] = ()


def aside(view: RecordView, ticket: Ticket) -> dict[str, Any]:
    """What `admin/ticket/cure.html` shows beside its ticket and project."""
    if ticket.erased_at is not None or not ticket.requester_email:
        return {"cure": None}
    session, actor, now = db.session(), view.actor, clock.now()
    agency_id = ticket.agency_id or actor.agency_id or 0
    found = findings(session, ticket=ticket, agency_id=agency_id, now=now)
    offers = _offers(view, ticket, found, choices(session, ticket=ticket, agency_id=agency_id))
    lately = queries.lately(
        session, agency_id=agency_id, email=ticket.requester_email, project=ticket.project, now=now
    )
    others = ticket_queries.of_requester(user_id=ticket.requester_id, email=ticket.requester_email).where(
        Ticket.id != ticket.id, ticket_queries.scope(actor)
    )
    return {"cure": {
        "likely": _shown(found[0]),
        "also": [_shown(one) for one in found[1:]],
        "main": offers[0] if offers and found[0].cures else None,
        "more": offers[1:] if found[0].cures else offers,
        "lately": [_line(one) for one in lately],
        "others": session.scalars(others.limit(OTHERS_SHOWN)).all(),
        "perhaps": session.scalars(queries.perhaps(actor, ticket=ticket)).all() if ticket.project is None else [],
        "may_sort": view.opens("project_view"),
        "explain_url": view.get_url(".explain_view", number=ticket.number) if view.opens("explain_view") else "",
        "project_url": view.get_url(".project_view", number=ticket.number),
    }}


def findings(session: Session, *, ticket: Ticket, agency_id: int, now: datetime) -> list[Finding]:
    """The likely causes of what the ticket is about."""
    return causes.likely(queries.facts(
        session, agency_id=agency_id, email=ticket.requester_email, project=ticket.project, now=now,
        has_oidc=current_app.config["SETTINGS"].is_oidc_set,
    ))


def choices(session: Session, *, ticket: Ticket, agency_id: int) -> Choices:
    """Of the ticket's project and its requester, and of nobody else."""
    mails = session.scalars(
        queries.resendable(ticket.project_id, agency_id=agency_id, email=ticket.requester_email)
    ).all()
    if ticket.project is None:
        return Choices(mails=mails)
    accesses = list(session.scalars(contact_queries.active_accesses(ticket.project.id)))
    accesses.sort(key=lambda row: row.user.email != ticket.requester_email)  # the requester's own stands first
    hidden = [row for row in ticket.project.contacts if not _is_public(session, row)]
    hidden.sort(key=lambda row: row.email != ticket.requester_email)
    return Choices(accesses=accesses, contacts=hidden, mails=mails)


def may(actor: Actor, cure: Cure, ticket: Ticket, found: Choices) -> bool:
    """Is there something for this cure to be about, and may the actor do it?"""
    if not actor.can(CURE_PERMISSIONS[cure]):
        return False
    if cure in (Cure.SEND_ACCESS, Cure.MOVE_ACCESS):
        return bool(found.accesses)
    if cure is Cure.SEND_LINK:
        return bool(found.accesses) and not current_app.config["SETTINGS"].is_oidc_set
    if cure is Cure.SHOW_CONTACT:
        return bool(found.contacts)
    if cure is Cure.RESEND_MAIL:
        return bool(found.mails)
    if cure is Cure.ASK_UNLOCK:
        return ticket.unlock_asked_at is None and _is_closed(ticket.project)
    return ticket.project is not None


def drafted(ticket: Ticket, sentence: str, values: Mapping[str, object]) -> str:
    """An answer in the language of the requester."""
    with force_locale(ticket.language):
        name = ticket.requester_name
        greeting = say(causes.GREETING_BY_NAME, {"name": name}) if name else say(causes.GREETING)
        return f"{greeting}\n\n{say(sentence, values)}"


def explanation(ticket: Ticket, finding: Finding) -> str:
    """The answer that explains a cause; empty where there is none."""
    code = ticket.project.code if ticket.project else ""
    sentence = finding.sentence if finding.cause is Cause.FILE_REFUSED else EXPLANATIONS.get(finding.cause, "")
    if finding.cause is Cause.NOT_YET and "day" not in finding.values:
        return ""
    values = {**finding.values, "code": code, "email": ticket.requester_email}
    return drafted(ticket, sentence, values) if sentence else ""


def _offers(view: RecordView, ticket: Ticket, found: list[Finding], about: Choices) -> list[Offer]:
    """The fitting cure first, then those of the other causes, then whatever else can be done."""
    if not view.opens("cure_view") or Act.CURE not in allowed(ticket.state):
        return []
    named = [cure for one in found for cure in one.cures]
    return [
        Offer(
            cure=cure, label=gettext(CURE_WORDS[cure]), icon=ICONS[cure],
            url=view.get_url(".cure_view", number=ticket.number, kind=cure.value),
        )
        for cure in dict.fromkeys([*named, *Cure])
        if may(view.actor, cure, ticket, about)
    ]


def _shown(finding: Finding) -> Shown:
    words = escape(gettext(finding.sentence)) % {
        name: day(value) if isinstance(value, date) else Markup('<span class="code">{}</span>').format(value)
        for name, value in finding.values.items()
    }
    explains = finding.cause is Cause.FILE_REFUSED or finding.cause in EXPLANATIONS
    return Shown(cause=finding.cause, words=words, explains=explains)


def _line(one: Happening) -> dict[str, str]:
    text = say(KIND_WORDS[one.kind], _in_words(one))
    if one.count > 1:
        text = ngettext("%(what)s, %(num)s time", "%(what)s, %(num)s times", one.count, what=text)
    kind, icon = MARKS[one.kind]
    note = when(one.at)
    if one.note:
        note = f"{note} · {say(one.note, one.values)}"
    return {"text": text, "note": note, "kind": kind, "icon": icon}


def _in_words(one: Happening) -> Mapping[str, object]:
    """The kinds of mails are words of ours, everything else is as it is."""
    return {name: gettext(str(value)) if name == "mail" else value for name, value in one.values.items()}


def _is_public(session: Session, contact: Contact) -> bool:
    return contact_queries.is_public(
        contact, session.scalar(contact_queries.active_override(Subject.CONTACT, contact.id))
    )


def _is_closed(project: Project | None) -> bool:
    return project is not None and project.status in (Status.UNDER_REVIEW, Status.APPROVED)

