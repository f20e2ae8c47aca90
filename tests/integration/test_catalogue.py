"""Search, filters, counts and pages of the public catalogue, the same on both engines (DOMAIN §8)."""

import unicodedata

import pytest
from sqlalchemy.orm import Session

from backoffice.domain import clock
from backoffice.domain.audiences import Audience
from backoffice.domain.results import ResultType
from backoffice.domain.visibility import OverrideKind, Subject
from backoffice.models import Override, Project, SubmissionItem
from backoffice.queries import catalogue, overview, published
from backoffice.queries.catalogue import Filters, Order, View
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.factories.catalogue import published_project as project


def found(session: Session, q: str = "", *, view: View = View.PROJECTS, order: Order = Order.MATCH) -> list[str]:
    """Titles in their order."""
    at = published.moment(session, now=clock.now())
    if view is View.PROJECTS:
        page = catalogue.page_of_projects(session, at, Filters(q=q), order=order, size=50)
        return [row.project.title for row in page.rows]
    results = catalogue.page_of_results(session, at, Filters(q=q), order=order, size=50)
    return [row.item.title for row in results.rows]


@pytest.mark.parametrize("typed", [
    "Šķūnis", "šķūnis", "ŠĶŪNIS", "skunis", "SKUNIS", unicodedata.normalize("NFD", "Šķūnis"), "  skunis  kurzemē ",
])
def test_visitor_finds_latvian_words_however_they_are_typed(session: Session, typed: str) -> None:
    agency_id = factories.agency()
    project(agency_id, "Šķūnis Kurzemē")
    project(agency_id, "Something else")
    assert found(session, typed) == ["Šķūnis Kurzemē"]


@pytest.mark.parametrize("typed", [
    "2018-1-LV01-KA201-046961", "2018-1-lv01-ka201-046961", "2018–1–LV01–KA201–046961", "2018‑1‑lv01‑ka201‑046961",
    "046961", "46961", "lv01-ka201-046961",
])
def test_visitor_finds_a_project_by_its_code_or_last_number(session: Session, typed: str) -> None:
    agency_id = factories.agency(code="LV01")
    project(agency_id, "The one", code="2018-1-LV01-KA201-046961")
    project(agency_id, "Another", code="2018-1-LV01-KA201-046962", summary="Unlike LV01-KA201-04696")
    assert found(session, typed) == ["The one"]


@pytest.mark.parametrize("view", View)
def test_exact_spelling_ranks_first_and_title_before_text(session: Session, view: View) -> None:
    agency_id = factories.agency()
    titles = ("Vaks", "Vāks", "Our vaks everywhere", "Zebra")
    if view is View.PROJECTS:
        for title in titles:
            project(agency_id, title, summary="vaks" if title == "Zebra" else "")
    else:
        project(agency_id, "Project", summary="", results=[(t, ResultType.OTHER, ("en",)) for t in titles[:3]])
        project(agency_id, "Zebra vaks", results=[("Zebra", ResultType.OTHER, ("en",))])
    assert found(session, "vāks", view=view)[0] == "Vāks"
    assert found(session, "VĀKS", view=view)[0] == "Vāks"
    plain = found(session, "vaks", view=view)
    assert set(plain[:2]) == {"Vaks", "Our vaks everywhere"}
    assert plain[2:] == ["Vāks", "Zebra"]


def test_projects_stand_in_latvian_order(session: Session) -> None:
    agency_id = factories.agency()
    wanted = ["Cēsis", "Čiekurs", "Dobele", "Gulbene", "Ģimene", "Kuldīga", "Ķekava", "Sala", "Šalle", "Zāle", "Žagari"]
    for title in reversed(wanted):
        project(agency_id, title, results=[(f"{title} result", ResultType.OTHER, ("lv",))])
    assert found(session, order=Order.TITLE) == wanted
    assert found(session, order=Order.MATCH) == wanted
    assert found(session, view=View.RESULTS, order=Order.TITLE) == [f"{title} result" for title in wanted]


def test_visitor_finds_a_project_by_a_result_or_its_public_summary_and_by_nothing_hidden(session: Session) -> None:
    agency_id = factories.agency()
    ids = [
        project(agency_id, "By result", results=[("Beekeeping for beginners", ResultType.OTHER, ("en",))]),
        project(agency_id, "By summary", final_summary="We learned much about beekeeping."),
    ]
    assert found(session, "beekeeping") == ["By result", "By summary"]
    with unit_of_work() as uow:
        for project_id in ids:
            row = uow.session.get_one(Project, project_id)
            item = uow.session.query(SubmissionItem).filter_by(submission_id=row.published_submission_id).first()
            if item.result_id:
                uow.session.add(Override(
                    project_id=project_id, subject=Subject.RESULT, subject_id=item.result_id, kind=OverrideKind.HIDE,
                    reason="x", created_at=uow.now,
                ))
            else:
                row.published_submission_id = None
    assert found(session, "beekeeping") == []


def test_signs_of_the_database_language_are_plain_letters(session: Session) -> None:
    agency_id = factories.agency()
    project(agency_id, "100 % wool_and wood")
    project(agency_id, "100 sheep")
    assert found(session, "%") == ["100 % wool_and wood"]
    assert found(session, "l_a") == ["100 % wool_and wood"]
    assert found(session, "'; drop table project; --") == []


