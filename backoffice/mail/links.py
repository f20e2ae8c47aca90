"""The link by which a requester follows a ticket without signing in: the key belongs to number and address, and says
neither."""

from hashlib import sha256

from flask import current_app
from itsdangerous import Signer

from backoffice.config import Settings
from backoffice.domain.text import fold_email


def follow_link(number: int, email: str) -> str:
    """The address of the ticket's page for this very person."""
    settings: Settings = current_app.config["SETTINGS"]
    key = _signer(settings).get_signature(_what(number, email)).decode()
    return f"{settings.public_base_url}/help/tickets/{number}?key={key}"


def is_follow_key(key: str, number: int, email: str) -> bool:
    """Was this key made for this ticket and this person?"""
    settings: Settings = current_app.config["SETTINGS"]
    return bool(email) and _signer(settings).verify_signature(_what(number, email), key.encode("ascii", "replace"))


def _what(number: int, email: str) -> bytes:
    return f"{number}:{fold_email(email)}".encode()


def _signer(settings: Settings) -> Signer:
    return Signer(settings.secret_key, salt="follow-ticket", digest_method=sha256)
