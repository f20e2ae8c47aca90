"""Drafts of forms: a person reads the own ones."""

from datetime import datetime

from sqlalchemy import Select, select

from backoffice.domain.drafts import KEPT_FOR
from backoffice.models import ActKey, FormDraft

MOST = 500  # drafts of one person


def of_person(user_id: int, *, now: datetime) -> Select[FormDraft]:
    """All that a person typed and did not save."""
    return (
        select(FormDraft)
        .where(FormDraft.user_id == user_id, FormDraft.kept_at > now - KEPT_FOR)
        .order_by(FormDraft.id)
        .limit(MOST)
    )


def is_sent(act_key: str) -> Select[str]:
    """The form of this key was sent and done: what its draft holds is saved."""
    return select(ActKey.key).where(ActKey.key == act_key[:64])
