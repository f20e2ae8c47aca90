"""Sign-in: tries of late, one-time links, terms to accept."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.orm import Session

from backoffice.domain.signin import TERMS, Attempt
from backoffice.models import Access, Agency, AgencyText, PasswordLink, Project, SignInAttempt, TermsAcceptance, User

# A right password that opens nothing counts like a wrong one: the limit must not tell which it was.
COUNTED = (Attempt.REFUSED, Attempt.PASSWORD_CLOSED)


def link(digest: str) -> Select[PasswordLink]:
    return select(PasswordLink).where(PasswordLink.digest == digest)


def unused_links(user_id: int) -> Select[PasswordLink]:
    return (
        select(PasswordLink)
        .where(PasswordLink.user_id == user_id, PasswordLink.used_at.is_(None))
        .order_by(PasswordLink.id)
    )


def tries_at(
    session: Session, *, outcome: Attempt, since: datetime, email: str | None = None, network: str | None = None
) -> Sequence[datetime]:
    """When sign-in was refused, or a link asked for, of late: by address, by network, or by both; by both, only what
    came after sign-in was last granted there."""
    where: list[ColumnElement[bool]] = [SignInAttempt.at > since]
    if email is not None:
        where.append(SignInAttempt.email == email)
    if network is not None:
        where.append(SignInAttempt.network == network)
    counted = COUNTED if outcome is Attempt.REFUSED else (outcome,)
    query = select(SignInAttempt.at).where(SignInAttempt.outcome.in_(counted), *where)
    if email is not None and network is not None:
        granted = select(func.max(SignInAttempt.at)).where(SignInAttempt.outcome == Attempt.GRANTED, *where)
        last = session.scalar(granted)
        if last is not None:
            query = query.where(SignInAttempt.at > last)
    return session.scalars(query).all()


def terms_to_accept(session: Session, user: User) -> Sequence[Agency]:
    """Whose terms a person has yet to accept: of the own agency and of those on whose projects they work."""
    if user.is_demo:
        return ()
    current = (
        select(func.coalesce(func.max(AgencyText.version), 0))
        .where(AgencyText.agency_id == Agency.id, AgencyText.key == TERMS)
        .scalar_subquery()
    )
    accepted = select(TermsAcceptance.id).where(
        TermsAcceptance.user_id == user.id,
        TermsAcceptance.agency_id == Agency.id,
        TermsAcceptance.version >= current,
    )
    worked_for = (
        select(Project.agency_id)
        .join(Access, Access.project_id == Project.id)
        .where(Access.user_id == user.id, Access.ended_at.is_(None))
    )
    return session.scalars(
        select(Agency)
        .where(or_(Agency.id == user.agency_id, Agency.id.in_(worked_for)), ~exists(accepted))
        .order_by(Agency.id)
    ).all()


def has_terms_accepted(user_id: int) -> Select[int]:
    """A row when the person accepted any terms before: then those of now are a newer version."""
    return select(TermsAcceptance.id).where(TermsAcceptance.user_id == user_id).limit(1)
