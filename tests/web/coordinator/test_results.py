"""Results: add, edit, answer, order, delete and undo; what is refused keeps what was typed."""

from collections.abc import Callable

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from backoffice.domain.results import ResultType
from backoffice.models import ChangeRequest, Project, Result, User
from tests import factories
from tests.factories import Person, reviews
from tests.factories.reviews import Scene
from tests.web.coordinator.conftest import Reader, filled, form_of, soup_of, text_of, words

Enter = Callable[[Person], Reader]


def edit_url(scene: Scene, home: str, place: int = 0) -> str:
    return f"{home}results/{scene.result_ids[place]}"


def row(session: Session, result_id: int) -> Result:
    session.expire_all()
    return session.get_one(Result, result_id)


def count(session: Session, project_id: int) -> int:
    session.expire_all()
    return session.scalar(
        select(func.count()).select_from(Result).where(Result.project_id == project_id, Result.deleted_at.is_(None))
    ) or 0


def errors(page: BeautifulSoup) -> list[str]:
    return [str(tag["data-error"]) for tag in page.select("main .err[data-error]")]


def assert_refused(response: TestResponse, code: str, field: str) -> BeautifulSoup:
    """422, the reason beside the field, the summary leads to it, the title says it."""
    page = soup_of(response)
    assert response.status_code == 422, text_of(response)[:500]
    assert code in errors(page)
    control = page.find(id=field)
    assert control is not None
    assert control["aria-invalid"] == "true"
    assert f"{field}-error" in str(control["aria-describedby"])
    assert page.select_one(f'.errsum[role=alert] a[href="#{field}"]')
    assert page.title is not None
    assert page.title.get_text().startswith("Error:")
    return page


def test_coordinator_adds_a_result_and_finds_it_in_the_list(
    scene: Scene, home: str, me: Reader, session: Session
) -> None:
    response = me.send(
        home + "results/new", "Save", title="Sound walks", description="For learners with low vision.",
        type="handbook", languages=["lv", "en"], link="https://sound.example/walks", do_not_publish="y",
        do_not_publish_reason="A publisher prints it first.",
    )
    assert response.status_code == 302
    assert response.location == home
    added = session.scalars(select(Result).order_by(Result.id.desc())).first()
    assert added is not None
    assert (added.title, added.type, added.languages, added.link, added.do_not_publish_reason) == (
        "Sound walks", ResultType.HANDBOOK, ("lv", "en"), "https://sound.example/walks", "A publisher prints it first.",
    )
    page = me.get(home)
    assert "Result 3 is saved." in words(page.find(id="flash"))
    listed = words(page.find(id=f"result-{added.id}"))
    assert "3. Sound walks" in listed
    assert "Will not be published" in listed


def test_half_done_result_is_saved_and_the_checklist_says_what_lacks(
    scene: Scene, home: str, me: Reader, session: Session
) -> None:
    assert me.send(home + "results/new", "Save", title="Only a title").status_code == 302
    page = me.get(home)
    found = {str(tag["data-check"]) for tag in page.select("#aside [data-check]")}
    assert {"no-description", "no-type", "no-language", "no-content"} <= found


def test_empty_form_adds_nothing(scene: Scene, home: str, me: Reader, session: Session) -> None:
    assert_refused(me.send(home + "results/new", "Save"), "missing", "title")
    assert count(session, scene.project_id) == 2


def test_same_press_twice_adds_one_result(scene: Scene, home: str, me: Reader, session: Session) -> None:
    form = form_of(me.get(home + "results/new"), "Save")
    data = filled(form, {"title": "Pressed twice"})
    first, second = (me.client.post(home + "results/new", data=data) for _ in range(2))
    assert first.location == second.location == home
    assert count(session, scene.project_id) == 3


