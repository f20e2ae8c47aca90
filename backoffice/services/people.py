"""Who is mailed about a project: one address, one mail (DOMAIN §7)."""

from datetime import datetime

from sqlalchemy.orm import Session

from backoffice.domain import clock
from backoffice.models import Contact, Project, User
from backoffice.queries import contacts, users
from backoffice.services.outbox import Recipient


def coordinators(session: Session, *, project: Project) -> list[Recipient]:
    """All with active access, each in the own language, else the agency's."""
    return [
        recipient(access.user, project=project)
        for access in session.scalars(contacts.active_accesses(project.id))
        if access.user.deactivated_at is None
    ]


def recipient(user: User, *, project: Project) -> Recipient:
    return Recipient(email=user.email, language=user.language or project.agency.language, user_id=user.id)


def of_contact(session: Session, *, contact: Contact, project: Project) -> Recipient:
    """A contact person, who may have an account and with it a language."""
    user = session.scalar(users.by_email(contact.email))
    language = (user.language if user else None) or project.agency.language
    return Recipient(email=contact.email, language=language, user_id=user.id if user else None)


def agency_side(session: Session, *, project: Project, now: datetime | None = None) -> list[Recipient]:
    """The responsible specialist or, while absent, the stand-in; else the agency's review address; nobody when
    neither is known."""
    responsible = session.get(User, project.responsible_id) if project.responsible_id else None
    if responsible is not None:
        today = clock.day_of(now or clock.now(), time_zone=project.agency.time_zone)
        responsible = session.scalar(users.stand_in(responsible, today=today)) or responsible
    if responsible is not None and responsible.deactivated_at is None:
        return [recipient(responsible, project=project)]
    if project.agency.review_address:
        return [Recipient(email=project.agency.review_address, language=project.agency.language)]
    return []
