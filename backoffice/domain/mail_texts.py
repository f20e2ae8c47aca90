"""What an agency may word itself in its mails, and what such a text must not leave out (DOMAIN §7, issue 11).

A text has named places in braces. A value (`{title}`) is a word or a date and may stand in the subject too; a part
(`{way_in}`) is a piece that depends on the case: a button with its link, a list of results, a comment. Greeting,
signature and small print (S16, S17, why one gets the mail) stand around every text and are not worded here.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from backoffice.domain.errors import N_, Refused
from backoffice.domain.notices import Mail

WORDS: Mapping[str, str] = MappingProxyType({
    "title": N_("title of the project"),
    "code": N_("code of the project"),
    "agency": N_("name of the agency"),
    "clause": N_("clause of the grant agreement"),
    "specialist": N_("responsible specialist, else the agency"),
    "email": N_("address of who gets the mail"),
    "end": N_("end date of the project"),
    "report_due": N_("day on which the final report is due"),
    "due": N_("day by which the additions are due"),
    "moment": N_("day and hour of the submission"),
    "number": N_("number of the submission or ticket"),
    "digest": N_("fingerprint of the submission"),
    "result": N_("title of the result"),
    "file": N_("name of the file"),
    "asked_by": N_("who asks"),
    "address": N_("address that cannot be reached"),
    "role": N_("role in the back-office"),
    "public_url": N_("address of the public page"),
    "subject": N_("subject of the mail that came"),
    "about": N_("which project the ticket is taken to be about"),
    "again": N_("that it is a resubmission, in a sentence"),
    "answer": N_("answer of the agency, word for word"),
    "belongs": N_("the result to which the file belongs"),
    "button": N_("button with the link"),
    "cause": N_("cause, in a sentence"),
    "change": N_("old and new end date, in a sentence"),
    "comments": N_("comments, each beside what it is about"),
    "confirmation": N_("link to the confirmation to print"),
    "deadline": N_("until when, in a sentence"),
    "help": N_("sentence to coordinators: what to do if something keeps them from it"),
    "next": N_("what the specialist can do, in a sentence"),
    "note": N_("sentence of who sends the mail by hand"),
    "object": N_("how to object without signing in, with the link"),
    "opening": N_("agency and role, in a sentence"),
    "question": N_("question of the agency, word for word"),
    "reason": N_("reason, word for word"),
    "reopened": N_("what can be changed again"),
    "report": N_("what it means for the final report, in a sentence"),
    "rest": N_("what becomes of the other results, in a sentence"),
    "results": N_("list of the results"),
    "situation": N_("why the results can be submitted, in a sentence"),
    "stays": N_("that the approved results stay public, in a sentence"),
    "text": N_("what the person wrote"),
    "way_in": N_("how to sign in: button with the link, one-time where it is needed"),
    "when": N_("from which day the results can be submitted, in a sentence"),
    "why": N_("why results are entered: the clause, and the final report"),
})


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The places of one mail; `must` cannot be left out."""

    values: tuple[str, ...]
    parts: tuple[str, ...]
    must: tuple[str, ...]

    @property
    def all(self) -> tuple[str, ...]:
        return self.values + self.parts


def _places(*values: str, parts: str, must: str, general: str = "title code agency clause specialist email") -> Places:
    return Places(values=(*general.split(), *values), parts=tuple(parts.split()), must=tuple(must.split()))


# The reply of the helpdesk is not here: its words are the helper's own, helped by ready replies.
PLACES: Mapping[Mail, Places] = MappingProxyType({
    Mail.ACCESS: _places(parts="why when way_in", must="why way_in"),
    Mail.ENDING_SOON: _places("end", parts="why button", must="button"),
    Mail.INVITATION: _places(parts="situation why deadline way_in", must="why way_in"),
    Mail.REMINDER: _places(parts="note situation why deadline button", must="note button"),
    Mail.LAST_REMINDER: _places("report_due", parts="why button", must="report_due button"),
    Mail.OVERDUE: _places("report_due", parts="why help button", must="report_due button"),
    Mail.RECEIPT: _places("moment", "number", "digest", parts="results button", must="number results digest button"),
    Mail.SUBMISSION_RECEIVED: _places(
        "moment", "number", parts="results again button", must="number results again button"
    ),
    Mail.ADDITIONS_REQUESTED: _places(
        "due", parts="comments rest deadline button", must="comments rest deadline button"
    ),
    Mail.UNLOCKED: _places("due", parts="reason reopened stays button", must="reason reopened due button"),
    Mail.ADDITIONS_REMINDER: _places("due", parts="note comments button", must="note comments due button"),
    Mail.ADDITIONS_OVERDUE: _places("due", parts="comments button", must="comments due button"),
    Mail.RESULTS_APPROVED: _places(
        "number", parts="results report confirmation button", must="results confirmation button"
    ),
    Mail.REOPEN_DECLINED: _places(parts="answer reason button", must="answer button"),
    Mail.QUESTION: _places(parts="question button", must="question button"),
    Mail.END_DATE_CHANGED: _places(parts="change when button", must="change button"),
    Mail.CONTACT_PUBLIC: _places("public_url", parts="button", must="public_url button"),
    Mail.CONTACT_HIDDEN: _places(parts="reason object", must="reason object"),
    Mail.RESULT_HIDDEN: _places("result", parts="reason object button", must="result reason object button"),
    Mail.ACCESS_REVOKED: _places(parts="reason object", must="reason object"),
    Mail.REOPEN_REQUESTED: _places("asked_by", parts="reason next button", must="asked_by reason next button"),
    Mail.DELIVERY_FAILED: _places("address", parts="cause button", must="address cause button"),
    Mail.FILE_INFECTED: _places("file", parts="belongs button", must="file button"),
    Mail.STAFF_ACCESS: _places(
        "role", parts="opening way_in", must="email way_in", general="agency email"
    ),
    Mail.PASSWORD_LINK: _places(parts="way_in", must="email way_in", general="agency email"),
    Mail.TICKET_RECEIVED: _places(
        "number", parts="about text button", must="number text button", general="agency email"
    ),
    Mail.TICKET_NOT_TAKEN: _places("subject", parts="cause button", must="cause button", general="agency email"),
})

_PLACE = re.compile(r"\{([^{}\n]{1,40})\}")


def key(mail: Mail) -> str:
    """Under which the text is kept beside the agency's others."""
    return f"mail-{mail.value}"


def filled(written: str, value: Callable[[str], str]) -> str:
    """The text with every place filled; what fills them is not looked through again."""
    return _PLACE.sub(lambda found: value(found[1]), written)


def named(written: str) -> list[str]:
    """What stands in braces, each once, in its order."""
    return list(dict.fromkeys(_PLACE.findall(written)))


def check(mail: Mail, *, subject: str, body: str, language: str) -> None:
    """Raises Refused beside `subject_<language>` or `body_<language>`."""
    places = PLACES[mail]
    for field, written, known in (("subject", subject, places.values), ("body", body, places.all)):
        unknown = [name for name in named(written) if name not in known]
        if unknown:
            raise Refused(
                N_("Nothing fills %(places)s."), field=f"{field}_{language}", code="unknown-place",
                values={"places": shown(unknown)},
            )
    missing = [name for name in places.must if name not in named(body)]
    if missing:
        raise Refused(
            N_("This cannot be left out: %(places)s."), field=f"body_{language}", code="place-missing",
            values={"places": shown(missing)},
        )


def shown(names: list[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in names)