def test_edit_changes_every_field_and_unmarks_what_was_marked(
    scene: Scene, home: str, me: Reader, session: Session
) -> None:
    url = edit_url(scene, home)
    me.send(url, "Save", title="A", description="B", type="video", languages=["de"], do_not_publish="y",
            do_not_publish_reason="C", link="https://x.example/")
    kept = row(session, scene.result_ids[0])
    assert (kept.title, kept.description, kept.type, kept.languages, kept.do_not_publish) == (
        "A", "B", ResultType.VIDEO, ("de",), True,
    )
    page = me.get(url)
    assert page.find("option", attrs={"value": "de"}, selected=True)
    me.send(url, "Save", do_not_publish=None, languages=[])
    kept = row(session, scene.result_ids[0])
    assert (kept.do_not_publish, kept.languages) == (False, ())


@pytest.mark.parametrize(
    ("field", "most"), [("title", 250), ("description", 5000), ("do_not_publish_reason", 2000)]
)
def test_exactly_the_allowed_length_fits_and_one_more_says_how_many(
    scene: Scene, home: str, me: Reader, session: Session, field: str, most: int
) -> None:
    url = edit_url(scene, home)
    exact = "ā" * most
    assert me.send(url, "Save", **{field: exact}).status_code == 302
    assert getattr(row(session, scene.result_ids[0]), field) == exact
    response = me.send(url, "Save", **{field: exact + "šķ"})
    page = assert_refused(response, "too-long", field)
    assert "it has 2 too many" in words(page.find(id=f"{field}-error"))
    assert getattr(row(session, scene.result_ids[0]), field) == exact


def test_title_of_ten_thousand_characters_keeps_all_that_was_typed(
    scene: Scene, home: str, me: Reader, session: Session
) -> None:
    title = "Wort " * 2000
    page = assert_refused(
        me.send(edit_url(scene, home), "Save", title=title, description="Typed for an hour"), "too-long", "title"
    )
    assert page.find(id="title")["value"] == title.strip()
    assert "Typed for an hour" in page.find(id="description").get_text()
    assert "9,749 too many" in words(page.find(id="title-error"))


def test_line_breaks_and_latvian_letters_count_once(scene: Scene, home: str, me: Reader, session: Session) -> None:
    text = "g\u0327\r\n" * 2500  # ģ in two code points, and a break of two bytes: 5,000 characters with the last break
    assert me.send(edit_url(scene, home), "Save", description=text).status_code == 302


def test_control_and_bidi_characters_are_removed(scene: Scene, home: str, me: Reader, session: Session) -> None:
    me.send(edit_url(scene, home), "Save", title="Pro\x00ject\u202e \u200eon\x07e", description="a\x08\r\nb")
    kept = row(session, scene.result_ids[0])
    assert (kept.title, kept.description) == ("Project one", "a\nb")


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "ftp://x.example", "https://", "x.example", "https://a b.example"]
)
def test_link_that_others_cannot_open_is_refused_beside_it(
    scene: Scene, home: str, me: Reader, session: Session, link: str
) -> None:
    page = assert_refused(me.send(edit_url(scene, home), "Save", link=link), "address", "link")
    assert page.find(id="link")["value"] == link
    assert row(session, scene.result_ids[0]).link == ""


def test_two_wrong_fields_are_both_named_in_the_order_of_the_page(scene: Scene, home: str, me: Reader) -> None:
    page = soup_of(me.send(edit_url(scene, home), "Save", title="x" * 300, link="javascript:1"))
    assert [tag["href"] for tag in page.select(".errsum a")] == ["#title", "#link"]


@pytest.mark.parametrize(("field", "value"), [("type", "poem"), ("languages", ["xx"])])
def test_choice_that_is_not_offered_is_refused(
    scene: Scene, home: str, me: Reader, session: Session, field: str, value: object
) -> None:
    before = row(session, scene.result_ids[0]).title
    response = me.send(edit_url(scene, home), "Save", title="New", **{field: value})
    assert response.status_code == 422
    assert row(session, scene.result_ids[0]).title == before


