"""A new version of a text that the agency words itself; every version stays."""

from collections.abc import Mapping
from dataclasses import dataclass

from backoffice.domain import mail_texts, text
from backoffice.domain.errors import N_, Forbidden, Refused, Stale
from backoffice.domain.notices import Mail
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
    kept = {language: cleaned(wording) for language, wording in wordings.items()}
    for language in queries.LANGUAGES if key in queries.LEGAL else kept:
        _check(kept.get(language, Wording(subject="", body="")), language=language)
    for language, wording in kept.items():
        uow.session.add(AgencyText(
            agency_id=actor.agency_id, key=key, language=language, version=version + 1, subject=wording.subject,
            body=wording.body, created_at=uow.now, created_by_id=actor.user_id,
        ))
    audit.record(
        uow, actor=actor, action="text:changed", agency_id=actor.agency_id, subject=f"text:{key}",
        details={"version": version + 1, "languages": sorted(kept)},
    )
    uow.session.flush()
    return version + 1


def word_mail(
    uow: UnitOfWork, *, actor: Actor, mail: Mail, wordings: Mapping[str, Wording | None], seen_version: int
) -> bool:
    """Put the agency's own words for a mail in force, by language; None: the mail as it comes with the application.
    False when nothing is different. Raises Refused beside `subject_<language>` or `body_<language>`."""
    key, before = mail_texts.key(mail), _own(uow, actor=actor, mail=mail)
    version = queries.version(uow.session, agency_id=actor.agency_id, key=key)
    if version != seen_version:
        raise Stale(N_("A colleague has put another version in force since you opened this page."))
    given = check_mail(mail=mail, wordings=wordings)
    changed = {language: wording for language, wording in given.items() if wording != before.get(language)}
    for language, wording in changed.items():
        uow.session.add(AgencyText(
            agency_id=actor.agency_id, key=key, language=language, version=version + 1, created_at=uow.now,
            subject=wording.subject if wording else "", body=wording.body if wording else "",
            created_by_id=actor.user_id,
        ))
    if changed:
        audit.record(
            uow, actor=actor, action="text:changed", agency_id=actor.agency_id, subject=f"text:{key}",
            details={
                "version": version + 1, "languages": sorted(changed),
                "standard": sorted(language for language, wording in changed.items() if wording is None),
            },
        )
    return bool(changed)


def check_mail(*, mail: Mail, wordings: Mapping[str, Wording | None]) -> Mapping[str, Wording | None]:
    """The wordings as they would be kept; raises Refused as `word_mail` does."""
    kept = {language: cleaned(wording) if wording else None for language, wording in wordings.items()}
    for language, wording in kept.items():
        if wording is not None:
            _check(wording, language=language)
            mail_texts.check(mail, subject=wording.subject, body=wording.body, language=language)
    return kept


def _own(uow: UnitOfWork, *, actor: Actor, mail: Mail) -> dict[str, Wording]:
    """What is in force now."""
    if not actor.can(Permission.TEXT_EDIT) or actor.agency_id is None:
        raise Forbidden(N_("Your role does not allow this."))
    return {
        language: Wording(subject=row.subject, body=row.body)
        for language in queries.LANGUAGES
        for row in queries.of_mails(uow.session, agency_id=actor.agency_id, language=language)
        if row.key == mail_texts.key(mail)
    }


def cleaned(wording: Wording) -> Wording:
    """As it is kept."""
    return Wording(subject=text.clean_line(wording.subject), body=text.clean(wording.body))


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
