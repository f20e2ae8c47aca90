"""How sign-in services know people: issuer and subject."""

from sqlalchemy import ColumnElement, Select, exists, or_, select

from backoffice.models import Access, Identity, User


def holder(issuer: str, subject: str) -> Select[User]:
    """The person whom a sign-in service calls so."""
    return select(User).join(Identity, Identity.user_id == User.id).where(
        Identity.issuer == issuer, Identity.subject == subject
    )


def of_user(user_id: int) -> Select[Identity]:
    return select(Identity).where(Identity.user_id == user_id).order_by(Identity.id)


def of_issuer(issuer: str) -> Select[Identity]:
    return select(Identity).where(Identity.issuer == issuer).order_by(Identity.id)


def has_way_in() -> ColumnElement[bool]:
    """Of a user: there is something to sign in for, a role or an access."""
    return or_(
        User.role.is_not(None),
        exists(select(Access.id).where(Access.user_id == User.id, Access.ended_at.is_(None))),
    )


def invited(email: str) -> Select[User]:
    """Who may come with a folded address."""
    return select(User).where(User.email == email, User.deactivated_at.is_(None), has_way_in())


def other_access(user_id: int, *, without: int) -> Select[int]:
    """The further projects of a person, beside one access."""
    return (
        select(Access.id)
        .where(Access.user_id == user_id, Access.ended_at.is_(None), Access.id != without)
        .order_by(Access.id)
    )