def test_refusal_speaks_the_language_of_the_reader(scene: Scene, home: str, enter: Enter) -> None:
    latvian = enter(factories.coordinator(scene.project_id, language="lv"))
    page = latvian.get(edit_url(scene, home))
    data = filled(page.select_one("form#result"), {"title": "x" * 300})
    again = soup_of(latvian.client.post(edit_url(scene, home), data=data))
    assert again.html["lang"] == "lv"
    assert errors(again) == ["too-long"]


def test_second_tab_with_another_text_sees_both_and_loses_none(
    scene: Scene, home: str, me: Reader, session: Session
) -> None:
    url = edit_url(scene, home)
    old = me.get(url)
    me.send(url, "Save", title="From the first tab")
    response = me.press(old, "Save", title="From the second tab", description="Also from the second")
    assert response.status_code == 409
    page = soup_of(response)
    assert page.select_one('[data-error="stale"]')
    choices = {str(tag["name"]) for tag in page.select(".compare input")}
    assert choices == {"pick_title"}, "what only this tab changed needs no choice"
    assert "You saved this from another window on" in words(page.main)
    box = words(page.select_one(".compare"))
    assert "From the first tab" in box
    assert "From the second tab" in box
    assert row(session, scene.result_ids[0]).title == "From the first tab"
    assert me.press(page, "Save").status_code == 302
    kept = row(session, scene.result_ids[0])
    assert (kept.title, kept.description) == ("From the second tab", "Also from the second")


def test_conflict_names_who_saved_the_other_version(
    scene: Scene, home: str, me: Reader, session: Session, enter: Enter
) -> None:
    second = factories.coordinator(scene.project_id)
    old = me.get(edit_url(scene, home))
    enter(second).send(edit_url(scene, home), "Save", title="By the second person")
    page = soup_of(me.press(old, "Save", title="Mine"))
    name = session.get_one(User, second.user_id).name
    assert f"{name} saved this on" in words(page.main)


def test_person_takes_the_other_version_of_a_field(scene: Scene, home: str, me: Reader, session: Session) -> None:
    url = edit_url(scene, home)
    old = me.get(url)
    me.send(url, "Save", title="Theirs", type="video")
    page = soup_of(me.press(old, "Save", title="Mine", link="https://mine.example/"))
    me.press(page, "Save", pick_title="theirs", pick_type="yours")
    kept = row(session, scene.result_ids[0])
    assert (kept.title, kept.type, kept.link) == ("Theirs", ResultType.HANDBOOK, "https://mine.example/")


def test_field_that_only_the_other_changed_is_not_overwritten_unseen(
    scene: Scene, home: str, me: Reader, session: Session
) -> None:
    url = edit_url(scene, home)
    old = me.get(url)
    me.send(url, "Save", title="Theirs")
    page = soup_of(me.press(old, "Save", link="https://mine.example/"))
    chosen = page.select_one('input[name="pick_title"][checked]')
    assert chosen is not None
    assert chosen["value"] == "theirs"
    me.press(page, "Save")
    kept = row(session, scene.result_ids[0])
    assert (kept.title, kept.link) == ("Theirs", "https://mine.example/")


def test_file_added_in_another_tab_is_no_conflict(scene: Scene, home: str, me: Reader, session: Session) -> None:
    old = me.get(edit_url(scene, home))
    page = me.get(edit_url(scene, home))
    me.press(page, "Remove text")
    assert me.press(old, "Save", title="Still saved").status_code == 302
    assert row(session, scene.result_ids[0]).title == "Still saved"


