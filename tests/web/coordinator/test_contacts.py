"""Contact persons (S10): private by default, the switch at once, the advice, and who has the last word."""

from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.domain.visibility import OverrideKind, Subject
from backoffice.models import Contact, Override, User
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.factories import reviews
from tests.factories.reviews import Scene
from tests.factories.users import Person
from tests.web.coordinator.conftest import Reader, soup_of, words


def contacts(session: Session, scene: Scene) -> list[Contact]:
    session.expire_all()
    return list(session.scalars(
        select(Contact).where(Contact.project_id == scene.project_id, Contact.ended_at.is_(None)).order_by(Contact.id)
    ))


def test_page_advises_to_show_one_person(scene: Scene, home: str, me: Reader) -> None:
    page = me.get(home)
    assert "We advise to show at least one person" in words(page.find(id="contacts"))
    assert page.select('#aside [data-check="no-public-contact"]')


def test_new_person_is_private_unless_the_switch_says_otherwise(
    scene: Scene, home: str, me: Reader, session: Session
) -> None:
    me.send(home + "contacts/new", "Save", name="Biruta Piemēra", email="Biruta@Skola.example", role="Trainer")
    me.send(home + "contacts/new", "Save", name="Jānis", email="janis@skola.example", is_public="y")
    rows = [(row.name, row.email, row.coordinator_public) for row in contacts(session, scene)]
    assert rows == [("Biruta Piemēra", "biruta@skola.example", False), ("Jānis", "janis@skola.example", True)]
    page = me.get(home)
    assert not page.select('#aside [data-check="no-public-contact"]')


def test_switch_on_the_project_page_acts_at_once(scene: Scene, home: str, me: Reader, session: Session) -> None:
    contact_id = factories.contact(project_id=scene.project_id)
    page = me.get(home)
    box = page.find(id=f"public-{contact_id}")
    assert box["role"] == "switch"
    assert not box.has_attr("checked")
    assert "Public" in words(page.find("label", attrs={"for": f"public-{contact_id}"}))
    me.press(page, "Save Contact", is_public="y")
    assert [row.coordinator_public for row in contacts(session, scene)] == [True]
    page = me.get(home)
    assert page.find(id=f"public-{contact_id}").has_attr("checked")
    me.press(page, "Save Contact", is_public=None)
    assert [row.coordinator_public for row in contacts(session, scene)] == [False]


def test_wrong_address_is_refused_beside_it(scene: Scene, home: str, me: Reader, session: Session) -> None:
    response = me.send(home + "contacts/new", "Save", name="X", email="john.doe.@school.example")
    page = soup_of(response)
    assert response.status_code == 422
    assert page.select_one('#email-error [data-error="email"]')
    assert page.find(id="email")["value"] == "john.doe.@school.example"
    assert contacts(session, scene) == []


def test_same_person_twice_and_no_name_are_refused(scene: Scene, home: str, me: Reader, session: Session) -> None:
    factories.contact(project_id=scene.project_id, email="one@skola.example")
    response = me.send(home + "contacts/new", "Save", name="X", email="ONE@skola.example")
    assert soup_of(response).select_one('#email-error [data-error="duplicate"]')
    response = me.send(home + "contacts/new", "Save", name="", email="two@skola.example")
    assert soup_of(response).select_one('#name-error [data-error="required"]')
    assert len(contacts(session, scene)) == 1


def test_person_is_edited_and_removed(scene: Scene, home: str, me: Reader, session: Session) -> None:
    contact_id = factories.contact(project_id=scene.project_id, is_public=True)
    url = f"{home}contacts/{contact_id}"
    page = me.get(url)
    assert page.find(id="is_public").has_attr("checked")
    me.press(page, "Save", name="Another name", is_public=None)
    assert [(row.name, row.coordinator_public) for row in contacts(session, scene)] == [("Another name", False)]
    session.rollback()
    me.press(page, "Remove")
    assert contacts(session, scene) == []
    assert me.press(page, "Remove").status_code == 302
    me.get(url, status=404)


def test_another_address_is_another_person_and_private(
    scene: Scene, home: str, me: Reader, session: Session
) -> None:
    contact_id = factories.contact(project_id=scene.project_id, is_public=True)
    me.send(f"{home}contacts/{contact_id}", "Save", email="new@skola.example", is_public=None)
    assert [(row.email, row.coordinator_public) for row in contacts(session, scene)] == [("new@skola.example", False)]


