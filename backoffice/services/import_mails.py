"""The mails that follow from an import (DOMAIN §2, §7): some at once, the dated ones by today's run."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from backoffice.domain.notices import Mail
from backoffice.domain.projects import GrantState
from backoffice.models import Agency, Project
from backoffice.services import access, notices, outbox, people
from backoffice.services.import_people import REPLACED, Changes
from backoffice.services.uow import UnitOfWork


def tell(
    uow: UnitOfWork, *, agencies: Iterable[Agency], imported: Sequence[tuple[Project, object, Changes]]
) -> tuple[Counter[str], Counter[str]]:
    """Write what goes out at once; how many mails of each kind follow, and how many never go because they were due
    before the agency began. Needs numbered rows. With each project stands the end date that it had before, when that
    changed."""
    told: Counter[str] = Counter()
    for project, _, changes in imported:
        told.update(_people(uow, project=project, changes=changes))
    uow.session.flush()
    by_id = {agency.id: agency for agency in agencies}
    moved = {project.id: former for project, former, _ in imported if isinstance(former, date)}
    told.update(notices.end_dates_changed(uow, former=moved, agencies=by_id) if moved else {})
    ids = [project.id for project, _, _ in imported]
    queued, suppressed = notices.preview_kinds(uow.session, project_ids=ids, agencies=by_id, now=uow.now)
    told.update(queued)
    for project, _, changes in imported:
        told[Mail.ACCESS] += _to_come(project, changes=changes, today=notices.today(project.agency, now=uow.now))
    uow.session.flush()
    return +told, suppressed


def _to_come(project: Project, *, changes: Changes, today: date) -> int:
    """Access mails that wait for the start of the project: they follow from this list as well."""
    is_to_come = project.start_date is not None and project.start_date > today
    return len(changes.given) if is_to_come and project.grant_state is not GrantState.CANCELLED else 0


def _people(uow: UnitOfWork, *, project: Project, changes: Changes) -> Mapping[str, int]:
    """Mails about a changed contact, at once: access to the new one, its end to the former. Needs numbered rows."""
    told: Counter[str] = Counter()
    if changes.is_told_at_once:
        for row in changes.given:
            access.send_access(uow, project=project, access=row)
            told[Mail.ACCESS] += 1
    for row in changes.ended:
        outbox.publish(
            uow, kind=Mail.ACCESS_REVOKED, key=f"{project.id}:{row.id}",
            to=people.recipient(row.user, project=project), agency_id=project.agency_id, project_id=project.id,
            params={"access_id": row.id, "reason": REPLACED},
        )
        told[Mail.ACCESS_REVOKED] += 1
    return told
