"""A button is offered exactly where the service would not refuse: both read the same table (DOMAIN §3)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from backoffice.db import db
from backoffice.domain import clock
from backoffice.domain.errors import DomainError
from backoffice.domain.files import FileCheck
from backoffice.domain.transitions import Name
from backoffice.models import Project, ReviewClaim, StoredFile
from backoffice.queries.standing import obstacle, standing
from backoffice.services import decisions
from backoffice.services.uow import UnitOfWork, unit_of_work
from tests import factories
from tests.factories import reviews as make
from tests.factories.reviews import Scene
from tests.factories.users import Person
from tests.web.review.acts import REASON, reviewed


def _run(uow: UnitOfWork, name: Name, *, scene: Scene, who: Person) -> None:
    seen = make.seen_in(uow.session, scene.project_id)
    if name is Name.APPROVE:
        decisions.approve(uow, actor=who.actor, project_id=scene.project_id, seen=seen)
    elif name is Name.RETURN:
        decisions.give_back(uow, actor=who.actor, project_id=scene.project_id, seen=seen, reason=REASON)
    else:
        decisions.unlock(uow, actor=who.actor, project_id=scene.project_id, seen=seen, reason=REASON)


def _asked(scene: Scene) -> None:
    make.claim(scene)
    make.judge(scene, key=f"result:{scene.result_ids[0]}", comment="More.")


def _infected(scene: Scene) -> None:
    reviewed(scene)
    with unit_of_work() as uow:
        for file in uow.session.scalars(select(StoredFile)):
            file.check_state = FileCheck.INFECTED


def _expired(scene: Scene) -> None:
    make.claim(scene, who=scene.colleague)
    with unit_of_work() as uow:
        uow.session.get_one(ReviewClaim, scene.project_id).until_at = uow.now - timedelta(minutes=1)


def _own(scene: Scene) -> None:
    reviewed(scene)
    factories.access(user_id=scene.specialist.user_id, project_id=scene.project_id)


@pytest.mark.parametrize("prepare", [
    lambda scene: None, reviewed, _asked, _infected, _expired, _own, make.claim, make.approve, make.give_back,
    lambda scene: make.claim(scene, who=scene.colleague),
], ids=["free", "accepted", "asked", "infected", "expired", "own", "claimed", "approved", "returned", "held"])
@pytest.mark.parametrize("name", [Name.APPROVE, Name.RETURN, Name.UNLOCK])
def test_the_buttons_promise_what_the_services_keep(scene: Scene, name: Name, prepare: Callable[[Scene], None]) -> None:
    prepare(scene)
    db.session.rollback()
    project = db.session.get_one(Project, scene.project_id)
    case = standing(db.session(), actor=scene.specialist.actor, project=project, now=clock.now())
    promised = obstacle(case, name)
    db.session.rollback()
    try:
        with unit_of_work() as uow:
            _run(uow, name, scene=scene, who=scene.specialist)
            kept = None
            raise ZeroDivisionError
    except DomainError as error:
        kept = error.code
    except ZeroDivisionError:
        pass
    assert (promised.code if promised else None) == kept
