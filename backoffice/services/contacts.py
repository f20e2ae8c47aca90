"""Contact persons of a project (S10): private by default, public by the coordinator's switch."""

from collections.abc import Sequence
from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import func, select

from backoffice.domain import text
from backoffice.domain.errors import N_, NotFound, Refused, Stale
from backoffice.domain.permissions import Actor, Permission
from backoffice.domain.projects import Status
from backoffice.models import Contact, Project
from backoffice.queries import contacts as queries
from backoffice.services import audit, contact_links, projects
from backoffice.services.uow import UnitOfWork

PHONE_MAX = 60  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactValues:
    """What the form of a contact holds."""

    name: str
    email: str
    role: str = ""
    phone: str = ""


def checked_email(address: str) -> str:
    """A folded address, or Refused beside `email`; asks no name server."""
    folded = text.fold_email(address)
    try:
        validate_email(folded, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise Refused(
            N_("This is not an e-mail address: %(address)s"), field="email", code="email",
            values={"address": text.clean_line(address) or "—"},
        ) from error
    return folded


def add(uow: UnitOfWork, *, actor: Actor, project_id: int, values: ContactValues) -> Contact:
    """A new contact, private. One that was removed before comes back private, too."""
    project = _locked_project(uow, actor=actor, project_id=project_id)
    checked = _checked(values)
    row = uow.session.scalar(
        select(Contact).where(Contact.project_id == project.id, Contact.email == checked.email)
    )
    if row is not None and row.ended_at is None:
        raise Refused(N_("This person is on the list already."), field="email", code="duplicate")
    if row is None:
        last = uow.session.scalar(select(func.max(Contact.position)).where(Contact.project_id == project.id))
        row = Contact(project_id=project.id, email=checked.email, position=(last or 0) + 1, created_at=uow.now)
        uow.session.add(row)
    row.ended_at, row.is_ended_by_import, row.coordinator_public = None, False, False
    _fill(row, checked)
    uow.session.flush()
    _record(uow, actor=actor, project=project, contact=row, action="contact:added")
    return row


def edit(
    uow: UnitOfWork, *, actor: Actor, contact_id: int, values: ContactValues, seen: ContactValues | None = None
) -> Contact:
    """Name, role and phone; another address is another person, so it is a new contact, private. Raises Stale when
    it is no longer what was `seen`."""
    project, row = _locked(uow, actor=actor, contact_id=contact_id)
    _check_live(project)
    if seen is not None and seen != values_of(row):
        raise Stale(projects.STALE)
    checked = _checked(values)
    if checked.email != row.email:
        _end(uow, row=row)
        _record(uow, actor=actor, project=project, contact=row, action="contact:removed")
        return add(uow, actor=actor, project_id=project.id, values=checked)
    before = values_of(row)
    changed = [name for name in ("name", "role", "phone") if getattr(before, name) != getattr(checked, name)]
    if changed:
        _fill(row, checked)
        _record(uow, actor=actor, project=project, contact=row, action="contact:changed", fields=changed)
    return row


def values_of(row: Contact) -> ContactValues:
    return ContactValues(name=row.name, email=row.email, role=row.role, phone=row.phone)


def remove(uow: UnitOfWork, *, actor: Actor, contact_id: int) -> None:
    """Take a contact off the project; it vanishes from the public page at once. Access is another table."""
    project, row = _locked(uow, actor=actor, contact_id=contact_id)
    _check_live(project)
    _end(uow, row=row)
    _record(uow, actor=actor, project=project, contact=row, action="contact:removed")


def set_public(uow: UnitOfWork, *, actor: Actor, contact_id: int, is_public: bool) -> None:
    """The coordinator's switch. Under review only "make private" stays open (DOMAIN §3)."""
    project, row = _locked(uow, actor=actor, contact_id=contact_id)
    if is_public:
        _check_live(project)
        if row.person_withdrew_at is not None:
            raise Refused(
                N_("This person asked not to be shown. Only they can change that, by the link in their mail."),
                field="is_public", code="withdrawn",
            )
    if row.coordinator_public == is_public:
        return
    was_public = contact_links.is_public(uow, contact=row)
    row.coordinator_public, row.coordinator_at = is_public, uow.now
    _record(
        uow, actor=actor, project=project, contact=row,
        action="contact:made-public" if is_public else "contact:made-private",
    )
    contact_links.tell_if_public(uow, project=project, contact=row, was_public=was_public)


def _locked_project(uow: UnitOfWork, *, actor: Actor, project_id: int) -> Project:
    project = projects.lock(uow, actor=actor, project_id=project_id, permission=Permission.OWN_EDIT)
    _check_live(project)
    return project


def _locked(uow: UnitOfWork, *, actor: Actor, contact_id: int) -> tuple[Project, Contact]:
    row = uow.session.scalar(queries.one(actor, contact_id))
    if row is None:
        raise NotFound(N_("There is no such contact person."))
    project = projects.lock(uow, actor=actor, project_id=row.project_id, permission=Permission.OWN_EDIT)
    uow.session.refresh(row)
    return project, row


def _check_live(project: Project) -> None:
    if project.status is Status.UNDER_REVIEW:
        raise Refused(projects.CLOSED[project.status], code="closed")


def _checked(values: ContactValues) -> ContactValues:
    name = text.fit(text.clean_line(values.name), limit="contact_name", field="name")
    if not name:
        raise Refused(N_("The name is missing."), field="name", code="required")
    phone = text.clean_line(values.phone)
    if text.length(phone) > PHONE_MAX:
        raise Refused(N_("The phone number is too long."), field="phone", code="too-long")
    return ContactValues(
        name=name, email=checked_email(values.email),
        role=text.fit(text.clean_line(values.role), limit="contact_role", field="role"), phone=phone,
    )


def _fill(row: Contact, values: ContactValues) -> None:
    row.name, row.role, row.phone, row.is_edited_here = values.name, values.role, values.phone, True


def _end(uow: UnitOfWork, *, row: Contact) -> None:
    row.ended_at, row.coordinator_public = uow.now, False


def _record(
    uow: UnitOfWork, *, actor: Actor, project: Project, contact: Contact, action: str, fields: Sequence[str] = ()
) -> None:
    audit.record(
        uow, actor=actor, action=action, agency_id=project.agency_id, project_id=project.id,
        subject=f"contact:{contact.id}", details={"fields": list(fields)} if fields else {},
        personal={"email": contact.email, "name": contact.name},
    )
