"""Gathers the facts of the checklist from the rows (DOMAIN §4); `domain.readiness` says what follows."""

from datetime import date

from sqlalchemy.orm import Session

from backoffice.domain import clock, readiness
from backoffice.domain import projects as rules
from backoffice.domain.english import reads_as_english
from backoffice.domain.links import LinkState
from backoffice.domain.projects import GrantState, Status
from backoffice.domain.readiness import FileState, Finding, ProjectState, ResultState
from backoffice.domain.results import SUMMARY_KEY, item_digest, item_key
from backoffice.domain.visibility import Subject
from backoffice.models import ChangeRequest, LinkCheck, Project
from backoffice.queries import contacts, links, projects, submissions, uploads


def state(session: Session, *, project: Project, today: date) -> ProjectState:
    """The facts as of the agency's day; reads the requests and overrides of the project."""
    requests = {row.key: row for row in session.scalars(submissions.current_requests(project.id))}
    digests = {item.key: item_digest(item) for item in submissions.current_items(project)}
    overrides = contacts.by_subject(session.scalars(contacts.active_overrides(project.id)).all())
    facts = projects.facts(project, today=today)
    summary = requests.get(SUMMARY_KEY)
    found = links.of_urls(session, [project.website, *(result.link for result in project.results)])
    website = found.get(project.website)
    unfinished = {upload.result_id: upload.name for upload in session.scalars(uploads.of_project(project.id))}
    return ProjectState(
        is_submittable=rules.submittable(facts),
        submittable_from=rules.submittable_from(facts),
        is_cancelled=project.grant_state is GrantState.CANCELLED,
        is_returned=project.status is Status.RETURNED,
        are_results_required=projects.results_required(project),
        has_public_contact=any(
            contacts.is_public(contact, overrides.get((Subject.CONTACT, contact.id))) for contact in project.contacts
        ),
        has_logo=project.logo_file_id is not None,
        has_website=bool(project.website),
        website_state=website.state if website else None,
        website_since=clock.day_of(website.since_at, time_zone=project.agency.time_zone)
        if website and website.since_at else None,
        website_leads_to=website.leads_to if website else "",
        final_summary=project.final_summary,
        summary_reads_as_english=reads_as_english(project.final_summary),
        summary_request=summary.comment if summary else "",
        summary_answer=summary.answer if summary else "",
        has_summary_changed_since_request=_has_changed(summary, digests),
        results=tuple(
            ResultState(
                result_id=result.id,
                number=number,
                title=result.title,
                description=result.description,
                has_type=result.type is not None,
                has_language=bool(result.languages),
                link=result.link,
                do_not_publish=result.do_not_publish,
                do_not_publish_reason=result.do_not_publish_reason,
                files=tuple(
                    FileState(name=file.name, sha256=file.sha256, check=file.check_state) for file in result.files
                ),
                reads_as_english=reads_as_english(result.description),
                link_answers=_answers(found.get(result.link)),
                request=request.comment if (request := requests.get(item_key(result.id))) else "",
                answer=request.answer if request else "",
                has_changed_since_request=_has_changed(request, digests),
                unfinished_upload=unfinished.pop(result.id, ""),
            )
            for number, result in enumerate(project.results, start=1)
        ),
        unfinished_upload=next(iter(unfinished.values()), ""),
    )


def findings(session: Session, *, project: Project, today: date) -> list[Finding]:
    """The checklist of a project as it stands."""
    return readiness.findings(state(session, project=project, today=today))


def _answers(check: LinkCheck | None) -> bool | None:
    """None: nobody has asked yet."""
    return None if check is None or check.state is None else check.state not in (LinkState.DEAD, LinkState.NOT_PUBLIC)


def _has_changed(request: ChangeRequest | None, digests: dict[str, str]) -> bool:
    return request is not None and digests.get(request.key) != request.digest
