"""Where a project stands, in plain words: one status, one sentence, one next step (DOMAIN §1, §3; S8, S9, S14)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from flask_babel import gettext, ngettext
from sqlalchemy.orm import Session

from backoffice.domain import clock, projects
from backoffice.domain.projects import LABELS, GrantState, Label, PublicationRule, Status
from backoffice.domain.readiness import Finding, Level, ProjectState
from backoffice.domain.reviews import DecisionKind, QueuePlace
from backoffice.domain.visibility import OverrideKind, Subject, project_is_public
from backoffice.models import ChangeRequest, Decision, Override, Project, Submission, Ticket
from backoffice.queries import contacts, published, questions, readiness, submissions
from backoffice.queries import projects as queries
from backoffice.views.coordinator.base import address
from backoffice.views.messages import day

KINDS = {
    Label.OPEN: "open", Label.SUBMITTABLE: "info", Label.UNDER_REVIEW: "review", Label.RETURNED: "wait",
    Label.APPROVED: "good",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """The one next step."""

    label: str
    url: str
    icon: str = ""
    is_act: bool = True  # something to do, not only to see


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a project page and its card in the list say."""

    project: Project
    today: date
    state: ProjectState
    findings: Sequence[Finding]
    requests: dict[str, ChangeRequest]
    overrides: dict[tuple[Subject, int], Override]
    submission: Submission | None
    decision: Decision | None
    label: Label
    heading: str
    sentence: str
    way: Way | None
    steps: list[tuple[str, str]]

    @property
    def word(self) -> str:
        return gettext(LABELS[self.label])

    @property
    def kind(self) -> str:
        return KINDS[self.label]

    @property
    def waits_for_coordinator(self) -> bool:
        is_asked = self.label is Label.UNDER_REVIEW and self.project.queue_place == QueuePlace.ASKED
        return is_asked or self.label in {Label.SUBMITTABLE, Label.RETURNED}

    @property
    def is_editable(self) -> bool:
        return self.project.status in {Status.OPEN, Status.RETURNED}

    @property
    def is_live_editable(self) -> bool:
        """Website, logo and contacts change at once, outside a review."""
        return self.project.status is not Status.UNDER_REVIEW

    @property
    def errors(self) -> list[Finding]:
        return [line for line in self.findings if line.level is Level.ERROR]

    @property
    def warnings(self) -> list[Finding]:
        return [line for line in self.findings if line.level is Level.WARNING]

    def of_result(self, result_id: int) -> list[Finding]:
        return [line for line in self.findings if line.anchor == f"result:{result_id}"]


def of(session: Session, project: Project) -> Standing:
    """Everything that the page of a project says about where it stands."""
    today = queries.today(project.agency, now=clock.now())
    facts = readiness.state(session, project=project, today=today)
    found = readiness.findings(session, project=project, today=today)
    requests = {row.key: row for row in session.scalars(submissions.current_requests(project.id))}
    overrides = contacts.by_subject(session.scalars(contacts.active_overrides(project.id)).all())
    is_public = _is_public(project, today, overrides.get((Subject.PROJECT, project.id)))
    submission = session.scalar(submissions.latest(project.id))
    decision = session.scalars(submissions.decisions(project.id)).first()
    label = projects.label(project.status, is_submittable=facts.is_submittable)
    errors = [line for line in found if line.level is Level.ERROR]
    heading, sentence = _words(session, project, label, facts, errors, requests, submission, decision, today)
    return Standing(
        project=project, today=today, state=facts, findings=found, requests=requests, overrides=overrides,
        submission=submission, decision=decision, label=label, heading=heading, sentence=sentence,
        way=_way(project, label, facts, errors, submission, is_public=is_public),
        steps=_steps(project, label, today),
    )


def place(project: Project, line: Finding) -> str:
    """Where a line of the checklist is put right."""
    kind, _, result_id = line.anchor.partition(":")
    if line.code == "upload-unfinished":
        return address("project", project) + "#uploads"
    if kind == "result":
        if line.code == "request-open":
            return address("project", project) + f"#answer-{result_id}"
        return address("result", project, result_id=int(result_id)) + (f"#{line.field}" if line.field else "")
    if kind == "results":
        return address("new_result", project)
    if kind == "summary":
        return address("project", project) + "#final_summary"
    if kind in {"contacts", "logo", "website"}:
        return address("project", project) + f"#{kind}"
    return ""


def _is_public(project: Project, today: date, override: Override | None) -> bool:
    return project_is_public(
        today=today, start_date=project.start_date, grant_state=project.grant_state,
        override=OverrideKind(override.kind) if override else None,
    )


