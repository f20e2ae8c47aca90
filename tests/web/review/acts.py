"""The three decisions of a review, and what a coordinator does meanwhile."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from backoffice.db import db
from backoffice.domain import clock
from backoffice.domain.projects import Status
from backoffice.domain.results import ResultType
from backoffice.domain.transitions import Name
from backoffice.models import Project, Result, ReviewClaim
from backoffice.services import decisions, results
from backoffice.services.results import ResultValues
from backoffice.services.uow import unit_of_work
from tests.factories import reviews as make
from tests.factories.reviews import Scene
from tests.support.rows import facts
from tests.web.review.pages import Desk, errors, told

REASON = "The logo of the programme is missing on page 3."


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One decision: how to get to its page, and what is typed there."""

    name: Name
    prepare: Callable[[Scene], None]
    typed: dict[str, str]
    says: str

    @property
    def path(self) -> str:
        return self.name.value


def reviewed(scene: Scene) -> None:
    """Claimed and accepted by the specialist."""
    make.claim(scene)
    make.accept_all(scene)


ACTS = [
    Act(name=Name.RETURN, prepare=reviewed, typed={"reason": REASON}, says="is returned for additions"),
    Act(name=Name.APPROVE, prepare=reviewed, typed={}, says="2 results are public now"),
    Act(name=Name.UNLOCK, prepare=make.approve, typed={"reason": REASON}, says="is unlocked"),
]


def status(scene: Scene) -> Status:
    db.session.rollback()
    return db.session.get_one(Project, scene.project_id).status


def edit(scene: Scene, *, title: str = "", description: str = "") -> None:
    """The coordinator changes the first result."""
    with unit_of_work() as uow:
        result = uow.session.get_one(Result, scene.result_ids[0])
        values = ResultValues(
            title=title or result.title, description=description or result.description, type=ResultType.HANDBOOK,
            languages=result.languages, link="", do_not_publish=False, do_not_publish_reason="",
        )
        results.edit(
            uow, actor=scene.coordinator.actor, result_id=result.id, seen_version=result.version, values=values
        )


def send_again(scene: Scene, *, title: str = "") -> None:
    """A colleague unlocks it for a moment, and the coordinator submits it anew, changed or as it was."""
    with unit_of_work() as uow:
        claim = uow.session.get(ReviewClaim, scene.project_id)
        if claim is not None:
            uow.session.delete(claim)
        decisions.unlock(
            uow, actor=scene.colleague.actor, project_id=scene.project_id,
            seen=make.seen_in(uow.session, scene.project_id), reason="One moment.",
        )
    if title:
        edit(scene, title=title)
    make.submit(scene)
    make.claim(scene)


def refused(act: Act, desk: Desk, data: dict[str, str], *, status: int, code: str) -> str:
    """The POST is refused in words, with this code, and nothing is written."""
    before = facts()
    answer = desk.post(act.path, data)
    assert answer.status_code == status, told(answer)
    assert code in errors(answer), (errors(answer), told(answer))
    assert facts() == before
    return told(answer)


def told_of(desk: Desk, path: str) -> str:
    return " ".join(desk.get(path).main.get_text(" ").split())


def today() -> date:
    return clock.day_of(clock.now(), time_zone="Europe/Riga")
