"""Mails in an agency's own words (DOMAIN §7): the same facts and links as in ours, and nothing needed left out."""

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from backoffice.domain import clock, mail_texts
from backoffice.domain.errors import Refused
from backoffice.domain.mail_texts import PLACES, WORDS
from backoffice.domain.notices import Mail
from backoffice.mail import own, samples
from backoffice.mail.render import Message
from backoffice.models import Agency
from backoffice.services.texts import Wording
from tests import factories
from tests.support import contrast

pytestmark = pytest.mark.one_engine


def sample(
    app: Flask, session: Session, mail: Mail, *, agency_id: int, language: str, wording: Wording | None
) -> Message:
    agency = session.get_one(Agency, agency_id)
    with app.test_request_context():
        return samples.message(
            session, mail=mail, language=language, wording=wording, agency=agency, settings=app.config["SETTINGS"],
            now=clock.now(),
        )


def standard(app: Flask, mail: Mail, language: str) -> Wording:
    with app.test_request_context():
        return own.standard(mail, language)


def test_every_mail_but_a_helpers_reply_has_places_that_are_explained() -> None:
    assert set(Mail) - set(PLACES) == {Mail.TICKET_REPLY}
    used = {name for places in PLACES.values() for name in places.all}
    assert used == set(WORDS)
    for mail, places in PLACES.items():
        assert set(places.must) <= set(places.all), mail
        assert set(places.values) <= set(own.PATHS), mail


@pytest.mark.parametrize("language", ["lv", "en"])
def test_the_standard_text_put_in_as_the_agencys_own_gives_the_same_mail(
    app: Flask, session: Session, language: str
) -> None:
    agency_id = factories.agency()
    for mail in PLACES:
        wording = standard(app, mail, language)
        mail_texts.check(mail, subject=wording.subject, body=wording.body, language=language)
        ours = sample(app, session, mail, agency_id=agency_id, language=language, wording=None)
        theirs = sample(app, session, mail, agency_id=agency_id, language=language, wording=wording)
        assert " ".join(ours.text.split()) == " ".join(theirs.text.split()), mail
        if mail not in (Mail.ADDITIONS_REQUESTED, Mail.TICKET_RECEIVED):  # ours count results, or repeat a subject
            assert ours.subject == theirs.subject, mail


def test_every_text_and_link_of_a_mail_can_be_read_in_the_dark_and_with_colours_turned_round(
    app: Flask, session: Session
) -> None:
    agency_id = factories.agency()
    for mail in PLACES:
        html = sample(app, session, mail, agency_id=agency_id, language="lv", wording=None).html
        assert contrast.faults(html) == [], mail
    assert contrast.faults(html.replace("#56524a", "#b0ada6"))


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ("Now: {way_in} {nonsense}", "body_lv", "unknown-place"),
        ("{title}: come in.", "body_lv", "place-missing"),
        ("{comments} {way_in}", "body_lv", "unknown-place"),  # a place of another mail
    ],
)
def test_what_nothing_fills_and_what_is_left_out_are_refused_beside_the_text(body: str, field: str, code: str) -> None:
    with pytest.raises(Refused) as caught:
        mail_texts.check(Mail.ACCESS, subject="{title}", body=body, language="lv")
    assert (caught.value.field, caught.value.code) == (field, code)
    with pytest.raises(Refused) as caught:
        mail_texts.check(Mail.ACCESS, subject="{way_in}", body="{way_in}", language="lv")
    assert caught.value.field == "subject_lv"


def test_braces_in_what_people_wrote_fill_nothing() -> None:
    assert mail_texts.filled("{title}, {code}", {"title": "{code}", "code": "1"}.__getitem__) == "{code}, 1"
