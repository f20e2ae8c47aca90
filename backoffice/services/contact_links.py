"""The link by which a person who is shown in public withdraws or agrees again (DOMAIN §5); it never expires."""

from backoffice.domain import signin
from backoffice.models import Contact, ContactLink
from backoffice.services.uow import UnitOfWork


def issue(uow: UnitOfWork, *, contact_id: int) -> str | None:
    """A new link of a contact, as its token; only the digest is kept. None for one who is no contact any longer."""
    contact = uow.session.get(Contact, contact_id)
    if contact is None or contact.ended_at is not None:
        return None
    token = signin.new_token()
    uow.session.add(ContactLink(contact_id=contact.id, digest=signin.token_digest(token), created_at=uow.now))
    return token
