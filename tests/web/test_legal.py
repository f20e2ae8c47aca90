"""Terms, privacy, accessibility: shipped texts, an agency's own, both languages."""

import pytest
from bs4 import BeautifulSoup
from sqlalchemy.orm import Session

from backoffice.domain.errors import Forbidden, Refused, Stale
from backoffice.domain.permissions import Role
from backoffice.models import Agency, AuditEvent
from backoffice.queries import texts as queries
from backoffice.services import texts
from backoffice.services.texts import Wording
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.factories.users import Person
from tests.support.client import Client

KEYS = ("terms", "privacy", "accessibility")


def write(who: Person, *, key: str = "terms", lv: str = "Latviski", en: str = "Our own words", seen: int = 0) -> int:
    with unit_of_work() as uow:
        return texts.new_version(
            uow, actor=who.actor, key=key, seen_version=seen,
            wordings={"lv": Wording(subject="Noteikumi", body=lv), "en": Wording(subject="Rules", body=en)},
        )


def page(client: Client, path: str) -> BeautifulSoup:
    answer = client.get(path)
    assert answer.status_code == 200
    return BeautifulSoup(answer.get_data(as_text=True), "html.parser")


@pytest.mark.parametrize("key", KEYS)
def test_visitor_reads_the_shipped_text_in_both_languages(client: Client, key: str) -> None:
    agency_id = factories.agency()
    titles = set()
    for language in ("lv", "en"):
        soup = page(client, f"/{key}?lang={language}")
        text = soup.main.get_text()
        assert len(text) > 1_500
        assert "{" not in text, "a place that nobody filled"
        assert len(soup.select("main h2")) >= 5
        titles.add(soup.h1.get_text(strip=True))
    assert len(titles) == 2
    assert agency_id


def test_every_foot_leads_to_the_three_texts(client: Client) -> None:
    factories.agency()
    links = {link["href"] for link in page(client, "/terms?lang=en").select("footer a")}
    assert {"/terms", "/privacy", "/accessibility"} <= links


def test_accessibility_statement_says_all_that_the_law_asks_for(client: Client, session: Session) -> None:
    agency = session.get_one(Agency, factories.agency())
    address = agency.helpdesk_address
    text = page(client, "/accessibility?lang=en").main.get_text()
    for part in ("in part", "What is not met", "25 November 2026", address, "Ombudsman"):
        assert part in text


def test_admin_puts_a_new_version_in_force_and_the_former_one_stays(client: Client, session: Session) -> None:
    agency_id = factories.agency()
    admin = factories.staff(Role.AGENCY_ADMIN, agency_id=agency_id)
    assert write(admin) == 1
    assert write(admin, en="# A part\n- one\n- two", seen=1) == 2
    assert queries.version(session, agency_id=agency_id, key="terms") == 2
    assert [row.version for row in queries.history(session, agency_id=agency_id, key="terms")] == [2, 2, 1, 1]
    soup = page(client, "/terms?lang=en")
    assert soup.h1.get_text() == "Rules"
    assert [item.get_text() for item in soup.select("main .prose li")] == ["one", "two"]
    assert "Version 2" in soup.main.get_text()
    assert [row.action for row in session.query(AuditEvent)] == ["text:changed"] * 2


def test_visitor_gets_the_words_of_the_agency_that_they_ask_for(client: Client, session: Session) -> None:
    factories.agency()
    agency_id = factories.agency()
    write(factories.staff(Role.AGENCY_ADMIN, agency_id=agency_id))
    code = session.get_one(Agency, agency_id).code
    assert "Our own words" not in page(client, "/terms?lang=en").main.get_text()
    soup = page(client, f"/terms?agency={code.lower()}")
    assert "Our own words" in soup.main.get_text()
    assert f"/privacy?agency={code}" in {link["href"] for link in soup.select("footer a")}


def test_text_of_an_agency_is_shown_and_never_obeyed(client: Client) -> None:
    admin = factories.staff(Role.AGENCY_ADMIN, agency_id=factories.agency())
    write(admin, en='<script>alert(1)</script> <b onclick="x">bold</b> see https://agency.example/x. {agency}')
    soup = page(client, "/terms?lang=en")
    assert soup.select("main script, main b") == []
    assert "<b onclick" in soup.main.get_text()
    assert soup.select_one("main .prose a")["href"] == "https://agency.example/x"


def test_text_in_one_language_only_is_refused(session: Session) -> None:
    admin = factories.staff(Role.AGENCY_ADMIN, agency_id=factories.agency())
    with pytest.raises(Refused) as refused:
        write(admin, lv=" ")
    assert refused.value.field == "body_lv"


def test_text_written_on_an_old_version_is_refused(session: Session) -> None:
    admin = factories.staff(Role.AGENCY_ADMIN, agency_id=factories.agency())
    write(admin)
    with pytest.raises(Stale):
        write(admin, seen=0)


def test_specialist_writes_no_text(session: Session) -> None:
    with pytest.raises(Forbidden):
        write(factories.staff(Role.SPECIALIST, agency_id=factories.agency()))
