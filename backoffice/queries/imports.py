"""What an import looks up for a batch of rows at once: a few queries, however many rows."""

from collections.abc import Collection
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from backoffice.models import (
    Access,
    Agency,
    Contact,
    EndedAddress,
    ImportDifference,
    Partner,
    Project,
    StaffFact,
    User,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of one project already."""

    project: Project
    partners: dict[int, Partner] = field(default_factory=dict)  # by position
    contacts: dict[str, Contact] = field(default_factory=dict)  # by address, ended ones too
    accesses: dict[str, Access] = field(default_factory=dict)  # active ones, by address
    staff_facts: set[str] = field(default_factory=set)
    differences: dict[str, ImportDifference] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)  # digests of addresses that must not come back


def agencies(session: Session, *, codes: Collection[str]) -> dict[str, Agency]:
    """The agencies of a batch, locked against a second import at the same time (not against anything else)."""
    query = select(Agency).where(Agency.code.in_(codes)).order_by(Agency.id).with_for_update(key_share=True)
    return {agency.code: agency for agency in session.scalars(query)}


def known(session: Session, *, codes: Collection[str]) -> dict[str, Known]:
    """The projects with these codes, locked in the order of their ids, with all that an import compares."""
    query = select(Project).where(Project.code.in_(codes)).order_by(Project.id).with_for_update()
    found = {project.id: Known(project=project) for project in session.scalars(query)}
    ids = list(found)
    if not ids:
        return {}
    for partner in session.scalars(select(Partner).where(Partner.project_id.in_(ids))):
        found[partner.project_id].partners[partner.position] = partner
    for contact in session.scalars(select(Contact).where(Contact.project_id.in_(ids))):
        found[contact.project_id].contacts[contact.email] = contact
    accesses = (
        select(Access)
        .where(Access.project_id.in_(ids), Access.ended_at.is_(None))
        .options(joinedload(Access.user))
        .order_by(Access.id)
    )
    for access in session.scalars(accesses):
        found[access.project_id].accesses[access.user.email] = access
    for fact in session.scalars(select(StaffFact).where(StaffFact.project_id.in_(ids))):
        found[fact.project_id].staff_facts.add(fact.field)
    for difference in session.scalars(select(ImportDifference).where(ImportDifference.project_id.in_(ids))):
        found[difference.project_id].differences[difference.field] = difference
    for ended in session.scalars(select(EndedAddress).where(EndedAddress.project_id.in_(ids))):
        found[ended.project_id].ended.add(ended.digest)
    return {entry.project.code: entry for entry in found.values()}


def users(session: Session, *, emails: Collection[str]) -> dict[str, User]:
    """People by their folded address."""
    if not emails:
        return {}
    return {user.email: user for user in session.scalars(select(User).where(User.email.in_(emails)))}


def projects_by_agency(session: Session) -> dict[str, int]:
    """How many projects each agency has."""
    query = (
        select(Agency.code, func.count(Project.id).label("number"))
        .outerjoin(Project, Project.agency_id == Agency.id)
        .group_by(Agency.code)
    )
    return {row.code: row.number for row in session.execute(query)}


def agency_code(session: Session, agency_id: int | None) -> str | None:
    """The code of an agency."""
    return session.scalar(select(Agency.code).where(Agency.id == agency_id))
