"""The demo's agencies, people and projects (CONTRACT, Demo). States are reached by the very services, each at its day,
so that submissions, decisions, mails and the audit trail are real."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from sqlalchemy import select

from backoffice.domain import clock
from backoffice.domain import imports as columns
from backoffice.domain.permissions import Actor, Role
from backoffice.domain.results import item_key
from backoffice.domain.reviews import Verdict
from backoffice.models import ApiToken, Contact, Project, Submission, User
from backoffice.queries import agencies as agency_queries
from backoffice.queries import submissions as submission_queries
from backoffice.queries import users as user_queries
from backoffice.services import (
    access,
    agencies,
    contacts,
    decisions,
    demo_shelf,
    demo_tickets,
    files,
    imports,
    projects,
    results,
    reviews,
    submissions,
    tokens,
)
from backoffice.services.decisions import Seen as SeenOnScreen
from backoffice.services.demo_stories import ACCOUNTS, AGENCIES, STORIES, DemoResult, Stage, Story
from backoffice.services.results import ResultValues
from backoffice.services.uow import UnitOfWork
from backoffice.storage.intake import Upload
from backoffice.storage.seen import Seen
from backoffice.storage.tables import Row

TOKEN = "demo-token-lv01"  # noqa: S105 - public by intent, and only in the demo
BEGIN = -1100  # days from today: the agencies

ALL_STORIES = (*STORIES, *demo_shelf.SHELF)
NAMES = {account.email: account.name for account in ACCOUNTS} | {demo_shelf.COORDINATOR: demo_shelf.NAME}

# A day, counted from today, and what happens on it.
Step = tuple[int, Callable[[UnitOfWork], object]]


def has_people(uow: UnitOfWork) -> bool:
    return uow.session.scalar(agency_queries.by_code(AGENCIES[0].code)) is not None


def has_stories(uow: UnitOfWork) -> bool:
    """All stories are written in one transaction, so one of them stands for all."""
    return uow.session.scalar(select(Project.id).where(Project.code == STORIES[0].code)) is not None


def is_complete(uow: UnitOfWork) -> bool:
    """The token comes last."""
    return uow.session.scalar(select(ApiToken.id).where(ApiToken.digest == tokens.digest(TOKEN))) is not None


def add_people(uow: UnitOfWork, *, password_hash: str) -> None:
    """Agencies with their addresses, and an account for each role. Nobody of the past is mailed."""
    past = _at(uow, BEGIN)
    for demo in AGENCIES:
        agency = agencies.create(
            past, actor=None, code=demo.code, name=demo.name, name_lv=demo.name_lv, time_zone=demo.time_zone,
            language=demo.language,
        )
        agency.notices_from = clock.day_of(uow.now, time_zone=demo.time_zone)
        agency.review_address, agency.helpdesk_address = f"results@{demo.domain}", f"helpdesk@{demo.domain}"
        agency.phone, agency.sender_name = "+371 6700 0000" if demo.language == "lv" else "+423 230 0000", demo.name
    for account in ACCOUNTS:
        agency_id = None
        if account.agency:
            agency_id = uow.session.scalars(agency_queries.by_code(account.agency)).one().id
        uow.session.add(User(
            email=account.email, name=account.name, phone=account.phone, role=account.role, agency_id=agency_id,
            password_hash=password_hash, language="en", created_at=past.now, is_demo=True,
        ))
    uow.session.flush()


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploads:
    """The files of the demo, stored and looked into already, by the result that they belong to and their names."""

    files: Mapping[tuple[str, str], Upload]
    pictures: Mapping[str, Upload]  # logos and screenshots, written anew


def add_stories(uow: UnitOfWork, *, uploads: Uploads) -> None:
    """Every project of CONTRACT and of the shelf in its state, in the order in which it would have happened."""
    _import(_at(uow, BEGIN + 10), uow, ALL_STORIES, more={})
    steps = [step for story in ALL_STORIES for step in _steps(uow, story, uploads=uploads)]
    steps.extend(demo_tickets.steps(uploads.pictures))
    for number, (day, act) in enumerate(sorted(steps, key=lambda step: step[0])):
        act(_at(uow, day, minutes=number))
        uow.session.flush()


def finish(uow: UnitOfWork) -> None:
    """A token for the agency's own system. Terms are asked of no demo account (queries.signin)."""
    agency = uow.session.scalars(agency_queries.by_code(AGENCIES[0].code)).one()
    tokens.create(uow, actor=None, agency=agency, name="Demo", scopes=tuple(tokens.Scope), token=TOKEN)


