"""Projects in the columns of the Commission's public list (MISSION; CONTRACT "projects export")."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from backoffice.domain.projects import GrantState
from backoffice.models import Partner, Project
from backoffice.queries import published
from backoffice.queries.published import Moment, PublicProject

# As the Commission's list itself calls it; an import knows it by its beginning.
GRANT = (
    "EU Grant award in euros (This amount represents the grant awarded after the selection stage and is indicative. "
    "Please note that any changes made during or after the project's lifetime will not be reflected here.)"
)
COLUMNS = (
    "Programme", "Key Action", "Action Type", "Call year", "Project Identifier", "Project Title", "Topics",
    "Project Summary", "Project Status", GRANT, "Is Good Practice", "Is Success Story", "Project Website",
    "Results Available", "Results Platform Project Card", "Participating countries", "Coordinating organisation name",
    "Coordinating organisation type", "Coordinator's address", "Coordinator's region", "Coordinator's country",
    "Coordinator's website",
)
PARTNER_COLUMNS = ("name", "organisation type", "address", "region", "country", "website")
# What the agency's own list has beside them; an import reads them again, "Status" excepted.
STAFF_COLUMNS = (
    "Status", "Start date", "End date", "Grant state", "Final report handed in on", "Final report approved on",
    "Responsible",
)
# The Commission's own words, where it has any.
_STATUS = {GrantState.RUNNING: "ongoing", GrantState.FINALISED: "finalized"}

Cell = str | int | Decimal | date | None
Row = list[Cell]


def header(*, partners: int, is_staff: bool = False) -> list[str]:
    """The names of the columns for that many partners."""
    names = [f"Partner {number} {name}" for number in range(1, partners + 1) for name in PARTNER_COLUMNS]
    return [*COLUMNS, *(STAFF_COLUMNS if is_staff else ()), *names]


def most_partners(session: Session, query: Select[Project]) -> int:
    """How many partners the project with the most of them has."""
    ids = query.with_only_columns(Project.id).order_by(None)
    return session.scalar(select(func.max(Partner.position)).where(Partner.project_id.in_(ids))) or 0


def public_rows(
    session: Session, pages: Sequence[PublicProject], *, base: str, partners: int
) -> Iterator[Row]:
    """Projects as the public sees them: what is hidden is in no cell."""
    found = _partners(session, [page.project.id for page in pages])
    for page in pages:
        yield _row(
            page.project, summary=page.description, website=page.website, has_results=bool(page.results),
            card=f"{base}/projects/{page.project.code}", partners=found.get(page.project.id, []), width=partners,
        )


def rows(
    session: Session, batch: Sequence[Project], *, at: Moment, base: str, partners: int, is_staff: bool = False
) -> Iterator[Row]:
    """Projects as staff know them: an import of the file changes nothing."""
    ids = [project.id for project in batch]
    public = set(session.scalars(published.projects(at).with_only_columns(Project.id).where(Project.id.in_(ids))))
    with_results = set(session.scalars(
        published.items(at).with_only_columns(Project.id).where(Project.id.in_(ids)).distinct()
    ))
    found = _partners(session, ids)
    for project in batch:
        yield _row(
            project, summary=project.summary, website=project.website, has_results=project.id in with_results,
            card=f"{base}/projects/{project.code}" if project.id in public else "",
            partners=found.get(project.id, []), width=partners, staff=_staff(project) if is_staff else (),
        )


def _staff(project: Project) -> Sequence[Cell]:
    return (
        project.status.value, project.start_date, project.end_date, project.grant_state.value,
        project.report_handed_in_on, project.report_approved_on,
        project.responsible.email if project.responsible else "",
    )


def _row(
    project: Project, *, summary: str, website: str, has_results: bool, card: str, partners: Sequence[Partner],
    width: int, staff: Sequence[Cell] = (),
) -> Row:
    cents = project.grant_cents
    row: Row = [
        project.programme, project.key_action_name, project.action_type_name, project.call_year, project.code,
        project.title, project.topics, summary, _STATUS.get(project.grant_state, project.grant_state.value),
        None if cents is None else Decimal(cents).scaleb(-2).quantize(Decimal("0.01")), _yes(project.is_good_practice),
        _yes(project.is_success_story), website, _yes(has_results), card, ",".join(project.countries),
        project.organisation, project.organisation_type, project.organisation_address, project.organisation_region,
        project.organisation_country, project.organisation_website, *staff,
    ]
    cells: list[Cell] = [""] * (width * len(PARTNER_COLUMNS))
    for partner in partners:
        start = (partner.position - 1) * len(PARTNER_COLUMNS)
        cells[start : start + len(PARTNER_COLUMNS)] = (
            partner.name, partner.type, partner.address, partner.region, partner.country, partner.website
        )
    return row + cells


def _yes(value: bool) -> str:
    """The list of the Commission speaks English."""
    return "Yes" if value else "No"


def _partners(session: Session, project_ids: Sequence[int]) -> dict[int, list[Partner]]:
    found: dict[int, list[Partner]] = {}
    query = select(Partner).where(Partner.project_id.in_(project_ids)).order_by(Partner.project_id, Partner.position)
    for partner in session.scalars(query):
        found.setdefault(partner.project_id, []).append(partner)
    return found
