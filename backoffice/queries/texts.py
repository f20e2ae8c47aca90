"""Texts that an agency may word itself: the current one by key and language, else the one that we ship.

Shipped texts lie in `templates/texts/<key>.<language>.txt` and have version 0. In them and in an agency's own,
`{agency}`, `{helpdesk}`, `{phone}` and `{clause}` stand for what the agency set.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from backoffice.models import Agency, AgencyText

SHIPPED = Path(__file__).parents[2] / "templates" / "texts"
LEGAL = ("terms", "privacy", "accessibility")  # linked from every foot; always in both languages
LANGUAGES = ("lv", "en")


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One version of a text, as it was written."""

    key: str
    language: str
    version: int
    subject: str
    body: str
    created_at: datetime | None = None


def current(session: Session, *, agency_id: int | None, key: str, language: str) -> Text | None:
    """The agency's newest text in that language, else the shipped one, else None."""
    row = session.scalar(
        select(AgencyText)
        .where(AgencyText.agency_id == agency_id, AgencyText.key == key, AgencyText.language == language)
        .order_by(AgencyText.version.desc())
        .limit(1)
    )
    if row is None:
        return shipped(key, language)
    return Text(
        key=key, language=language, version=row.version, subject=row.subject, body=row.body, created_at=row.created_at
    )


def version(session: Session, *, agency_id: int | None, key: str) -> int:
    """The version that is accepted at sign-in: one number for all languages, 0 for the shipped text."""
    query = select(func.max(AgencyText.version)).where(AgencyText.agency_id == agency_id, AgencyText.key == key)
    return session.scalar(query) or 0


def history(session: Session, *, agency_id: int, key: str) -> list[AgencyText]:
    """Every version of an agency's own, the newest first."""
    query = select(AgencyText).where(AgencyText.agency_id == agency_id, AgencyText.key == key)
    return list(session.scalars(query.order_by(AgencyText.version.desc(), AgencyText.language)))


def of_mails(session: Session, *, agency_id: int, language: str) -> list[AgencyText]:
    """The newest text of each mail that the agency words itself in that language; an empty one says that the mail is
    again as it comes with the application."""
    same = aliased(AgencyText)
    newest = (
        select(func.max(same.version))
        .where(same.agency_id == AgencyText.agency_id, same.key == AgencyText.key, same.language == language)
        .scalar_subquery()
    )
    query = select(AgencyText).where(
        AgencyText.agency_id == agency_id, AgencyText.language == language, AgencyText.key.startswith("mail-"),
        AgencyText.version == newest, AgencyText.body != "",
    )
    return list(session.scalars(query.order_by(AgencyText.key)))


@cache
def shipped(key: str, language: str) -> Text | None:
    """The text that an agency starts with; its first line is the title."""
    path = SHIPPED / f"{key}.{language}.txt"
    if not path.is_file():
        return None
    subject, _break, body = path.read_text(encoding="utf-8").partition("\n")
    return Text(key=key, language=language, version=0, subject=subject.strip(), body=body.strip())


def filled(text: str, agency: Agency | None, *, language: str) -> str:
    """The text with the agency's name, helpdesk address, phone and clause of the grant agreement in their places."""
    values = {
        "agency": (agency.name_lv if language == "lv" else "") or agency.name if agency else "",
        "helpdesk": agency.helpdesk_address if agency else "",
        "phone": agency.phone if agency else "",
        "clause": agency.legal_clause if agency else "I.9.2",
    }
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value or "—")
    return text