def _steps(today: UnitOfWork, story: Story, *, uploads: Uploads) -> Iterator[Step]:
    """What happens to a project after it came with the agency's list."""
    first = (story.submitted or min(story.end, 0)) - 20
    yield first, lambda uow: _introduce(uow, story, uploads=uploads)
    for number, result in enumerate(story.results, start=1):
        yield first + number, partial(_add_result, story=story, demo=result, uploads=uploads)
    if story.final_summary:
        yield first + 10, lambda uow: _summarise(uow, story)
    if story.terminated:
        yield story.terminated, lambda uow: _import(uow, today, [story], more={columns.GRANT_STATE: "terminated"})
    if story.handed_in:
        more = {columns.HANDED_IN: _day(today, story.handed_in)}
        yield story.handed_in, lambda uow: _import(uow, today, [story], more=more)
    if story.stage is not Stage.OPEN:
        yield story.submitted, lambda uow: _submit(uow, story)
    if story.decided:
        yield story.decided, lambda uow: _decide(uow, story)
    if story.unlocked:
        yield story.unlocked, lambda uow: _unlock(uow, story)


def _at(uow: UnitOfWork, days: int, *, minutes: int = 0) -> UnitOfWork:
    """The same transaction on another day, in the morning; never later than now."""
    moved = (uow.now + timedelta(days=days)).replace(hour=8, minute=0, second=0, microsecond=0)
    return replace(uow, now=min(moved + timedelta(minutes=minutes), uow.now))


def _day(uow: UnitOfWork, days: int) -> str:
    return (clock.day_of(uow.now, time_zone="Europe/Riga") + timedelta(days=days)).isoformat()


def _import(then: UnitOfWork, today: UnitOfWork, stories: Sequence[Story], *, more: Mapping[str, str]) -> None:
    """The rows of an agency's list, through the very import."""
    rows = [
        Row(record=number, line=number + 1, cells={**_cells(today, story), **more})
        for number, story in enumerate(stories, start=1)
    ]
    with Seen() as seen:
        outcome = imports.apply(then, actor=None, rows=rows, header={}, seen=seen, only=None)
    if outcome.refused:
        raise RuntimeError(f"the demo's own list is refused: {outcome.refused}")


def _cells(uow: UnitOfWork, story: Story) -> dict[str, str | int | float]:
    cells: dict[str, str | int | float] = {
        columns.CODE: story.code, columns.TITLE: story.title, "Project Summary": story.summary,
        columns.START: _day(uow, story.start), columns.END: _day(uow, story.end), "Programme": "Erasmus+",
        "Topics": "Inclusion - equity", "Participating countries": ",".join(
            dict.fromkeys([story.country, *(country for _, country in story.partners)])
        ),
        "Coordinating organisation name": story.organisation, "Coordinator's country": story.country,
        columns.GRANT: "187 500,00",
        columns.CONTACT: NAMES[story.coordinator], columns.CONTACT_EMAIL: story.coordinator,
        columns.RESPONSIBLE: story.responsible,
    }
    for number, (name, country) in enumerate(story.partners, start=1):
        cells |= {f"Partner {number} name": name, f"Partner {number} country": country}
    return cells


def _project(uow: UnitOfWork, story: Story) -> Project:
    return uow.session.scalars(select(Project).where(Project.code == story.code)).one()