def test_who_asked_not_to_be_shown_has_no_switch(scene: Scene, home: str, me: Reader, session: Session) -> None:
    contact_id = factories.contact(project_id=scene.project_id, is_public=True)
    page = me.get(home)
    with unit_of_work() as uow:
        uow.session.get_one(Contact, contact_id).person_withdrew_at = uow.now
    me.press(page, "Save Contact", is_public="y")
    page = me.get(home)
    assert not page.find(id=f"public-{contact_id}")
    assert "This person asked not to be shown." in words(page.find(id="contacts"))
    assert page.select_one('#contacts [data-status="private"]')


def test_person_hidden_by_the_agency_is_said_to_be(scene: Scene, home: str, me: Reader, session: Session) -> None:
    contact_id = factories.contact(project_id=scene.project_id, is_public=True)
    with unit_of_work() as uow:
        uow.session.add(Override(
            project_id=scene.project_id, subject=Subject.CONTACT, subject_id=contact_id, kind=OverrideKind.HIDE,
            reason="By request", created_at=uow.now,
        ))
    page = me.get(home)
    assert "The agency has hidden this person from the public." in words(page.find(id="contacts"))
    assert page.select_one('#contacts [data-status="private"]')


def test_under_review_a_person_can_be_made_private_only(
    scene: Scene, home: str, me: Reader, session: Session
) -> None:
    contact_id = factories.contact(project_id=scene.project_id, is_public=True)
    other = factories.contact(project_id=scene.project_id)
    old = me.get(home + "contacts/new")
    reviews.submit(scene)
    me.press(me.get(home), "Make private")
    assert [row.coordinator_public for row in contacts(session, scene)] == [False, False]
    session.rollback()
    response = me.client.post(f"{home}contacts/{other}/public", data={"is_public": "y"})
    assert "under review" in words(me.get(response.location.partition("#")[0]).find(id="flash"))
    assert [row.coordinator_public for row in contacts(session, scene)] == [False, False]
    session.rollback()
    me.url = home + "contacts/new"
    kept = me.press(old, "Save", name="Typed", email="typed@skola.example")
    assert kept.status_code == 409
    assert soup_of(kept).find(id="kept-name").get_text().strip() == "Typed"
    assert me.client.get(f"{home}contacts/{contact_id}").location == home + "#contacts"


def test_contact_of_another_project_is_not_there(scene: Scene, home: str, me: Reader, session: Session) -> None:
    foreign = factories.contact(project_id=reviews.scene().project_id)
    me.get(f"{home}contacts/{foreign}", status=404)
    assert me.client.post(f"{home}contacts/{foreign}/public", data={"is_public": "y"}).status_code == 404
    me.client.post(f"{home}contacts/{foreign}/remove", data={})
    session.expire_all()
    row = session.get_one(Contact, foreign)
    assert (row.coordinator_public, row.ended_at) == (False, None)


def test_person_edited_twice_shows_who_changed_what_and_keeps_one_of_the_two(
    scene: Scene, home: str, me: Reader, session: Session, enter: Callable[[Person], Reader]
) -> None:
    """Each field names its own writer: two others saved meanwhile, one the role, one the public switch."""
    url = f"{home}contacts/{factories.contact(project_id=scene.project_id)}"
    old = me.get(url)
    names = []
    for typed in ({"role": "Head teacher"}, {"is_public": "y"}):
        other = factories.coordinator(scene.project_id)
        names.append(session.get_one(User, other.user_id).name)
        enter(other).send(url, "Save", **typed)
    answer = me.press(old, "Save", role="Librarian", phone="+371 2000 0000")
    assert answer.status_code == 409
    page = soup_of(answer)
    boxes = {str(box.input["name"]): words(box) for box in page.select(".compare") if box.input}
    assert set(boxes) == {"pick_role", "pick_is_public"}
    assert names[0] in boxes["pick_role"]
    assert "Head teacher" in boxes["pick_role"]
    assert "Librarian" in boxes["pick_role"]
    assert names[1] in boxes["pick_is_public"]
    assert me.press(page, "Save", pick_role="yours").status_code == 302
    row = session.scalars(select(Contact)).one()
    assert (row.role, row.phone, row.coordinator_public) == ("Librarian", "+371 2000 0000", True)
