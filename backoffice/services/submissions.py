"""Submit for review (S9, S14): fixes what was sent, closes editing, tells both sides."""

from sqlalchemy import func, select

from backoffice.domain import projects as project_rules
from backoffice.domain import readiness, transitions
from backoffice.domain.errors import N_, Refused
from backoffice.domain.notices import Mail
from backoffice.domain.permissions import Actor
from backoffice.domain.projects import GrantState, Status
from backoffice.domain.results import ItemFact, item_digest, submission_digest
from backoffice.domain.reviews import QueuePlace
from backoffice.domain.text import search_key, sort_key
from backoffice.domain.transitions import TRANSITIONS, Name
from backoffice.models import Project, ReviewClaim, Submission, SubmissionFile, SubmissionItem
from backoffice.queries import projects as project_queries
from backoffice.queries import readiness as readiness_queries
from backoffice.queries import submissions as queries
from backoffice.services import acts, audit, links, outbox, people, projects
from backoffice.services.uow import UnitOfWork


def submit(
    uow: UnitOfWork,
    *,
    actor: Actor,
    project_id: int,
    seen_version: int,
    is_confirmed: bool = False,
    act_key: str = "",
) -> Submission:
    """Send the results to the agency; gives the submission, the first one again for a known act key.

    `is_confirmed`: the coordinator ticked "Submit all the same" over the warnings. Raises Refused with the code
    `checklist` for errors and `warnings` when only the tick is missing, `not-submittable` before the day (S9).
    """
    row = TRANSITIONS[Name.SUBMIT]
    project = projects.lock(uow, actor=actor, project_id=project_id, permission=row.permission)
    done = acts.outcome(uow, actor=actor, key=act_key)
    if done is not None:
        return uow.session.get_one(Submission, int(done))
    projects.check_version(project, seen_version)
    transitions.check(row, project.status)
    today = project_queries.today(project.agency, now=uow.now)
    _check_dates(project, facts=project_queries.facts(project, today=today))
    lines = readiness_queries.findings(uow.session, project=project, today=today)
    errors = [line for line in lines if line.level is readiness.Level.ERROR]
    warnings = readiness.warnings_of(lines)
    if errors:
        raise Refused(N_("The checklist still has something to do."), code="checklist")
    if warnings and not is_confirmed:
        raise Refused(
            N_("Confirm that you submit in spite of the points marked."), field="is_confirmed", code="warnings"
        )
    items = queries.current_items(project)
    submission = _fix(uow, actor=actor, project=project, items=items, confirmed=[line.code for line in warnings])
    for result in project.results:
        result.is_open = False
    project.is_summary_open = False
    project.status = row.leads_to(project.status)
    project.status_since_at = project.waiting_since_at = uow.now
    project.due_on = None
    project.queue_place = QueuePlace.PLAIN
    _end_claim(uow, project=project)
    projects.touch(project)
    audit.record(
        uow, actor=actor, action=row.audit, agency_id=project.agency_id, project_id=project.id,
        subject=f"submission:{submission.number}",
        details={"number": submission.number, "digest": submission.digest, "confirmed": submission.confirmed},
    )
    _tell(uow, project=project, submission=submission)
    links.want_all_of(uow, project=project)
    acts.remember(uow, actor=actor, key=act_key, outcome=str(submission.id))
    return submission


def _check_dates(project: Project, *, facts: project_rules.Facts) -> None:
    """From `open`: submittable; from `returned`: not cancelled."""
    if project.grant_state is GrantState.CANCELLED:
        raise Refused(N_("The project was cancelled; nothing can be submitted."), code="cancelled")
    if project.status is Status.RETURNED or project_rules.submittable(facts):
        return
    day = project_rules.submittable_from(facts)
    if day is None:
        raise Refused(
            N_("The end date of the project is not known yet; ask the agency."), code="not-submittable"
        )
    raise Refused(N_("You can submit from %(day)s on."), code="not-submittable", values={"day": day})


def _fix(
    uow: UnitOfWork, *, actor: Actor, project: Project, items: list[ItemFact], confirmed: list[str]
) -> Submission:
    """The immutable snapshot: texts, choices, file hashes and a digest of all; persons by id only."""
    number = 1 + (
        uow.session.scalar(select(func.max(Submission.number)).where(Submission.project_id == project.id)) or 0
    )
    submission = Submission(
        project_id=project.id, number=number, digest=submission_digest(items), submitted_at=uow.now,
        submitted_by_id=actor.user_id, confirmed=confirmed,
    )
    uow.session.add(submission)
    answers = {}
    for request in uow.session.scalars(queries.current_requests(project.id)):
        answers[request.key] = request.answer
        request.is_current = False
    for position, fact in enumerate(items, start=1):
        submission.items.append(_item(fact, position=position, answer=answers.get(fact.key, "")))
    uow.session.flush()
    return submission


def _item(fact: ItemFact, *, position: int, answer: str) -> SubmissionItem:
    item = SubmissionItem(
        key=fact.key, result_id=fact.result_id, position=position, title=fact.title, description=fact.description,
        type=fact.type, languages=fact.languages, link=fact.link, do_not_publish=fact.do_not_publish,
        do_not_publish_reason=fact.do_not_publish_reason, answer=answer, digest=item_digest(fact),
        sort_key=sort_key(fact.title), search_key=search_key(f"{fact.title} {fact.description}"),
    )
    item.files = [
        SubmissionFile(file_id=file.file_id, position=place, name=file.name, size=file.size, sha256=file.sha256)
        for place, file in enumerate(fact.files, start=1)
    ]
    return item


def _end_claim(uow: UnitOfWork, *, project: Project) -> None:
    claim = uow.session.get(ReviewClaim, project.id)
    if claim is not None:
        uow.session.delete(claim)


def _tell(uow: UnitOfWork, *, project: Project, submission: Submission) -> None:
    """Receipt to all with access; notice to the responsible specialist, else to the agency's address."""
    key = f"{project.id}:{submission.number}"
    params = {"submission_id": submission.id}
    for person in people.coordinators(uow.session, project=project):
        outbox.publish(
            uow, kind=Mail.RECEIPT, key=key, to=person, agency_id=project.agency_id, project_id=project.id,
            params=params,
        )
    for person in people.agency_side(uow.session, project=project):
        outbox.publish(
            uow, kind=Mail.SUBMISSION_RECEIVED, key=key, to=person, agency_id=project.agency_id,
            project_id=project.id, params=params,
        )