def test_second_tab_after_submit_is_told_and_keeps_its_text(
    scene: Scene, home: str, me: Reader, session: Session
) -> None:
    old_edit, old_new = me.get(edit_url(scene, home)), me.get(home + "results/new")
    old_project = me.get(home)
    before = row(session, scene.result_ids[0]).title
    reviews.submit(scene)
    me.url = edit_url(scene, home)
    for page, button, typed in (
        (old_edit, "Save", {"description": "Typed for an hour"}),
        (old_new, "Save", {"title": "x", "description": "Typed for an hour"}),
        (old_project, "Save Summary of the project", {"final_summary": "Typed for an hour"}),
        (old_project, "Save Logo and website", {"website": "https://Typed for an hour"[:22]}),
    ):
        response = me.press(page, button, **typed)
        kept = soup_of(response)
        assert response.status_code == 409, text_of(response)
        assert kept.select_one('[data-error="closed"]')
        assert "under review" in text_of(response)
        assert any("Typed for" in area.get_text() for area in kept.select("textarea[readonly]"))
        assert kept.title.get_text().startswith("Error:")
    assert row(session, scene.result_ids[0]).title == before
    assert count(session, scene.project_id) == 2


def test_form_of_another_account_saves_nothing_and_keeps_the_text(
    scene: Scene, home: str, me: Reader, enter: Enter, session: Session
) -> None:
    page = me.get(edit_url(scene, home))
    data = filled(page.select_one("form#result"), {"title": "Typed by the first person"})
    for other in (factories.coordinator(scene.project_id), factories.person()):
        response = enter(other).client.post(edit_url(scene, home), data=data)
        assert response.status_code == 409
        kept = soup_of(response)
        assert kept.select_one('[data-error="other-account"]')
        assert "Typed by the first person" in kept.find(id="kept-title").get_text()
    assert row(session, scene.result_ids[0]).title != "Typed by the first person"


def test_form_whose_token_is_of_an_earlier_sign_in_keeps_the_text(
    scene: Scene, home: str, me: Reader, session: Session
) -> None:
    response = me.client.without_token.post(edit_url(scene, home), data={"title": "Typed before"})
    assert response.status_code == 400
    assert "Typed before" in soup_of(response).find(id="kept-title").get_text()
    assert row(session, scene.result_ids[0]).title != "Typed before"


def test_signed_out_person_keeps_the_text_and_finds_the_way_in(
    app: object, scene: Scene, home: str, me: Reader
) -> None:
    data = filled(me.get(edit_url(scene, home)).select_one("form#result"), {"title": "Typed, then signed out"})
    data.pop("opened")  # of a page that was open for longer than a mark lasts
    with me.client.session_transaction() as kept:
        kept.pop("_user_id")
    response = me.client.post(edit_url(scene, home), data=data)
    assert response.status_code == 401
    page = soup_of(response)
    assert page.select_one('[data-error="signed-out"]')
    assert "Typed, then signed out" in page.find(id="kept-title").get_text()
    assert page.select_one('main a[href^="/login?next="]')


def test_deleted_result_can_be_brought_back(scene: Scene, home: str, me: Reader, session: Session) -> None:
    response = me.send(edit_url(scene, home), "Delete")
    assert response.status_code == 302
    assert count(session, scene.project_id) == 1
    page = me.get(response.location)
    assert "is deleted." in words(page.main)
    me.press(page, "Undo")
    assert count(session, scene.project_id) == 2


def test_second_press_of_delete_is_the_same_success(scene: Scene, home: str, me: Reader, session: Session) -> None:
    page = me.get(edit_url(scene, home))
    first, second = me.press(page, "Delete"), me.press(page, "Delete")
    assert first.status_code == second.status_code == 302
    assert count(session, scene.project_id) == 1


def test_save_of_a_result_that_was_deleted_meanwhile_keeps_the_text(scene: Scene, home: str, me: Reader) -> None:
    page = me.get(edit_url(scene, home))
    me.press(page, "Delete")
    response = me.press(page, "Save", description="Typed for an hour")
    assert response.status_code == 409
    assert "Typed for an hour" in soup_of(response).find(id="kept-description").get_text()


def test_order_changes_by_one_place_and_stays_in_view(scene: Scene, home: str, me: Reader, session: Session) -> None:
    page = me.get(home + "?order=1")
    response = me.press(page, "Move down: 1.")
    session.expire_all()
    assert [result.id for result in session.get_one(Project, scene.project_id).results] == [*reversed(scene.result_ids)]
    assert response.location.startswith(home + "?order=1")
    me.press(me.get(response.location), "Move up: 2.")
    session.expire_all()
    assert [result.id for result in session.get_one(Project, scene.project_id).results] == [*scene.result_ids]


