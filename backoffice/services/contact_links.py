"""The link by which a person who is shown in public withdraws or agrees again (DOMAIN §5); it never expires.

Nobody signs in for it: whoever holds the link is the person to whom its mail went. Opening the page changes nothing.
"""

from datetime import timedelta

from sqlalchemy import select

from backoffice.domain import signin
from backoffice.domain.errors import N_, NotFound
from backoffice.domain.notices import Mail
from backoffice.domain.visibility import Subject
from backoffice.models import Contact, ContactLink, Project
from backoffice.queries import contacts as queries
from backoffice.services import audit, outbox, people
from backoffice.services.uow import UnitOfWork

NO_LINK = N_("This link belongs to nobody who is named as a contact person now.")
# A switch that was pressed by mistake and pressed back within a minute mails nobody.
TOLD_AFTER = timedelta(seconds=60)


def issue(uow: UnitOfWork, *, contact_id: int) -> str | None:
    """A new link of a contact, as its token; only the digest is kept. None for one who is no contact any longer."""
    contact = uow.session.get(Contact, contact_id)
    if contact is None or contact.ended_at is not None:
        return None
    token = signin.new_token()
    uow.session.add(ContactLink(contact_id=contact.id, digest=signin.token_digest(token), created_at=uow.now))
    return token


def withdraw(uow: UnitOfWork, *, token: str) -> Contact:
    """The person does not want to be shown: at once, against coordinator and import, until they agree again."""
    project, contact = _locked(uow, token=token)
    if contact.person_withdrew_at is None:
        contact.person_withdrew_at = uow.now
        _record(uow, project=project, contact=contact, action="contact:withdrew")
    return contact


def agree(uow: UnitOfWork, *, token: str) -> Contact:
    """The person agrees again: then the coordinator's switch and staff's overrides count as before."""
    project, contact = _locked(uow, token=token)
    if contact.person_withdrew_at is not None:
        contact.person_withdrew_at = None
        _record(uow, project=project, contact=contact, action="contact:agreed")
    return contact


def tell_if_public(uow: UnitOfWork, *, project: Project, contact: Contact, was_public: bool) -> None:
    """Whoever becomes public by somebody else's act is mailed a link to withdraw. When the mail leaves and the person
    is not public any longer, it is withdrawn."""
    if was_public or not is_public(uow, contact=contact):
        return
    outbox.publish(
        uow, kind=Mail.CONTACT_PUBLIC, key=f"{project.id}:{contact.id}:{uow.now.isoformat()}",
        to=people.of_contact(uow.session, contact=contact, project=project), agency_id=project.agency_id,
        project_id=project.id, params={"contact_id": contact.id}, due_at=uow.now + TOLD_AFTER,
    )


def is_public(uow: UnitOfWork, *, contact: Contact) -> bool:
    """As all voices about the contact stand now."""
    uow.session.flush()
    return queries.is_public(contact, uow.session.scalar(queries.active_override(Subject.CONTACT, contact.id)))


def _locked(uow: UnitOfWork, *, token: str) -> tuple[Project, Contact]:
    found = uow.session.scalar(queries.by_link(signin.token_digest(token)))
    if found is None:
        raise NotFound(NO_LINK)
    project = uow.session.scalars(
        select(Project).where(Project.id == found.project_id).with_for_update(of=Project)
    ).one()
    uow.session.refresh(found)
    return project, found


def _record(uow: UnitOfWork, *, project: Project, contact: Contact, action: str) -> None:
    audit.record(
        uow, actor=None, action=action, agency_id=project.agency_id, project_id=project.id,
        subject=f"contact:{contact.id}", personal={"email": contact.email, "name": contact.name},
    )
