"""Contacts, access rows and overrides."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, exists, or_, select
from sqlalchemy.orm import InstrumentedAttribute, joinedload

from backoffice.domain.permissions import Actor
from backoffice.domain.text import parse_search
from backoffice.domain.visibility import ContactChoice, Subject, contact_is_public
from backoffice.models import Access, Contact, ContactLink, Override, Project
from backoffice.queries import projects


def scope(actor: Actor) -> ColumnElement[bool]:
    """Contacts of the projects within the actor's scope."""
    return Contact.project_id.in_(select(Project.id).where(projects.scope(actor)))


def one(actor: Actor, contact_id: int) -> Select[Contact]:
    return select(Contact).where(Contact.id == contact_id, Contact.ended_at.is_(None), scope(actor))


def by_link(digest: str) -> Select[Contact]:
    """Whose link it is; nobody's when the person is no longer named."""
    return (
        select(Contact)
        .join(ContactLink, ContactLink.contact_id == Contact.id)
        .where(ContactLink.digest == digest, Contact.ended_at.is_(None))
    )


def access_of(actor: Actor, access_id: int) -> Select[Access]:
    """An active access row of a project within the actor's scope."""
    return select(Access).where(
        Access.id == access_id,
        Access.ended_at.is_(None),
        Access.project_id.in_(select(Project.id).where(projects.scope(actor))),
    )


def active_accesses(project_id: int) -> Select[Access]:
    return (
        select(Access)
        .where(Access.project_id == project_id, Access.ended_at.is_(None))
        .options(joinedload(Access.user))
        .order_by(Access.id)
    )


def active_overrides(project_id: int) -> Select[Override]:
    return (
        select(Override)
        .where(Override.project_id == project_id, Override.cleared_at.is_(None))
        .order_by(Override.id)
    )


def active_override(subject: Subject, subject_id: int) -> Select[Override]:
    return select(Override).where(
        Override.subject == subject, Override.subject_id == subject_id, Override.cleared_at.is_(None)
    )


def active_of(subject: Subject, subject_ids: Sequence[int]) -> Select[Override]:
    """The overrides in force over several things of one kind."""
    return (
        select(Override)
        .where(Override.subject == subject, Override.subject_id.in_(subject_ids), Override.cleared_at.is_(None))
        .order_by(Override.id)
    )


def history(subject: Subject, subject_id: int) -> Select[Override]:
    """Every override of one thing, the newest first."""
    return (
        select(Override)
        .where(Override.subject == subject, Override.subject_id == subject_id)
        .options(joinedload(Override.created_by))
        .order_by(Override.id.desc())
    )


def listed(actor: Actor, *, search: str = "", view: str = "all") -> Select[Contact]:
    """Contacts for staff; order by LIST_ORDER. `view`: all, overridden, public."""
    query = (
        select(Contact)
        .join(Project, Project.id == Contact.project_id)
        .where(projects.scope(actor), Contact.ended_at.is_(None))
        .options(joinedload(Contact.project))
    )
    for word in parse_search(search).words:
        query = query.where(
            or_(
                Contact.email.contains(word, autoescape=True),
                Contact.name_key.contains(word, autoescape=True),
                Project.search_key.contains(word, autoescape=True),
            )
        )
    if view == "overridden":
        query = query.where(
            exists(
                select(Override.id).where(
                    Override.subject == Subject.CONTACT, Override.subject_id == Contact.id,
                    Override.cleared_at.is_(None),
                )
            )
        )
    if view == "public":
        query = query.where(Contact.coordinator_public)
    return query


LIST_ORDER: tuple[InstrumentedAttribute[str], InstrumentedAttribute[int]] = (Contact.email, Contact.id)


def by_subject(overrides: Sequence[Override]) -> dict[tuple[Subject, int], Override]:
    return {(row.subject, row.subject_id): row for row in overrides}


def choice(contact: Contact, override: Override | None) -> ContactChoice:
    """The voices about a contact, for `domain.visibility.contact_is_public`."""
    return ContactChoice(
        override=override.kind if override else None,
        override_at=override.created_at if override else None,
        person_withdrew_at=contact.person_withdrew_at,
        coordinator_public=contact.coordinator_public,
        coordinator_at=contact.coordinator_at,
    )


def is_public(contact: Contact, override: Override | None) -> bool:
    return contact_is_public(choice(contact, override))