def test_answer_beside_the_comment_opens_the_submission(scene: Scene, home: str, me: Reader, session: Session) -> None:
    reviews.submit(scene)
    reviews.give_back(scene)
    page = me.get(home)
    assert page.select_one("#aside button[aria-disabled]")
    assert me.press(page, "Save 1. ", answer="It says so on page 2.").status_code == 302
    request = session.scalar(select(ChangeRequest).where(ChangeRequest.is_current))
    assert request is not None
    assert request.answer == "It says so on page 2."
    page = me.get(home)
    assert page.select_one('#aside a[href$="/submit"]')
    assert "Every comment is answered: you can submit" in words(page.main)
    assert "It says so on page 2." in page.find(id=f"answer-{scene.result_ids[0]}").get_text()


def test_answer_in_the_form_of_the_result_is_kept_with_it(
    scene: Scene, home: str, me: Reader, session: Session
) -> None:
    reviews.submit(scene)
    reviews.give_back(scene, comment="Say for whom.")
    page = me.get(edit_url(scene, home))
    assert "Say for whom." in words(page.main)
    me.press(page, "Save", answer="For teachers.", title="For teachers")
    request = session.scalar(select(ChangeRequest).where(ChangeRequest.is_current))
    assert request is not None
    assert (request.answer, row(session, scene.result_ids[0]).title) == ("For teachers.", "For teachers")


def test_answer_that_is_too_long_stays_beside_its_comment(scene: Scene, home: str, me: Reader) -> None:
    reviews.submit(scene)
    reviews.give_back(scene)
    response = me.press(me.get(home), "Save 1. ", answer="x" * 2003)
    page = assert_refused(response, "too-long", f"answer-{scene.result_ids[0]}")
    assert "3 too many" in words(page.main)


def test_result_that_was_not_reopened_is_read_only_and_stays(
    scene: Scene, home: str, me: Reader, session: Session
) -> None:
    old = me.get(edit_url(scene, home, 1))
    reviews.submit(scene)
    reviews.give_back(scene)
    page = me.get(edit_url(scene, home, 1))
    assert not page.select("main textarea, main form")
    assert "This part was not reopened" in words(page.main)
    before = row(session, scene.result_ids[1]).title
    me.url = edit_url(scene, home, 1)
    refused = me.press(old, "Save", title="Changed all the same")
    assert refused.status_code == 409
    assert soup_of(refused).select_one('[data-error="closed"]')
    assert me.press(old, "Delete").status_code == 409
    assert row(session, scene.result_ids[1]).title == before
    assert count(session, scene.project_id) == 2


def test_new_result_may_be_added_to_a_returned_project(scene: Scene, home: str, me: Reader, session: Session) -> None:
    reviews.submit(scene)
    reviews.give_back(scene)
    assert me.send(home + "results/new", "Save", title="One more").status_code == 302
    assert count(session, scene.project_id) == 3


@pytest.mark.parametrize("state", ["under review", "approved"])
def test_no_result_is_added_while_closed(scene: Scene, home: str, me: Reader, session: Session, state: str) -> None:
    page = me.get(home + "results/new")
    reviews.submit(scene)
    if state == "approved":
        reviews.approve(scene)
    assert me.client.get(home + "results/new").location == home
    me.url = home + "results/new"
    response = me.press(page, "Save", title="Too late")
    assert response.status_code == 409
    assert "Too late" in soup_of(response).find(id="kept-title").get_text()
    assert count(session, scene.project_id) == 2


def test_reading_a_place_that_only_takes_buttons_leads_to_its_page(scene: Scene, home: str, me: Reader) -> None:
    for act in ("answer", "move", "remove", "restore"):
        response = me.client.get(f"{edit_url(scene, home)}/{act}?lang=lv")
        assert response.status_code == 302
        assert response.location.startswith(home)
