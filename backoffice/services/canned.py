"""Replies that an agency has ready (S16): its own words in both languages, and what a ticket becomes with them."""

from dataclasses import dataclass

from sqlalchemy import func, select

from backoffice.domain import canned, text
from backoffice.domain.errors import N_, Forbidden, NotFound, Refused, Stale
from backoffice.domain.permissions import Actor, Permission
from backoffice.domain.tickets import THEN, TicketState
from backoffice.models import CannedReply
from backoffice.queries import tickets as queries
from backoffice.services import audit
from backoffice.services.uow import UnitOfWork

NAME_MOST = 100  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class CannedValues:
    """What the form holds."""

    name: str
    text_lv: str
    text_en: str
    then: TicketState


def save(
    uow: UnitOfWork, *, actor: Actor, reply_id: int | None, values: CannedValues, seen_version: int = 0
) -> CannedReply:
    """A new reply, or another wording of one. At least one language; a place that nothing fills is refused."""
    _check_may(actor)
    row = _own(uow, actor=actor, reply_id=reply_id) if reply_id is not None else None
    if row is not None and row.version != seen_version:
        raise Stale(N_("A colleague has changed this reply since you opened this page."))
    checked = _checked(values)
    same = select(CannedReply.id).where(
        CannedReply.agency_id == actor.agency_id, CannedReply.name == checked.name, CannedReply.id != (reply_id or 0)
    )
    if uow.session.scalar(same) is not None:
        raise Refused(N_("There is a reply with this name already."), field="name", code="duplicate")
    if row is None:
        last = uow.session.scalar(
            select(func.max(CannedReply.position)).where(CannedReply.agency_id == actor.agency_id)
        )
        row = CannedReply(agency_id=actor.agency_id, position=(last or 0) + 1, version=0)
        uow.session.add(row)
    row.name, row.text_lv, row.text_en, row.then = checked.name, checked.text_lv, checked.text_en, checked.then
    row.version += 1
    uow.session.flush()
    _record(uow, actor=actor, row=row, action="canned-reply:changed")
    return row


def delete(uow: UnitOfWork, *, actor: Actor, reply_id: int) -> None:
    row = _own(uow, actor=actor, reply_id=reply_id)
    _record(uow, actor=actor, row=row, action="canned-reply:deleted")
    uow.session.delete(row)


def move(uow: UnitOfWork, *, actor: Actor, reply_id: int, step: int) -> None:
    """One place up (-1) or down (1)."""
    row = _own(uow, actor=actor, reply_id=reply_id)
    rows = list(uow.session.scalars(queries.canned(actor)))
    place = rows.index(row)
    other = place + step
    if 0 <= other < len(rows):
        rows[place], rows[other] = rows[other], rows[place]
        for position, each in enumerate(rows, start=1):
            each.position = position


def _check_may(actor: Actor) -> None:
    if not actor.can(Permission.TEXT_EDIT) or actor.agency_id is None:
        raise Forbidden(N_("Your role does not allow this."))


def _own(uow: UnitOfWork, *, actor: Actor, reply_id: int) -> CannedReply:
    _check_may(actor)
    query = queries.canned(actor).where(CannedReply.id == reply_id).with_for_update()
    row = uow.session.scalar(query)
    if row is None:
        raise NotFound(N_("There is no such reply."))
    return row


def _checked(values: CannedValues) -> CannedValues:
    name = text.clean_line(values.name)
    if not name:
        raise Refused(N_("This cannot be empty."), field="name", code="required")
    over = text.length(name) - NAME_MOST
    if over > 0:
        raise Refused(
            N_("This may have at most %(most)s characters; it has %(over)s too many."), field="name",
            code="too-long", values={"most": NAME_MOST, "over": over},
        )
    texts = {
        field: text.fit(text.clean(written), limit="ticket_text", field=field)
        for field, written in (("text_lv", values.text_lv), ("text_en", values.text_en))
    }
    if not any(texts.values()):
        raise Refused(N_("Write it in one language at least."), field="text_lv", code="missing")
    for field, written in texts.items():
        unknown = canned.unknown_places(written)
        if unknown:
            raise Refused(
                N_("Nothing fills %(places)s."), field=field, code="places", values={"places": ", ".join(unknown)}
            )
    if values.then not in THEN:
        raise Refused(N_("A ticket cannot become this with a reply."), field="then", code="then")
    return CannedValues(name=name, text_lv=texts["text_lv"], text_en=texts["text_en"], then=values.then)


def _record(uow: UnitOfWork, *, actor: Actor, row: CannedReply, action: str) -> None:
    audit.record(
        uow, actor=actor, action=action, agency_id=row.agency_id, subject=f"canned-reply:{row.id}",
        details={"name": row.name},
    )
