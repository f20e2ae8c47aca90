import itertools
from datetime import date, timedelta

from backoffice.domain import clock, projects, text
from backoffice.models import Agency, Contact, Project
from backoffice.services.uow import unit_of_work

_numbers = itertools.count(1)


def project(
    *,
    agency_id: int,
    code: str | None = None,
    title: str | None = None,
    action: str = "KA220-SCH",
    start_date: date | None = None,
    end_date: date | None = None,
    is_running: bool = False,
    grant_state: projects.GrantState = projects.GrantState.RUNNING,
    responsible_id: int | None = None,
    final_summary: str = "",
) -> int:
    """An open project that ended a month ago, so it is submittable; or one that runs for another year."""
    number = next(_numbers)
    with unit_of_work() as uow:
        agency = uow.session.get_one(Agency, agency_id)
        parsed = projects.parse_code(code or f"2023-1-{agency.code}-{action}-{number:09}")
        today = clock.day_of(uow.now, time_zone=agency.time_zone)
        title = title or f"Project {number}"
        row = Project(
            agency_id=agency_id,
            code=parsed.text,
            call_year=parsed.call_year,
            round=parsed.round,
            action=parsed.action,
            number=parsed.number,
            title=title,
            summary=f"What project {number} set out to do.",
            organisation=f"School {number}",
            start_date=start_date or today - timedelta(days=700),
            end_date=end_date or today + timedelta(days=365 if is_running else -30),
            grant_state=grant_state,
            responsible_id=responsible_id,
            final_summary=final_summary,
            is_final_summary_entered_here=bool(final_summary),
            status_since_at=uow.now,
            waiting_since_at=uow.now,
            created_at=uow.now,
            search_key=text.search_key(f"{parsed.text} {title}"),
            sort_key=text.sort_key(title),
        )
        uow.session.add(row)
        uow.session.flush()
        return row.id


def contact(*, project_id: int, is_public: bool = False, email: str | None = None) -> int:
    """A person named on the project; private unless said otherwise (S10)."""
    number = next(_numbers)
    with unit_of_work() as uow:
        row = Contact(
            project_id=project_id,
            email=email or f"contact{number}@test.example",
            name=f"Contact {number}",
            role="Coordinator",
            phone="+371 67000000",
            coordinator_public=is_public,
            coordinator_at=uow.now if is_public else None,
            created_at=uow.now,
        )
        uow.session.add(row)
        uow.session.flush()
        return row.id
