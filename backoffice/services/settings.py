"""What differs by agency (CONTRACT, Settings): changed by its admin, audited by field name."""

from dataclasses import asdict, dataclass
from datetime import date

from backoffice.domain import text
from backoffice.domain.errors import N_, Forbidden, NotFound, Refused
from backoffice.domain.notices import DATED, NOTICE_DAYS_MAX, Mail
from backoffice.domain.permissions import Actor, Permission
from backoffice.domain.projects import PublicationRule
from backoffice.domain.retention import DAYS_MAX, DAYS_MIN, RULES, Kept
from backoffice.domain.transitions import DUE_DAYS_MAX, DUE_DAYS_MIN
from backoffice.models import Agency
from backoffice.services import audit
from backoffice.services.contacts import checked_email
from backoffice.services.uow import UnitOfWork

RUN_LIMIT_MAX = 100_000  # mails


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencySettings:
    """The fields of the page, in its order."""

    name: str
    name_lv: str
    helpdesk_address: str
    review_address: str
    phone: str
    sender_name: str
    legal_clause: str
    publication_rule: PublicationRule
    due_days: int
    notices_from: date
    run_limit: int
    notice_days: dict[str, int]  # mail → days
    extra_holidays: list[str]  # as typed
    keep_days: dict[str, int]  # what is kept → days


def days_field(mail: Mail) -> str:
    """The field that says on which day a dated mail goes out."""
    return f"days_{mail.value.replace('-', '_')}"


def change(uow: UnitOfWork, *, actor: Actor, values: AgencySettings) -> list[str]:
    """Save the settings of the actor's own agency; gives the names of the fields that changed."""
    if not actor.can(Permission.SETTINGS_EDIT):
        raise Forbidden(N_("Your role does not allow this."))
    agency = uow.session.get(Agency, actor.agency_id, with_for_update=True) if actor.agency_id else None
    if agency is None:
        raise NotFound(N_("There is no such agency."))
    checked = _checked(values)
    changed = [name for name, value in checked.items() if getattr(agency, name) != value]
    for name in changed:
        setattr(agency, name, checked[name])
    if changed:
        audit.record(
            uow, actor=actor, action="settings:changed", agency_id=agency.id, details={"fields": changed}
        )
    return changed


def _checked(values: AgencySettings) -> dict[str, object]:
    found: dict[str, object] = asdict(values)
    for name, most in (("name", 200), ("name_lv", 200), ("phone", 60), ("sender_name", 200), ("legal_clause", 60)):
        cleaned = text.clean_line(str(found[name]))
        over = text.length(cleaned) - most
        if over > 0:
            raise Refused(
                N_("This may have at most %(most)s characters; it has %(over)s too many."), field=name,
                code="too-long", values={"most": most, "over": over},
            )
        found[name] = cleaned
    for name in ("name", "legal_clause"):
        if not found[name]:
            raise Refused(N_("This cannot be empty."), field=name, code="required")
    for name in ("helpdesk_address", "review_address"):
        found[name] = _address(str(found[name]), field=name)
    if not DUE_DAYS_MIN <= values.due_days <= DUE_DAYS_MAX:
        raise Refused(
            N_("A number from %(first)s to %(last)s."), field="due_days", code="range",
            values={"first": DUE_DAYS_MIN, "last": DUE_DAYS_MAX},
        )
    if not 1 <= values.run_limit <= RUN_LIMIT_MAX:
        raise Refused(
            N_("A number from %(first)s to %(last)s."), field="run_limit", code="range",
            values={"first": 1, "last": RUN_LIMIT_MAX},
        )
    for kept in Kept:
        if not DAYS_MIN <= values.keep_days.get(kept.value, RULES[kept].days) <= DAYS_MAX:
            raise Refused(
                N_("A number from %(first)s to %(last)s."), field=f"keep_{kept.value}", code="range",
                values={"first": DAYS_MIN, "last": DAYS_MAX},
            )
    for mail in DATED:
        if abs(values.notice_days.get(mail.value, 0)) > NOTICE_DAYS_MAX:
            raise Refused(
                N_("A number from %(first)s to %(last)s."), field=days_field(mail), code="range",
                values={"first": -NOTICE_DAYS_MAX, "last": NOTICE_DAYS_MAX},
            )
    found["notice_days"] = {
        mail.value: days
        for mail, dated in DATED.items()
        if (days := values.notice_days.get(mail.value, dated.days)) != dated.days
    }
    found["extra_holidays"] = _holidays(values.extra_holidays)
    found["keep_days"] = {
        kept.value: days
        for kept in Kept
        if (days := values.keep_days.get(kept.value, RULES[kept].days)) != RULES[kept].days
    }
    return found


def _holidays(lines: list[str]) -> list[str]:
    """The dates in their order, each once; refused with the first line that is none."""
    found = set()
    for line in filter(None, map(str.strip, lines)):
        try:
            found.add(date.fromisoformat(line).isoformat())
        except ValueError as error:
            raise Refused(
                N_("“%(line)s” is no date; write it as 2026-12-24."), field="extra_holidays", code="date",
                values={"line": text.clean_line(line)[:40]},
            ) from error
    return sorted(found)


def _address(address: str, *, field: str) -> str:
    """Empty, or an e-mail address; the refusal stands beside its own field."""
    if not address.strip():
        return ""
    try:
        return checked_email(address)
    except Refused as error:
        raise Refused(error.message, field=field, code=error.code, values=error.values) from error
