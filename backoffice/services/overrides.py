"""Staff's hide and show (DOMAIN §5): works at once, in every state; clearing gives back the coordinator's choice."""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from sqlalchemy import select

from backoffice.domain import text
from backoffice.domain.errors import N_, NotFound, Refused
from backoffice.domain.notices import Mail
from backoffice.domain.permissions import Actor, Permission
from backoffice.domain.visibility import BasisKind, OverrideKind, Subject
from backoffice.models import Contact, Override, Project, Result
from backoffice.queries import contacts as queries
from backoffice.services import audit, contact_links, outbox, people, projects
from backoffice.services.uow import UnitOfWork

PERMISSIONS: Mapping[Subject, Permission] = MappingProxyType({
    Subject.PROJECT: Permission.PROJECT_HIDE,
    Subject.RESULT: Permission.RESULT_HIDE,
    Subject.CONTACT: Permission.CONTACT_OVERRIDE,
    Subject.WEBSITE: Permission.PROJECT_HIDE,
    Subject.LOGO: Permission.PROJECT_HIDE,
})


def hide(uow: UnitOfWork, *, actor: Actor, subject: Subject, subject_id: int, reason: str) -> Override:
    """Out of the public's sight at once; the person, or all with access, are told with the reason."""
    project = _locked(uow, actor=actor, subject=subject, subject_id=subject_id)
    return _put(
        uow, actor=actor, project=project, subject=subject, subject_id=subject_id, kind=OverrideKind.HIDE,
        reason=_reason(reason), basis_kind=None, basis="",
    )


def show_contact(
    uow: UnitOfWork, *, actor: Actor, contact_id: int, reason: str, basis_kind: BasisKind | None, basis: str
) -> Override:
    """Show a contact on a basis: the number of a ticket, or the date of a written consent (ISO)."""
    project = _locked(uow, actor=actor, subject=Subject.CONTACT, subject_id=contact_id)
    contact = uow.session.get_one(Contact, contact_id)
    was_public = contact_links.is_public(uow, contact=contact)
    row = _put(
        uow, actor=actor, project=project, subject=Subject.CONTACT, subject_id=contact_id, kind=OverrideKind.SHOW,
        reason=_reason(reason), basis_kind=basis_kind, basis=_basis(basis_kind, basis, uow=uow),
    )
    contact_links.tell_if_public(uow, project=project, contact=contact, was_public=was_public)
    return row


def clear(uow: UnitOfWork, *, actor: Actor, override_id: int) -> None:
    """Give back the coordinator's choice; the row stays as history."""
    row = uow.session.get(Override, override_id)
    if row is None or row.cleared_at is not None:
        raise NotFound(N_("This override was cleared already."))
    project = _locked(uow, actor=actor, subject=row.subject, subject_id=row.subject_id)
    uow.session.refresh(row)
    if row.cleared_at is not None:
        raise NotFound(N_("This override was cleared already."))
    contact = uow.session.get(Contact, row.subject_id) if row.subject is Subject.CONTACT else None
    was_public = contact is not None and contact_links.is_public(uow, contact=contact)
    _close(uow, actor=actor, row=row)
    if contact is not None:
        contact_links.tell_if_public(uow, project=project, contact=contact, was_public=was_public)
    audit.record(
        uow, actor=actor, action=f"{row.subject.value}:override-cleared", agency_id=project.agency_id,
        project_id=project.id, subject=f"{row.subject.value}:{row.subject_id}", details={"override": row.id},
    )


def _locked(uow: UnitOfWork, *, actor: Actor, subject: Subject, subject_id: int) -> Project:
    """The project to which the thing belongs, locked, within the actor's scope."""
    project_id: int | None
    if subject is Subject.RESULT:
        project_id = uow.session.scalar(select(Result.project_id).where(Result.id == subject_id))
    elif subject is Subject.CONTACT:
        project_id = uow.session.scalar(
            select(Contact.project_id).where(Contact.id == subject_id, Contact.ended_at.is_(None))
        )
    else:
        project_id = subject_id
    return projects.lock(
        uow, actor=actor, project_id=project_id or 0, permission=PERMISSIONS[subject]
    )


def _put(
    uow: UnitOfWork,
    *,
    actor: Actor,
    project: Project,
    subject: Subject,
    subject_id: int,
    kind: OverrideKind,
    reason: str,
    basis_kind: BasisKind | None,
    basis: str,
) -> Override:
    """One active override per thing: a new one takes the place of the former, which stays as history."""
    former = uow.session.scalar(queries.active_override(subject, subject_id))
    if former is not None:
        if former.kind is kind:
            raise Refused(N_("A colleague did this already."), code="already")
        _close(uow, actor=actor, row=former)
        uow.session.flush()
    row = Override(
        project_id=project.id, subject=subject, subject_id=subject_id, kind=kind, reason=reason,
        basis_kind=basis_kind, basis=basis, created_at=uow.now, created_by_id=actor.user_id,
    )
    uow.session.add(row)
    uow.session.flush()
    audit.record(
        uow, actor=actor, action=f"{subject.value}:{'hidden' if kind is OverrideKind.HIDE else 'shown'}",
        agency_id=project.agency_id, project_id=project.id, subject=f"{subject.value}:{subject_id}",
        details={"override": row.id, "reason": reason, "basis": basis},
    )
    if kind is OverrideKind.HIDE:
        _tell(uow, project=project, row=row)
    return row


def _close(uow: UnitOfWork, *, actor: Actor, row: Override) -> None:
    row.cleared_at, row.cleared_by_id = uow.now, actor.user_id


def _tell(uow: UnitOfWork, *, project: Project, row: Override) -> None:
    """Whom it concerns learns the reason, and may object by answering the mail, without signing in."""
    kind, recipients = Mail.RESULT_HIDDEN, people.coordinators(uow.session, project=project)
    if row.subject is Subject.CONTACT:
        contact = uow.session.get_one(Contact, row.subject_id)
        kind, recipients = Mail.CONTACT_HIDDEN, [people.of_contact(uow.session, contact=contact, project=project)]
    elif row.subject is not Subject.RESULT:
        return
    for person in recipients:
        outbox.publish(
            uow, kind=kind, key=f"{project.id}:{row.id}", to=person, agency_id=project.agency_id,
            project_id=project.id, params={"override_id": row.id, "contact_id": row.subject_id}
            if kind is Mail.CONTACT_HIDDEN else {"override_id": row.id},
        )


def _reason(reason: str) -> str:
    reason = text.fit(text.clean(reason), limit="reason", field="reason")
    if not reason:
        raise Refused(N_("Give a reason."), field="reason", code="reason-missing")
    return reason


def _basis(kind: BasisKind | None, basis: str, *, uow: UnitOfWork) -> str:
    basis = text.clean_line(basis)
    if kind is None or not basis:
        raise Refused(
            N_("Name the ticket, or the date of the written consent."), field="basis", code="basis-missing"
        )
    if kind is BasisKind.TICKET:
        if not basis.lstrip("#").isdecimal() or len(basis) > 20:
            raise Refused(N_("A ticket is named by its number."), field="basis", code="basis")
        return basis.lstrip("#")
    try:
        day = date.fromisoformat(basis)
    except ValueError as error:
        raise Refused(N_("Write the date as 2026-11-25."), field="basis", code="basis") from error
    if day > uow.now.date():
        raise Refused(N_("A consent cannot be of a day to come."), field="basis", code="basis")
    return day.isoformat()
