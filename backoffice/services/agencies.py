"""National Agencies (DOMAIN §1): made by the command line or a platform admin."""

import re
from zoneinfo import available_timezones

from backoffice.domain import clock, text
from backoffice.domain.errors import N_, Forbidden, Refused
from backoffice.domain.permissions import Actor, Permission
from backoffice.models import Agency
from backoffice.queries import agencies as queries
from backoffice.services import audit
from backoffice.services.uow import UnitOfWork

CODE = re.compile(r"[A-Z]{2}\d{2}")
LANGUAGES = ("lv", "en")


def create(
    uow: UnitOfWork, *, actor: Actor | None, code: str, name: str, time_zone: str, language: str, name_lv: str = ""
) -> Agency:
    """A new agency. It mails nobody of the past: `notices_from` is its own day of today. `actor` None: the command
    line."""
    if actor is not None and not actor.can(Permission.AGENCY_MANAGE):
        raise Forbidden(N_("Your role does not allow this."))
    code = code.strip().upper()
    if not CODE.fullmatch(code):
        raise Refused(N_("The code of an agency looks like LV01."), field="code", code="code-malformed")
    if uow.session.scalar(queries.by_code(code)) is not None:
        raise Refused(
            N_("There is an agency %(code)s already."), field="code", code="duplicate", values={"code": code}
        )
    name = text.clean_line(name)[:200]
    if not name:
        raise Refused(N_("The name is missing."), field="name", code="required")
    if time_zone not in available_timezones():
        raise Refused(
            N_("There is no time zone “%(zone)s”; one looks like Europe/Riga."), field="time_zone", code="time-zone",
            values={"zone": text.clean_line(time_zone)[:60]},
        )
    if language not in LANGUAGES:
        raise Refused(N_("The language is lv or en."), field="language", code="language")
    row = Agency(
        code=code, name=name, name_lv=text.clean_line(name_lv)[:200], country=code[:2], time_zone=time_zone,
        language=language, created_at=uow.now, notices_from=clock.day_of(uow.now, time_zone=time_zone),
    )
    uow.session.add(row)
    uow.session.flush()
    audit.record(uow, actor=actor, action="agency:created", agency_id=row.id, details={"code": code})
    return row
