"""What decides whether an act on many projects goes on for each: a few queries, however many projects."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from backoffice.domain.bulk import MOST, Act, Ask, Candidate, Why, left_out
from backoffice.domain.notices import Mail, OutboxState
from backoffice.domain.permissions import Actor
from backoffice.domain.visibility import OverrideKind, Subject
from backoffice.models import Access, AddressState, OutboxRow, Override, Project, User
from backoffice.queries import projects

BY_HAND = (Mail.REMINDER, Mail.ADDITIONS_REMINDER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody with access: who would be mailed."""

    access_id: int
    user_id: int
    email: str
    language: str | None
    is_bounced: bool
    has_signed_in: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One project of a bulk act, with why it is left out, if it is."""

    project: Project
    people: list[Person]
    to: list[Person]  # who would be mailed
    why: Why | None = None


@dataclass(slots=True, kw_only=True)
class Plan:
    will: list[Entry] = field(default_factory=list)
    wont: list[Entry] = field(default_factory=list)


def plan(session: Session, actor: Actor, *, rows: Sequence[Project], ask: Ask, now: datetime) -> Plan:
    """Tries and tells; changes nothing."""
    people = _people(session, [row.id for row in rows])
    hidden = set(session.scalars(
        select(Override.subject_id).where(
            Override.subject == Subject.PROJECT, Override.kind == OverrideKind.HIDE, Override.cleared_at.is_(None),
            Override.subject_id.in_([row.id for row in rows]),
        )
    ))
    reminded = _reminded(session, [row.id for row in rows])
    found = Plan()
    for row in rows:
        mine = people.get(row.id, [])
        to = [person for person in mine if not person.is_bounced]
        new = [person for person in to if not person.has_signed_in]
        today: date = projects.today(row.agency, now=now)
        case = Candidate(
            project_id=row.id, status=row.status, status_since_at=row.status_since_at,
            facts=projects.facts(row, today=today), results_required=projects.results_required(row),
            responsible_id=row.responsible_id, report_approved_on=row.report_approved_on, is_hidden=row.id in hidden,
            people=len(mine), reached=len(to), new=len(new), reminded_at=reminded.get(row.id),
        )
        why = left_out(case, ask, now=now)
        (found.wont if why else found.will).append(Entry(
            project=row, people=mine, to=new if ask.act is Act.ACCESS else to, why=why
        ))
    return found


def chosen(session: Session, actor: Actor, *, ids: Sequence[int], is_locked: bool = False) -> list[Project]:
    """These projects within the actor's scope, in the order of their ids, so that two acts at once do not lock each
    other out; at most MOST."""
    query = (
        projects.visible(actor)
        .where(Project.id.in_(ids))
        .options(joinedload(Project.agency, innerjoin=True))
        .order_by(Project.id)
        .limit(MOST)
    )
    if is_locked:
        query = query.with_for_update(of=Project).execution_options(populate_existing=True)
    return list(session.scalars(query))


def _people(session: Session, ids: Sequence[int]) -> dict[int, list[Person]]:
    query = (
        select(Access.project_id, Access.id, User.id, User.email, User.language, AddressState.bounced_at,
               User.last_sign_in_at)
        .join(User, User.id == Access.user_id)
        .outerjoin(AddressState, AddressState.email == User.email)
        .where(Access.project_id.in_(ids), Access.ended_at.is_(None), User.deactivated_at.is_(None))
        .order_by(Access.id)
    )
    found: dict[int, list[Person]] = {}
    for project_id, access_id, user_id, email, language, bounced_at, signed_in_at in session.execute(query):
        found.setdefault(project_id, []).append(Person(
            access_id=access_id, user_id=user_id, email=email, language=language, is_bounced=bounced_at is not None,
            has_signed_in=signed_in_at is not None,
        ))
    return found


def _reminded(session: Session, ids: Sequence[int]) -> dict[int, datetime]:
    """When each was last reminded by hand: such a mail is reckoned from no date."""
    query = (
        select(OutboxRow.project_id, func.max(OutboxRow.id))
        .where(
            OutboxRow.project_id.in_(ids), OutboxRow.kind.in_(BY_HAND), OutboxRow.state != OutboxState.WITHDRAWN,
            OutboxRow.key.contains(":hand:"),
        )
        .group_by(OutboxRow.project_id)
    )
    rows = session.execute(query).all()
    found = session.execute(
        select(OutboxRow.id, OutboxRow.created_at).where(OutboxRow.id.in_([row_id for _, row_id in rows]))
    )
    at = {row.id: row.created_at for row in found}
    return {project_id: at[row_id] for project_id, row_id in rows if project_id is not None}
