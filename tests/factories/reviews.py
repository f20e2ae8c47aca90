"""Projects in the states of the lifecycle, reached by the services themselves."""

import secrets
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from backoffice.domain.permissions import Role
from backoffice.domain.results import SUMMARY_KEY
from backoffice.domain.reviews import Verdict
from backoffice.models import Project
from backoffice.queries import submissions as queries
from backoffice.services import decisions, reviews, submissions
from backoffice.services.decisions import Seen
from backoffice.services.uow import unit_of_work
from tests.factories.agencies import agency
from tests.factories.projects import project
from tests.factories.results import result
from tests.factories.users import Person, coordinator, staff


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A project with two results, its people, and a stranger of another agency."""

    agency_id: int
    project_id: int
    result_ids: tuple[int, ...]
    coordinator: Person
    specialist: Person
    colleague: Person
    stranger: Person


def scene(*, results: int = 2, code: str | None = None) -> Scene:
    """An open, submittable project."""
    agency_id = agency()
    project_id = project(agency_id=agency_id, code=code)
    return Scene(
        agency_id=agency_id,
        project_id=project_id,
        result_ids=tuple(result(project_id=project_id) for _ in range(results)),
        coordinator=coordinator(project_id),
        specialist=staff(Role.SPECIALIST, agency_id=agency_id),
        colleague=staff(Role.SPECIALIST, agency_id=agency_id),
        stranger=staff(Role.SPECIALIST, agency_id=agency()),
    )


def seen(project_id: int, *, act_key: str | None = None) -> Seen:
    """What a page opened now would show."""
    with unit_of_work() as uow:
        return replace(seen_in(uow.session, project_id), act_key=secrets.token_hex(8) if act_key is None else act_key)


def submit(scene: Scene) -> int:
    """Submitted by the coordinator, warnings confirmed; gives the submission's id."""
    version = seen(scene.project_id).version
    with unit_of_work() as uow:
        return submissions.submit(
            uow, actor=scene.coordinator.actor, project_id=scene.project_id, seen_version=version, is_confirmed=True
        ).id


def claim(scene: Scene, *, who: Person | None = None) -> None:
    with unit_of_work() as uow:
        reviews.claim(uow, actor=(who or scene.specialist).actor, project_id=scene.project_id)


def digests(scene: Scene) -> dict[str, str]:
    """Item key → digest of the last submission."""
    with unit_of_work() as uow:
        return digests_in(uow.session, scene)


def judge(scene: Scene, *, key: str, comment: str = "", who: Person | None = None) -> None:
    """Accept an item, or ask for changes when there is a comment."""
    with unit_of_work() as uow:
        reviews.judge(
            uow,
            actor=(who or scene.specialist).actor,
            project_id=scene.project_id,
            key=key,
            seen_digest=digests_in(uow.session, scene)[key],
            verdict=Verdict.CHANGES_REQUESTED if comment else Verdict.ACCEPTED,
            comment=comment,
        )


def digests_in(session: Session, scene: Scene) -> dict[str, str]:
    submission = session.scalar(queries.latest(scene.project_id))
    assert submission is not None
    return {item.key: item.digest for item in submission.items}


def accept_all(scene: Scene) -> None:
    for key in digests(scene):
        if key != SUMMARY_KEY:
            judge(scene, key=key)


def approve(scene: Scene) -> None:
    """From under review to approved."""
    claim(scene)
    accept_all(scene)
    with unit_of_work() as uow:
        decisions.approve(
            uow, actor=scene.specialist.actor, project_id=scene.project_id, seen=seen_in(uow.session, scene.project_id)
        )


def give_back(scene: Scene, *, comment: str = "Please say for whom it is.") -> None:
    """From under review to returned, with a request for the first result."""
    claim(scene)
    judge(scene, key=f"result:{scene.result_ids[0]}", comment=comment)
    with unit_of_work() as uow:
        decisions.give_back(
            uow, actor=scene.specialist.actor, project_id=scene.project_id, seen=seen_in(uow.session, scene.project_id)
        )


def unlock(scene: Scene, *, reason: str = "The coordinator found an error.") -> None:
    with unit_of_work() as uow:
        decisions.unlock(
            uow,
            actor=scene.specialist.actor,
            project_id=scene.project_id,
            seen=seen_in(uow.session, scene.project_id),
            reason=reason,
        )


def seen_in(session: Session, project_id: int) -> Seen:
    version = session.get_one(Project, project_id).version
    submission = session.scalar(queries.latest(project_id))
    return Seen(version=version, digest=submission.digest if submission else "")
