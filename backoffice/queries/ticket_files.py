"""Files of tickets: held for a form, attached to a message, as each person may read them (S16)."""

from collections.abc import Sequence

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import joinedload

from backoffice.domain.files import FilePurpose
from backoffice.models import StoredFile, TicketAttachment, TicketMessage


def held(file_ids: Sequence[int]) -> Select[StoredFile]:
    """Pictures that wait for their form to be sent again; one that a message has is none of them."""
    return (
        select(StoredFile)
        .where(
            StoredFile.id.in_(file_ids),
            StoredFile.purpose == FilePurpose.SCREENSHOT,
            StoredFile.removed_at.is_not(None),
            ~exists().where(TicketAttachment.file_id == StoredFile.id),
        )
        .order_by(StoredFile.id)
    )


def attached(file_ids: Sequence[int]) -> Select[int]:
    """Which of the files a message has."""
    return select(TicketAttachment.file_id).where(TicketAttachment.file_id.in_(file_ids))


def hangings(file_id: int, *, ticket_ids: Sequence[int]) -> Select[TicketAttachment]:
    """Where a picture hangs on messages of these tickets, for a write."""
    return (
        select(TicketAttachment)
        .join(TicketAttachment.message)
        .join(TicketAttachment.file)
        .where(
            TicketAttachment.file_id == file_id, TicketMessage.ticket_id.in_(ticket_ids),
            StoredFile.purpose == FilePurpose.SCREENSHOT,
        )
        .options(joinedload(TicketAttachment.file), joinedload(TicketAttachment.message))
        .order_by(TicketAttachment.id)
        .with_for_update(of=TicketAttachment)
    )