def _coordinator(uow: UnitOfWork, story: Story, project: Project) -> Actor:
    user = uow.session.scalars(user_queries.by_email(story.coordinator)).one()
    return Actor(user_id=user.id, role=Role.COORDINATOR, project_ids=frozenset({project.id}))


def _specialist(uow: UnitOfWork, story: Story) -> Actor:
    user = uow.session.scalars(user_queries.by_email(story.responsible)).one()
    return Actor(user_id=user.id, role=Role.SPECIALIST, agency_id=user.agency_id)


def _introduce(uow: UnitOfWork, story: Story, *, uploads: Uploads) -> None:
    """The coordinator's live facts: a second person, the website, the logo, a contact for the public."""
    project = _project(uow, story)
    actor = _coordinator(uow, story, project)
    if story.also:
        access.grant(uow, actor=actor, project_id=project.id, email=story.also)
    if story.logo:
        files.set_logo(uow, actor=actor, project_id=project.id, upload=uploads.pictures[story.logo])
    if story.website:  # who shows the project to the world shows a person, too
        projects.set_website(uow, actor=actor, project_id=project.id, website=story.website)
        contact = uow.session.scalars(select(Contact).where(Contact.project_id == project.id)).one()
        contacts.set_public(uow, actor=actor, contact_id=contact.id, is_public=True)


def _add_result(uow: UnitOfWork, *, story: Story, demo: DemoResult, uploads: Uploads) -> None:
    project = _project(uow, story)
    actor = _coordinator(uow, story, project)
    result = results.add(uow, actor=actor, project_id=project.id, values=ResultValues(
        title=demo.title, description=demo.description, type=demo.type, languages=demo.languages, link="",
        do_not_publish=bool(demo.do_not_publish_reason), do_not_publish_reason=demo.do_not_publish_reason,
    ))
    for name in demo.files:
        # Without a scanner, whatever the setting: one that is there scans what it has not seen (DOMAIN §4).
        files.add_file(uow, actor=actor, result_id=result.id, upload=uploads.files[demo.title, name], has_scanner=False)


def _summarise(uow: UnitOfWork, story: Story) -> None:
    project = _project(uow, story)
    projects.set_summary(
        uow, actor=_coordinator(uow, story, project), project_id=project.id, seen_version=project.version,
        summary=story.final_summary,
    )


def _submit(uow: UnitOfWork, story: Story) -> None:
    project = _project(uow, story)
    uow.session.refresh(project)
    submissions.submit(
        uow, actor=_coordinator(uow, story, project), project_id=project.id, seen_version=project.version,
        is_confirmed=True,
    )


def _decide(uow: UnitOfWork, story: Story) -> None:
    """Claim, a verdict for each result, and the decision."""
    project, actor = _project(uow, story), _specialist(uow, story)
    reviews.claim(uow, actor=actor, project_id=project.id)
    submission = uow.session.scalars(submission_queries.latest(project.id)).one()
    comments = {result.title: result.comment for result in story.results}
    for item in submission.items:
        if item.result_id is None:
            continue
        comment = comments[item.title]
        reviews.judge(
            uow, actor=actor, project_id=project.id, key=item_key(item.result_id), seen_digest=item.digest,
            verdict=Verdict.CHANGES_REQUESTED if comment else Verdict.ACCEPTED, comment=comment,
        )
    seen = _seen(project, submission)
    if story.stage is Stage.RETURNED:
        decisions.give_back(uow, actor=actor, project_id=project.id, seen=seen)
    else:
        decisions.approve(uow, actor=actor, project_id=project.id, seen=seen)


def _unlock(uow: UnitOfWork, story: Story) -> None:
    project = _project(uow, story)
    submission = uow.session.scalars(submission_queries.latest(project.id)).one()
    decisions.unlock(
        uow, actor=_specialist(uow, story), project_id=project.id, seen=_seen(project, submission),
        reason="You wrote that the exercise set has a wrong table. Please put the right one in its place.",
    )


def _seen(project: Project, submission: Submission) -> SeenOnScreen:
    return SeenOnScreen(version=project.version, digest=submission.digest)


