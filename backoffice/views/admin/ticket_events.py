"""What happened to a ticket beside its messages, in the thread: from the audit trail (S16)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from flask import url_for
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.domain.causes import CURE_DONE, Cure
from backoffice.domain.permissions import Actor
from backoffice.domain.tickets import CATEGORY_WORDS, STATE_WORDS, Category, TicketState
from backoffice.models import Agency, AuditEvent, Project, User
from backoffice.queries import audit
from backoffice.queries import tickets as queries
from backoffice.views.admin.ticket_words import name_of
from backoffice.views.audit_words import action
from backoffice.views.ticket_thread import when

# Acts that stand in the thread as messages of their own.
SHOWN_AS_MESSAGES = frozenset({"ticket:opened", "ticket:message-received", "ticket:replied", "ticket:noted"})
_ICONS: Mapping[str, str] = MappingProxyType({
    "ticket:assigned": "user", "ticket:sorted": "tool", "ticket:routed": "send", "ticket:merged": "merge",
    "ticket:solved": "ok", "ticket:closed": "lock", "ticket:reopened": "undo", "ticket:set-waiting": "clock",
    "ticket:reply-taken-back": "undo", "ticket:unlock-asked": "unlock", "ticket:cured": "key",
    "ticket:picture-blacked-out": "box",
})


@dataclass(frozen=True, slots=True, kw_only=True)
class EventLine:
    """One line between the messages."""

    at: datetime
    icon: str
    words: str | Markup
    when: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Names:
    """What the events of a thread name by id, read at once."""

    users: Mapping[int, User]
    projects: Mapping[int, str]
    agencies: Mapping[int, str]
    actor: Actor
    ticket_url: Callable[[int], str]
    addresses: Mapping[int, str]  # of an event, as long as nobody was erased


def lines(
    session: Session, *, actor: Actor, numbers: Sequence[int], ticket_url: Callable[[int], str]
) -> list[EventLine]:
    """The events of a ticket, and of those that were merged into it, the oldest first."""
    events = [
        event for event in session.scalars(queries.events(actor, numbers)) if event.action not in SHOWN_AS_MESSAGES
    ]
    names = _names(session, events, actor=actor, ticket_url=ticket_url)
    return [
        EventLine(
            at=event.at, icon=_ICONS.get(event.action, "info"), words=_words(event, names), when=when(event.at)
        )
        for event in events
    ]


def _names(
    session: Session, events: Sequence[AuditEvent], *, actor: Actor, ticket_url: Callable[[int], str]
) -> _Names:
    users = {event.actor_id for event in events} | _ids(events, "assignee", "before")
    projects, agencies = _ids(events, "project", "project_before"), _ids(events, "agency", "agency_before")
    return _Names(
        users={row.id: row for row in session.scalars(select(User).where(User.id.in_(users - {None})))},
        projects={row.id: row.code for row in session.scalars(select(Project).where(Project.id.in_(projects)))},
        agencies={row.id: row.code for row in session.scalars(select(Agency).where(Agency.id.in_(agencies)))},
        actor=actor, ticket_url=ticket_url,
        addresses={
            row.event_id: row.value
            for row in session.scalars(audit.personal_of([event.id for event in events]))
            if row.field == "email"
        },
    )


def _ids(events: Sequence[AuditEvent], *fields: str) -> set[int | None]:
    return {value for event in events for name in fields if isinstance(value := event.details.get(name), int)}


def _words(event: AuditEvent, names: _Names) -> str | Markup:
    who = _who(event, names)
    maker = _SENTENCES.get(event.action)
    said = maker(event, names) if maker else action(event.action)
    return Markup("{}: {}").format(who, said) if who else said


def _who(event: AuditEvent, names: _Names) -> str:
    if event.actor_id is None:
        return "" if event.actor_role else str(_("By itself"))
    user = names.users.get(event.actor_id)
    return name_of(user, actor=names.actor) if user else ""


def _assigned(event: AuditEvent, names: _Names) -> str:
    user = names.users.get(event.details.get("assignee") or 0)
    if user is None:
        return str(_("given back to everybody"))
    if user.id == event.actor_id:
        return str(_("took the ticket"))
    return str(_("assigned to %(name)s", name=name_of(user, actor=names.actor)))


def _sorted(event: AuditEvent, names: _Names) -> str:
    if "project" in event.details:
        code = names.projects.get(event.details["project"] or 0)
        return str(_("project %(code)s", code=code)) if code else str(_("no project"))
    value = event.details.get("category")
    if value not in set(Category):
        return str(_("no category"))
    return str(_("category “%(name)s”", name=_(CATEGORY_WORDS[Category(value)])))


def _routed(event: AuditEvent, names: _Names) -> str:
    code = names.agencies.get(event.details.get("agency") or 0, "")
    return str(_("given to the agency %(code)s", code=code))


def _merged(event: AuditEvent, names: _Names) -> Markup:
    into, taken = event.details.get("into"), event.details.get("taken_in")
    number = into or taken
    link = Markup('<a href="{}">#{}</a>').format(names.ticket_url(int(number or 0)), number)
    return Markup("{} {}").format(_("merged into") if into else _("took in"), link)


def _moved(event: AuditEvent, _names: _Names) -> str:
    value = event.details.get("to")
    return str(_(STATE_WORDS[TicketState(value)])) if value in set(TicketState) else action(event.action)


def _cured(event: AuditEvent, names: _Names) -> str | Markup:
    """What was done, to whom, and where the trail of it stands."""
    value, email = event.details.get("cure"), names.addresses.get(event.id, "")
    if value not in set(Cure):
        return action(event.action)
    trail = url_for("audit.index_view", ticket=event.subject.removeprefix("ticket:"))
    return Markup('{}{} · <a href="{}">{}</a>').format(
        _(CURE_DONE[Cure(value)]), f" ({email})" if email else "", trail, _("audit trail")
    )


_SENTENCES: Mapping[str, Callable[[AuditEvent, _Names], str | Markup]] = MappingProxyType({
    "ticket:cured": _cured,
    "ticket:assigned": _assigned, "ticket:sorted": _sorted, "ticket:routed": _routed, "ticket:merged": _merged,
    "ticket:solved": _moved, "ticket:reopened": _moved, "ticket:set-waiting": _moved, "ticket:closed": _moved,
})
