import itertools
from dataclasses import dataclass

from argon2 import PasswordHasher
from sqlalchemy import select

from backoffice.domain.permissions import Actor, Role, StaffRole
from backoffice.models import Access, Project, TermsAcceptance, User
from backoffice.services.uow import UnitOfWork, unit_of_work

PASSWORD = "demo"
# The cheapest costs: the hash carries them, so checking is quick too.
_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who can sign in; `actor` is how services see them."""

    user_id: int
    email: str
    actor: Actor


def _user(*, role: StaffRole | None, agency_id: int | None, language: str | None) -> tuple[int, str]:
    number = next(_numbers)
    with unit_of_work() as uow:
        row = User(
            email=f"person{number}@test.example",
            name=f"Person {number}",
            phone=f"+371 6700{number:04}",
            role=role,
            agency_id=agency_id,
            language=language,
            password_hash=_HASH,
            created_at=uow.now,
        )
        uow.session.add(row)
        uow.session.flush()
        if agency_id is not None:
            _accept(uow, user_id=row.id, agency_id=agency_id)
        return row.id, row.email


def _accept(uow: UnitOfWork, *, user_id: int, agency_id: int) -> None:
    """The terms that come with the application are accepted: the person was here before."""
    query = select(TermsAcceptance.id).filter_by(user_id=user_id, agency_id=agency_id)
    if uow.session.scalar(query) is None:
        uow.session.add(TermsAcceptance(user_id=user_id, agency_id=agency_id, version=0, accepted_at=uow.now))


def staff(role: Role = Role.SPECIALIST, *, agency_id: int | None, language: str | None = "en") -> Person:
    """A member of the staff (a platform admin has no agency)."""
    user_id, email = _user(role=StaffRole(role.value), agency_id=agency_id, language=language)
    return Person(user_id=user_id, email=email, actor=Actor(user_id=user_id, role=role, agency_id=agency_id))


def person(*, language: str | None = "en") -> Person:
    """Somebody with an account and no access to anything."""
    user_id, email = _user(role=None, agency_id=None, language=language)
    return Person(user_id=user_id, email=email, actor=Actor(user_id=user_id, role=Role.COORDINATOR))


def access(*, user_id: int, project_id: int, origin: str = "import") -> int:
    """Lets the person work on the project as coordinator."""
    with unit_of_work() as uow:
        row = Access(user_id=user_id, project_id=project_id, origin=origin, granted_at=uow.now)
        uow.session.add(row)
        uow.session.flush()
        _accept(uow, user_id=user_id, agency_id=uow.session.get_one(Project, project_id).agency_id)
        return row.id


def coordinator(*project_ids: int, language: str | None = "en") -> Person:
    """Somebody with access to the projects."""
    user_id, email = _user(role=None, agency_id=None, language=language)
    for project_id in project_ids:
        access(user_id=user_id, project_id=project_id)
    actor = Actor(user_id=user_id, role=Role.COORDINATOR, project_ids=frozenset(project_ids))
    return Person(user_id=user_id, email=email, actor=actor)
