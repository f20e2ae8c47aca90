"""Public projects with published results, many at once and without the way there."""

from collections.abc import Sequence

from backoffice.domain.results import ResultType, item_key
from backoffice.domain.text import search_key, sort_key
from backoffice.models import Project, Result, Submission, SubmissionItem
from backoffice.services import keys
from backoffice.services.uow import unit_of_work
from tests.factories.projects import project


def published_project(
    agency_id: int,
    title: str,
    *,
    code: str | None = None,
    action: str = "KA220-SCH",
    region: str = "",
    countries: tuple[str, ...] = (),
    topics: str = "",
    is_good_practice: bool = False,
    summary: str = "",
    results: Sequence[tuple[str, ResultType, tuple[str, ...]]] = (),
    final_summary: str = "",
) -> int:
    """A public project with published results, without the way there (other tests go it)."""
    project_id = project(agency_id=agency_id, title=title, code=code, action=action)
    with unit_of_work() as uow:
        row = uow.session.get_one(Project, project_id)
        row.organisation_region, row.countries, row.topics, row.summary = region, countries, topics, summary
        row.is_good_practice = is_good_practice
        keys.fill_project(row)
        submission = Submission(project_id=project_id, number=1, digest="d", submitted_at=uow.now)
        uow.session.add(submission)
        uow.session.flush()
        for position, (name, kind, languages) in enumerate(results):
            result = Result(project_id=project_id, created_at=uow.now, changed_at=uow.now)
            uow.session.add(result)
            uow.session.flush()
            description = f"About {name.lower()}."
            uow.session.add(SubmissionItem(
                submission_id=submission.id, key=item_key(result.id), result_id=result.id, position=position,
                title=name, description=description, type=kind, languages=languages, digest="d",
                search_key=search_key(f"{name} {description}"), sort_key=sort_key(name),
            ))
        uow.session.add(SubmissionItem(
            submission_id=submission.id, key="summary", position=99, description=final_summary, digest="d",
            search_key=search_key(final_summary),
        ))
        row.published_submission_id = submission.id
    return project_id
