"""“Lost and found”, and mails on the page of their ticket: as staff see and use them."""

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.domain.tickets import Direction
from backoffice.models import Agency, AuditEvent, LostMail, MutedList, Ticket
from tests.factories import tickets as make
from tests.factories.tickets import Desk
from tests.support.client import Client
from tests.support.letters import arrives, mail, picture

URL = "/admin/lost-and-found/"


@pytest.fixture
def desk(session: Session) -> Desk:
    return make.desk()


@pytest.fixture
def address(session: Session, desk: Desk) -> str:
    address = session.get_one(Agency, desk.agency_id).helpdesk_address
    session.rollback()
    return address


def rows(session: Session) -> list[LostMail]:
    session.rollback()
    found = list(session.scalars(select(LostMail).order_by(LostMail.id)))
    session.rollback()
    return found


@pytest.mark.parametrize("lang", ["en", "lv"])
def test_staff_see_each_mail_with_its_cause(client: Client, desk: Desk, address: str, lang: str) -> None:
    arrives(mail(sender="stranger@x.example", to=address, subject="Rēķins <b>7781</b>"))
    arrives(mail(sender="cron@x.example", to=address, Auto_Submitted="auto-generated"))
    client.sign_in(desk.helpdesk.email)
    page = BeautifulSoup(client.get(URL, query_string={"lang": lang}).text, "html.parser")
    states = [found["data-status"] for found in page.select("table .status[data-status]")]
    assert states == ["automatic", "not-told", "stranger", "not-told"]
    assert "Rēķins <b>7781</b>" in page.get_text()
    aside = page.select_one("#mail")
    assert aside is not None
    assert "From: cron@x.example" in aside.get_text()
    found = client.get(URL, query_string={"q": "7781", "lang": lang}).text
    assert "cron@x.example" not in found


def test_another_agency_sees_only_what_is_nobodys(client: Client, session: Session, desk: Desk, address: str) -> None:
    arrives(mail(sender="stranger@x.example", to=address))
    arrives(mail(sender="nobody@x.example", to="somewhere@x.example"))
    client.sign_in(make.desk().helpdesk.email)
    page = client.get(URL).text
    assert "nobody@x.example" in page
    assert "stranger@x.example" not in page
    assert client.get(f"{URL}{rows(session)[0].id}/mail").status_code == 404


def test_the_whole_mail_is_a_download_that_nothing_runs_in(
    client: Client, session: Session, desk: Desk, address: str
) -> None:
    made = mail(sender="stranger@x.example", to=address)
    arrives(made)
    client.sign_in(desk.specialist.email)
    answer = client.get(f"{URL}{rows(session)[0].id}/mail")
    assert answer.data == made.as_bytes()
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_helpdesk_accepts_a_mail_as_a_ticket_and_another_into_it(
    client: Client, session: Session, desk: Desk, address: str
) -> None:
    for text in ("First", "Second"):
        arrives(mail(sender="stranger@x.example", to=address, text=text))
    first, second = (row.id for row in rows(session))
    client.sign_in(desk.helpdesk.email)
    refused = client.post(f"{URL}{second}/accept", data={"make": "new", "number": "99"})
    assert refused.status_code == 422
    assert BeautifulSoup(refused.text, "html.parser").select_one("[data-error=no-ticket]")
    answer = client.post(f"{URL}{first}/accept", data={"make": "new", "number": ""}, follow_redirects=True)
    ticket = session.scalars(select(Ticket)).one()
    number, agency_id = ticket.number, ticket.agency_id
    assert agency_id == desk.agency_id
    assert f"#{number}" in answer.text
    offered = BeautifulSoup(client.get(f"{URL}?mail={second}").text, "html.parser").select("#make option")
    assert str(number) in [option["value"] for option in offered]
    client.post(f"{URL}{second}/accept", data={"make": str(number), "number": ""})
    session.rollback()
    ticket = session.scalars(select(Ticket)).one()
    assert [(one.direction, one.text) for one in ticket.messages] == [(Direction.IN, "First"), (Direction.IN, "Second")]
    assert session.scalars(select(AuditEvent.subject).where(AuditEvent.action == "mail:accepted")).all() == [
        f"ticket:{number}", f"ticket:{number}"
    ]


def test_a_mail_that_needs_nothing_can_be_looked_at_again(
    client: Client, session: Session, desk: Desk, address: str
) -> None:
    arrives(mail(sender="stranger@x.example", to=address))
    lost_id = rows(session)[0].id
    client.sign_in(desk.helpdesk.email)
    assert client.post(f"{URL}{lost_id}/done", follow_redirects=True).status_code == 200
    assert rows(session)[0].settled_at is not None
    assert "stranger@x.example" in client.get(f"{URL}?view=done").text
    client.post(f"{URL}{lost_id}/again")
    assert rows(session)[0].settled_at is None


def test_a_list_is_put_aside_and_shown_again(client: Client, session: Session, desk: Desk, address: str) -> None:
    arrives(mail(sender="news@x.example", to=address, List_Id="News <news.x.example>"))
    client.sign_in(desk.helpdesk.email)
    page = client.post(f"{URL}{rows(session)[0].id}/mute", follow_redirects=True)
    assert "news.x.example" in page.text
    muted_id = session.scalars(select(MutedList.id)).one()
    session.rollback()
    client.post(f"{URL}lists/{muted_id}/take")
    assert session.scalars(select(MutedList)).all() == []


def test_a_specialist_reads_and_does_not_act(client: Client, session: Session, desk: Desk, address: str) -> None:
    arrives(mail(sender="stranger@x.example", to=address))
    client.sign_in(desk.specialist.email)
    assert "Accept anyway" not in client.get(URL).text
    assert client.post(f"{URL}{rows(session)[0].id}/done").status_code == 403


def test_the_ticket_shows_answers_between_quotes_pictures_in_place_and_the_whole_mail(
    client: Client, desk: Desk
) -> None:
    text = "On 3 Nov 2026 you wrote:\n> Which browser?\nFirefox 140\n> Which file?\nhandbook.pdf"
    made = mail(sender=desk.requester.email, text=text)
    made.add_alternative(
        '<p>Here <img src="cid:s@x"> and <img src="s@x"> <img src="https://spy.example/x.gif" alt="logo"></p>',
        subtype="html",
    )
    made.get_payload()[1].add_related(  # type: ignore[index,union-attr]
        picture(), maintype="image", subtype="png", cid="<s@x>", filename="shot.png"
    )
    made.add_attachment(b"MZ" + b"\0" * 300, maintype="application", subtype="octet-stream", filename="tool.exe")
    done = arrives(made)
    client.sign_in(desk.helpdesk.email)
    answer = client.get(f"/admin/tickets/{done.ticket}/")
    page = BeautifulSoup(answer.text, "html.parser")
    message = page.select_one(f"#m-{done.message}")
    assert message is not None
    visible = [line for one in message.select(".text.prose") for line in one.get_text().splitlines() if line]
    assert visible == ["Firefox 140", "handbook.pdf"]
    folded = "\n".join(quote.get_text() for quote in message.select("details blockquote"))
    assert "> Which browser?" in folded
    pictures = [found["src"] for found in message.select(".mail-html img[src]")]
    assert len(pictures) == 2
    assert len(set(pictures)) == 1
    assert client.get(pictures[0]).mimetype == "image/png"
    assert "spy.example" not in answer.text
    assert "tool.exe" in message.get_text()
    whole = client.get(f"/admin/tickets/{done.ticket}/messages/{done.message}/mail")
    assert whole.data == made.as_bytes()