def _words(
    session: Session, project: Project, label: Label, facts: ProjectState, errors: Sequence[Finding],
    requests: dict[str, ChangeRequest], submission: Submission | None, decision: Decision | None, today: date,
) -> tuple[str, str]:
    if label is Label.UNDER_REVIEW and submission is not None:
        asked = _question(session, project, submission)
        if asked is not None:
            asked_on = clock.day_of(asked.created_at, time_zone=project.agency.time_zone)
            return gettext("The agency has a question for you"), gettext(
                "Asked on %(day)s. The results stay under review, and the review goes on when your answer is there.",
                day=day(asked_on),
            )
        return gettext("Nothing to do: the agency checks the results"), gettext(
            "Sent on %(day)s as submission %(number)s. You will get a mail as soon as the agency has answered.",
            day=day(_day(project, submission)), number=submission.number,
        )
    if label is Label.APPROVED:
        return gettext("The results are approved"), _approved(session, project, decision)
    if label is Label.RETURNED:
        return _returned(project, errors, requests, decision, today)
    if facts.is_cancelled:
        return gettext("The project was cancelled"), gettext("Nothing can be submitted. What was entered stays here.")
    if label is Label.OPEN:
        return gettext("Add results as they are made"), _running(project, facts)
    return _submittable(project, facts, errors, today)


def _question(session: Session, project: Project, submission: Submission) -> Ticket | None:
    """What waits for the coordinator's answer; looked for only where the queue says that something was asked."""
    if project.queue_place != QueuePlace.ASKED:
        return None
    return session.scalar(questions.waiting(submission.id))


def _running(project: Project, facts: ProjectState) -> str:
    if facts.submittable_from is None or project.end_date is None:
        return gettext("The end date of the project is not known yet; please ask the agency. "
                       "From the day after it you can submit.")
    return gettext(
        "The project runs until %(end)s. You can submit from %(first)s on.", end=day(project.end_date),
        first=day(facts.submittable_from),
    )


def _submittable(
    project: Project, facts: ProjectState, errors: Sequence[Finding], today: date
) -> tuple[str, str]:
    if not facts.results and facts.are_results_required:
        heading = gettext("Add at least one result, then you can submit")
    elif errors:
        heading = ngettext(
            "One thing left, then you can submit", "%(num)s things left, then you can submit", len(errors)
        )
    else:
        heading = gettext("Everything is there: you can submit")
    return heading, " ".join((_why_now(project, today), _report(project, facts, today))).strip()


def _why_now(project: Project, today: date) -> str:
    if project.grant_state is GrantState.TERMINATED:
        return gettext("The project was terminated, so you can submit at once.")
    if project.end_date is not None and project.end_date < today:
        return gettext("The project ended on %(day)s.", day=day(project.end_date))
    return gettext("The final report was handed in, so you can submit.")


def _report(project: Project, facts: ProjectState, today: date) -> str:
    """S2: what depends on it."""
    if not facts.are_results_required:
        return gettext("Results are welcome, but this project need not have any.")
    if project.report_approved_on is not None:
        return ""
    due = projects.report_due_on(project.end_date)
    if due is None or project.report_handed_in_on is not None:
        return gettext("The final report can be approved only after the results, so please submit soon.")
    if due < today:
        return gettext(
            "The final report was due on %(day)s; it can be approved only after the results.", day=day(due)
        )
    return gettext("The final report is due on %(day)s; it can be approved only after the results.", day=day(due))


def _returned(
    project: Project, errors: Sequence[Finding], requests: dict[str, ChangeRequest], decision: Decision | None,
    today: date,
) -> tuple[str, str]:
    left = [line for line in errors if line.code == "request-open"]
    is_unlock = decision is not None and decision.kind is DecisionKind.UNLOCK
    if left:
        heading = ngettext(
            "The agency asks for one addition", "The agency asks for %(num)s additions", len(left)
        )
    elif errors:
        heading = ngettext(
            "One thing left, then you can submit", "%(num)s things left, then you can submit", len(errors)
        )
    elif requests:
        heading = gettext("Every comment is answered: you can submit")
    elif is_unlock:
        heading = gettext("The agency has opened the results again")
    else:
        heading = gettext("The agency asks for additions")
    parts = [_scope(project)]
    if project.due_on is not None:
        parts.append(
            gettext("It was due on %(day)s; please submit soon.", day=day(project.due_on))
            if project.due_on < today else gettext("Please submit by %(day)s.", day=day(project.due_on))
        )
    return heading, " ".join(parts)


