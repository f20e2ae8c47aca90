"""People who can sign in."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload

from backoffice.domain.permissions import Actor, Permission
from backoffice.domain.text import parse_search
from backoffice.domain.tickets import TicketState
from backoffice.models import Access, Project, Ticket, User


def by_email(email: str) -> Select[User]:
    """`email` is folded (domain.text.fold_email)."""
    return select(User).where(User.email == email)


def projects_of(user_id: int) -> Select[int]:
    """The projects on which a person works now."""
    return (
        select(Access.project_id)
        .where(Access.user_id == user_id, Access.ended_at.is_(None))
        .order_by(Access.project_id)
    )


LIST_ORDER: tuple[InstrumentedAttribute[str], InstrumentedAttribute[int]] = (User.email, User.id)


def scope(actor: Actor) -> ColumnElement[bool]:
    """Staff of the own agency."""
    return User.agency_id == actor.agency_id if actor.can(Permission.USER_READ) else false()


def listed(actor: Actor, *, search: str = "", roles: Sequence[str] = ()) -> Select[User]:
    """Staff, to be ordered by LIST_ORDER."""
    query = select(User).where(scope(actor))
    for word in parse_search(search).words:
        is_named = User.name_key.contains(word, autoescape=True)
        query = query.where(or_(User.email.contains(word, autoescape=True), is_named))
    return query.where(User.role.in_(roles)) if roles else query


def staff(*, agency_id: int | None = None) -> Select[User]:
    """Everybody with a staff role, of one agency or of all, for the command line."""
    query = select(User).where(User.role.is_not(None)).options(joinedload(User.agency)).order_by(User.email)
    return query if agency_id is None else query.where(User.agency_id == agency_id)


def charge_of(user_id: int, *, today: date) -> Select[int]:
    """Whose projects are this person's now: the own ones, and those of absent colleagues who named them."""
    return select(User.id).where(or_(
        User.id == user_id,
        and_(User.stand_in_id == user_id, User.absent_until >= today, User.deactivated_at.is_(None)),
    ))


def stand_in(user: User, *, today: date) -> Select[User]:
    """Who reads the mails of an absent person."""
    is_away = user.absent_until is not None and user.absent_until >= today
    return select(User).where(User.id == (user.stand_in_id if is_away else None), User.deactivated_at.is_(None))


def demo() -> Select[User]:
    """The accounts of the demo, the oldest first."""
    return select(User).where(User.is_demo, User.deactivated_at.is_(None)).order_by(User.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What a person is in charge of; falsy when there is nothing."""

    projects: int
    tickets: int

    def __bool__(self) -> bool:
        return bool(self.projects or self.tickets)


def work_of(session: Session, user_id: int) -> Work:
    """Projects and open tickets that need an heir when the person leaves."""
    projects = session.scalar(select(func.count()).select_from(Project).where(Project.responsible_id == user_id))
    tickets = session.scalar(
        select(func.count())
        .select_from(Ticket)
        .where(Ticket.assignee_id == user_id, Ticket.state != TicketState.CLOSED)
    )
    return Work(projects=projects or 0, tickets=tickets or 0)


def names(session: Session, ids: Collection[int]) -> dict[int, str]:
    """Id → name, or address where there is no name."""
    query = select(User.id, User.name, User.email).where(User.id.in_(ids)).order_by(User.id)
    return {row.id: row.name or row.email for row in session.execute(query)}


def heirs(actor: Actor, *, user_id: int) -> Select[User]:
    """Who may take over the work of a person: active staff of the agency."""
    return (
        select(User)
        .where(scope(actor), User.id != user_id, User.role.is_not(None), User.deactivated_at.is_(None))
        .order_by(User.name_sort, User.id)
    )
