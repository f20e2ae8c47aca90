"""People who can sign in."""

from sqlalchemy import Select, select

from backoffice.models import Access, User


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