def _scope(project: Project) -> str:
    """What was reopened; the rest stays as it was accepted."""
    numbers = [str(number) for number, result in enumerate(project.results, start=1) if result.is_open]
    if len(numbers) == len(project.results) and project.is_summary_open:
        return gettext("Everything is open for you.")
    if not numbers and not project.is_summary_open:
        return gettext("New results can be added; the others stay as they are.")
    if not numbers:
        return gettext("The final summary is open for you; the results stay as they are.")
    return ngettext(
        "Result %(numbers)s is open for you; the rest stays as it is.",
        "Results %(numbers)s are open for you; the rest stays as it is.", len(numbers), numbers=", ".join(numbers),
    )


def _approved(session: Session, project: Project, decision: Decision | None) -> str:
    since = clock.day_of(
        decision.decided_at if decision else project.status_since_at, time_zone=project.agency.time_zone
    )
    return " ".join((
        gettext("Approved on %(day)s.", day=day(since)), _public(session, project),
        gettext("Website, logo and contacts can still change."),
    ))


def _public(session: Session, project: Project) -> str:
    """How many results strangers can see now, by the one query that decides it."""
    shown = published.items(published.moment(session, now=clock.now())).where(Project.id == project.id)
    count = len(session.scalars(shown).all())
    if count:
        return ngettext("%(num)s result is public.", "%(num)s results are public.", count)
    is_later = project.agency.publication_rule is PublicationRule.ON_REPORT_APPROVAL
    if is_later and project.report_approved_on is None:
        return gettext("The results become public when the final report is approved.")
    return gettext("No result is public.")


def _way(
    project: Project, label: Label, facts: ProjectState, errors: Sequence[Finding], submission: Submission | None,
    *, is_public: bool,
) -> Way | None:
    if label is Label.UNDER_REVIEW:
        if submission is None:
            return None
        if project.queue_place == QueuePlace.ASKED:
            return Way(label=gettext("Answer the question"), url=address("project", project) + "#question")
        return Way(
            label=gettext("See what was sent"), is_act=False,
            url=address("receipt", project, number=submission.number),
        )
    if label is Label.APPROVED:
        url = f"/projects/{project.code}"
        return Way(label=gettext("See the public page"), url=url, icon="eye", is_act=False) if is_public else None
    if facts.is_cancelled:
        return None
    if label is Label.OPEN or (not facts.results and facts.are_results_required):
        return Way(label=gettext("Add result"), url=address("new_result", project), icon="plus")
    if not errors:
        return Way(label=gettext("Submit for review"), url=address("submit", project), icon="send")
    return _to_first(project, errors[0])


def _to_first(project: Project, line: Finding) -> Way | None:
    """To the first thing that stops the submission."""
    url = place(project, line)
    if not url:
        return None
    if line.anchor == "results":
        return Way(label=gettext("Add result"), url=url, icon="plus")
    if line.anchor == "summary":
        return Way(label=gettext("Go to the final summary"), url=url)
    if line.code == "request-open":
        return Way(label=gettext("Answer the comment"), url=url)
    if line.code == "upload-unfinished":
        return Way(label=gettext("Finish the upload"), url=url)
    return Way(label=gettext("Finish result %(number)s", number=line.values.get("number", "")), url=url)


def _steps(project: Project, label: Label, today: date) -> list[tuple[str, str]]:
    add, review, done = gettext("1. Add results"), gettext("2. Under review"), gettext("3. Results approved")
    if label is Label.RETURNED:
        asked = (
            gettext("Additions requested, by %(day)s", day=day(project.due_on)) if project.due_on
            else gettext("Additions requested")
        )
        return [(add, "done"), (review, "done"), (asked, "now"), (done, "")]
    has_ended = project.end_date is not None and project.end_date < today
    is_over = {GrantState.TERMINATED: gettext("Project terminated"), GrantState.CANCELLED: gettext("Project cancelled")}
    word = is_over.get(project.grant_state, gettext("Project ended") if has_ended else gettext("Project is running"))
    order = {Label.OPEN: 0, Label.SUBMITTABLE: 0, Label.UNDER_REVIEW: 1, Label.APPROVED: 2}[label]
    states = ["done" if place < order else "now" if place == order else "" for place in range(3)]
    if label is Label.APPROVED:
        states = ["done", "done", "now"]
    return [(word, "done"), *zip((add, review, done), states, strict=True)]


def _day(project: Project, submission: Submission) -> date:
    return clock.day_of(submission.submitted_at, time_zone=project.agency.time_zone)
