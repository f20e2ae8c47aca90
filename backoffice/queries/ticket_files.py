"""Files of tickets: held for a form, attached to a message, as each person may read them (S16)."""

from collections.abc import Sequence

from sqlalchemy import Select, exists, select

from backoffice.domain.files import FilePurpose
from backoffice.models import StoredFile, TicketAttachment


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
