"""Keep what is typed and not saved yet. No act of the domain: no audit event, no version, nobody else sees it."""

from collections.abc import Mapping, Sequence

from sqlalchemy import delete, select

from backoffice.domain import drafts
from backoffice.models import FormDraft
from backoffice.services.uow import UnitOfWork

BATCH = 500


def keep(uow: UnitOfWork, *, user_id: int, place: str, fields: Mapping[str, Sequence[str]]) -> FormDraft:
    """The text of a form in the place of what was kept of it before."""
    kept = drafts.typed(fields)
    row = uow.session.scalar(
        select(FormDraft).where(FormDraft.user_id == user_id, FormDraft.place == place).with_for_update()
    )
    if row is None:
        row = FormDraft(user_id=user_id, place=place)
        uow.session.add(row)
    row.fields, row.kept_at = kept, uow.now
    uow.session.flush()
    return row


def forget(uow: UnitOfWork, *, user_id: int, place: str) -> None:
    """Saved, or discarded by the person."""
    uow.session.execute(delete(FormDraft).where(FormDraft.user_id == user_id, FormDraft.place == place))


def sweep(uow: UnitOfWork) -> int:
    """What nobody came back to (drafts.KEPT_FOR)."""
    ids = uow.session.scalars(
        select(FormDraft.id).where(FormDraft.kept_at < uow.now - drafts.KEPT_FOR).order_by(FormDraft.id).limit(BATCH)
    ).all()
    uow.session.execute(delete(FormDraft).where(FormDraft.id.in_(ids)))
    return len(ids)