def test_filters_narrow_and_values_of_one_filter_widen(session: Session) -> None:
    agency_id = factories.agency(code="LV01")
    book, film = ("Book", ResultType.HANDBOOK, ("lv", "en")), ("Film", ResultType.VIDEO, ("en",))
    project(
        agency_id, "School", code="2023-1-LV01-KA220-SCH-000000001", region="Kurzeme", countries=("LV", "EE"),
        topics="Bees; Climate change, water", is_good_practice=True, results=[book, film],
    )
    project(
        agency_id, "Adults", code="2019-1-LV01-KA204-000002", action="KA204", region="Vidzeme", countries=("LV",),
        topics="Climate change, water", results=[book],
    )
    project(agency_id, "Nothing yet", code="2023-1-LV01-KA122-VET-000000003", region="Kurzeme")
    at = published.moment(session, now=clock.now())

    def numbers(filters: Filters) -> tuple[int, int]:
        """Counted, and by leafing through the lists, which another statement makes."""
        found = overview.overview(session, at, filters)
        results = catalogue.page_of_results(session, at, filters, order=Order.NEW, size=50)
        projects = catalogue.page_of_projects(session, at, filters, order=Order.TITLE, size=50)
        assert (found.count(View.RESULTS), found.count(View.PROJECTS)) == (len(results.rows), len(projects.rows))
        assert found.in_projects == len({row.project.id for row in results.rows})
        for name in filters.active:
            for view in View:
                assert found.count(view, without=name) == overview.overview(
                    session, at, filters.without(name)
                ).count(view)
        return len(results.rows), len(projects.rows)

    assert numbers(Filters()) == (3, 3)
    assert numbers(Filters(type=(ResultType.HANDBOOK,))) == (2, 2)
    assert numbers(Filters(type=(ResultType.HANDBOOK, ResultType.VIDEO))) == (3, 2)
    assert numbers(Filters(type=(ResultType.VIDEO,), language=("lv",))) == (0, 0)
    assert numbers(Filters(language=("en",))) == (3, 2)
    assert numbers(Filters(audience=(Audience.ADULT,))) == (1, 1)
    assert numbers(Filters(audience=(Audience.ADULT, Audience.VET))) == (1, 2)
    assert numbers(Filters(key_action=("KA1",))) == (0, 1)
    assert numbers(Filters(action=("KA204",))) == (1, 1)
    assert numbers(Filters(year=(2023,))) == (2, 2)
    assert numbers(Filters(region=("Kurzeme",), year=(2023,))) == (2, 2)
    assert numbers(Filters(country=("EE",))) == (2, 1)
    assert numbers(Filters(topic=("Climate change, water",))) == (3, 2)
    assert numbers(Filters(topic=("Climate change",))) == (0, 0)
    assert numbers(Filters(good_practice=("yes",))) == (2, 1)
    assert numbers(Filters(q="film school")) == (1, 1)

    def facet(name: str, view: View, filters: Filters = Filters()) -> dict[str, int]:  # noqa: B008
        return overview.overview(session, at, filters).facet(view, name)

    assert facet("type", View.RESULTS) == {"handbook": 2, "video": 1}
    assert facet("type", View.PROJECTS) == {"handbook": 2, "video": 1}
    assert facet("language", View.RESULTS) == {"en": 3, "lv": 2}
    assert facet("language", View.PROJECTS) == {"en": 2, "lv": 2}
    assert facet("type", View.RESULTS, Filters(type=(ResultType.VIDEO,))) == {"handbook": 2, "video": 1}
    assert facet("type", View.RESULTS, Filters(language=("lv",))) == {"handbook": 2}
    assert facet("audience", View.PROJECTS) == {"adult": 1, "school": 1, "vet": 1}
    assert facet("year", View.PROJECTS) == {"2023": 2, "2019": 1}
    assert facet("country", View.RESULTS) == {"LV": 3, "EE": 2}
    assert facet("topic", View.PROJECTS) == {"Climate change, water": 2, "Bees": 1}
    assert facet("good_practice", View.PROJECTS) == {"yes": 1}
    assert facet("key_action", View.PROJECTS) == {"KA2": 2, "KA1": 1}


@pytest.mark.parametrize(("view", "order"), [(view, order) for view in View for order in Order])
def test_pages_hold_everything_once_forwards_and_back(session: Session, view: View, order: Order) -> None:
    agency_id = factories.agency()
    for number in range(7):
        project(agency_id, f"Ūdens {number % 3}", results=[(f"Ūdens {number % 2}", ResultType.OTHER, ("lv",))])
    at = published.moment(session, now=clock.now())

    def page(cursor: str | None) -> tuple[list[int], str | None, str | None]:
        given = {"order": order, "size": 3, "cursor": cursor}
        if view is View.RESULTS:
            results = catalogue.page_of_results(session, at, Filters(q="udens"), **given)  # type: ignore[arg-type]
            return [row.id for row in results.rows], results.next, results.previous
        projects = catalogue.page_of_projects(session, at, Filters(q="udens"), **given)  # type: ignore[arg-type]
        return [row.project.id for row in projects.rows], projects.next, projects.previous

    first, next_, previous = page(None)
    assert previous is None
    second, next_, back = page(next_)
    third, end, _back = page(next_)
    assert end is None
    assert len({*first, *second, *third}) == 7
    assert page(back)[0] == first


def test_numbers_say_at_least_when_there_is_more_than_can_be_counted(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    agency_id = factories.agency()
    for number in range(3):
        project(agency_id, f"Project {number}", results=[(f"Result {number}", ResultType.OTHER, ("en",))])
    at = published.moment(session, now=clock.now())
    assert not overview.overview(session, at, Filters()).is_capped
    monkeypatch.setattr(overview, "MOST", 2)
    assert overview.overview(session, at, Filters()).is_capped
