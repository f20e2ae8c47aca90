"""Who has access: a second person gets it, somebody leaves, the last one cannot (S3)."""

from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.domain.notices import Mail
from backoffice.models import Access, OutboxRow
from tests import factories
from tests.factories import Person, reviews
from tests.factories.reviews import Scene
from tests.web.coordinator.conftest import Reader, said, soup_of, words

Enter = Callable[[Person], Reader]


def active(session: Session, scene: Scene) -> set[str]:
    session.expire_all()
    rows = session.scalars(select(Access).where(Access.project_id == scene.project_id, Access.ended_at.is_(None)))
    return {row.user.email for row in rows}


def mails(session: Session, kind: Mail) -> list[str]:
    session.expire_all()
    return list(session.scalars(select(OutboxRow.to).where(OutboxRow.kind == kind).order_by(OutboxRow.id)))


def test_coordinator_gives_access_and_the_person_gets_a_mail(
    scene: Scene, home: str, me: Reader, session: Session
) -> None:
    response = me.send(home + "access", "Give access", email="Successor@Skola.example", name="Ilze Jaunā")
    assert response.location == home + "access"
    assert "successor@skola.example" in active(session, scene)
    assert mails(session, Mail.ACCESS) == ["successor@skola.example"]
    page = me.get(home + "access")
    assert "Ilze Jaunā" in words(page.main)
    assert "has not signed in yet" in words(page.main)
    me.send(home + "access", "Give access", email="successor@skola.example")
    assert "has access already" in words(me.get(home + "access").main)
    assert mails(session, Mail.ACCESS) == ["successor@skola.example"]


def test_wrong_address_gives_nobody_access(scene: Scene, home: str, me: Reader, session: Session) -> None:
    response = me.send(home + "access", "Give access", email="not an address")
    page = soup_of(response)
    assert response.status_code == 422
    assert page.select_one('#email-error [data-error="email"]')
    assert active(session, scene) == {scene.coordinator.email}


def test_access_of_another_person_ends_at_once_and_they_are_told(
    scene: Scene, home: str, me: Reader, session: Session, enter: Enter
) -> None:
    second = factories.coordinator(scene.project_id)
    theirs = enter(second)
    theirs.get(home)
    page = me.get(home + "access")
    them = next(tag for tag in page.select("main button") if words(tag) == "End access" and "You" not in
                words(tag.find_parent("div")))
    me.press(page, said(page, them))
    assert active(session, scene) == {scene.coordinator.email}
    assert mails(session, Mail.ACCESS_REVOKED) == [second.email]
    session.rollback()
    assert theirs.client.get(home).status_code in (302, 404)


def test_last_person_cannot_leave_without_naming_another(
    scene: Scene, home: str, me: Reader, session: Session
) -> None:
    response = me.send(home + "access", "End access")
    page = soup_of(response)
    assert response.status_code == 422
    assert page.select_one('[role=alert] [data-error="last-person"]')
    assert active(session, scene) == {scene.coordinator.email}


def test_coordinator_hands_over_on_one_page(scene: Scene, home: str, me: Reader, session: Session) -> None:
    me.send(home + "access", "Give access", email="next@skola.example")
    assert me.send(home + "access", "End access").location == "/my/"
    assert active(session, scene) == {"next@skola.example"}


def test_access_stays_open_under_review(scene: Scene, home: str, me: Reader, session: Session) -> None:
    reviews.submit(scene)
    me.send(home + "access", "Give access", email="next@skola.example")
    assert "next@skola.example" in active(session, scene)


def test_access_to_another_project_is_not_ended_from_here(
    scene: Scene, home: str, me: Reader, session: Session
) -> None:
    other = reviews.scene()
    row = session.scalars(select(Access).where(Access.project_id == other.project_id)).one()
    access_id = row.id
    session.rollback()
    me.client.post(f"{home}access/{access_id}/end", data={})
    session.expire_all()
    assert session.get_one(Access, access_id).ended_at is None


def test_coordinator_hands_over_in_one_page_and_is_out(
    scene: Scene, home: str, me: Reader, session: Session
) -> None:
    wrong = me.send(home + "access/hand-over", "Hand over and leave", email=scene.coordinator.email)
    assert soup_of(wrong).select_one('#email-error [data-error="own-address"]')
    assert active(session, scene) == {scene.coordinator.email}
    me.send(home + "access/hand-over", "Hand over and leave", email="next@skola.example", name="Ilze Jaunā")
    assert active(session, scene) == {"next@skola.example"}
    assert mails(session, Mail.ACCESS) == ["next@skola.example"]
    rows = session.scalars(select(Access).where(Access.project_id == scene.project_id).order_by(Access.id)).all()
    assert [row.ended_by_id for row in rows] == [scene.coordinator.user_id, None]
    assert rows[1].granted_by_id == scene.coordinator.user_id
