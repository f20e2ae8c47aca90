"""A new version of a text that the agency words itself; every version stays."""

from collections.abc import Mapping
from dataclasses import dataclass

from backoffice.domain import text
from backoffice.domain.errors import N_, Forbidden, Refused, Stale
from backoffice.domain.permissions import Actor, Permission
from backoffice.models import AgencyText
from backoffice.queries import texts as queries
from backoffice.services import audit
from backoffice.services.uow import UnitOfWork

MOST = 60_000  # characters of one text


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """A text in one language; `subject` is the title of a page or the subject of a mail."""

    subject: str
    body: str


def new_version(
    uow: UnitOfWork, *, actor: Actor, key: str, wordings: Mapping[str, Wording], seen_version: int
) -> int:
    """Put a text in force from now on; gives the number of the version, one for all its languages.

    Terms, privacy and accessibility are read in both languages, so they are written in both. Raises Refused beside
    `subject_<language>` or `body_<language>`.
    """
    if not actor.can(Permission.TEXT_EDIT) or actor.agency_id is None:
        raise Forbidden(N_("Your role does not allow this."))
    version = queries.version(uow.session, agency_id=actor.agency_id, key=key)
    if version != seen_version:
        raise Stale(N_("A colleague has put another version in force since you opened this page."))
    cleaned = {
        language: Wording(subject=text.clean_line(wording.subject), body=text.clean(wording.body))
        for language, wording in wordings.items()
    }
    for language in queries.LANGUAGES if key in queries.LEGAL else cleaned:
        _check(cleaned.get(language, Wording(subject="", body="")), language=language)
    for language, wording in cleaned.items():
        uow.session.add(AgencyText(
            agency_id=actor.agency_id, key=key, language=language, version=version + 1, subject=wording.subject,
            body=wording.body, created_at=uow.now, created_by_id=actor.user_id,
        ))
    audit.record(
        uow, actor=actor, action="text:changed", agency_id=actor.agency_id, subject=f"text:{key}",
        details={"version": version + 1, "languages": sorted(cleaned)},
    )
    uow.session.flush()
    return version + 1


def _check(wording: Wording, *, language: str) -> None:
    text.fit(wording.subject, limit="subject", field=f"subject_{language}")
    if not wording.subject:
        raise Refused(N_("Write it in this language too."), field=f"subject_{language}", code="missing")
    if not wording.body:
        raise Refused(N_("Write it in this language too."), field=f"body_{language}", code="missing")
    if text.length(wording.body) > MOST:
        raise Refused(
            N_("This may have at most %(most)s characters; it has %(over)s too many."), field=f"body_{language}",
            code="too-long", values={"most": MOST, "over": text.length(wording.body) - MOST},
        )
