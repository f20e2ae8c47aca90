"""Sentences that reviewers write most, worded by the agency in both languages, put in by a button and edited there.

They come in the language in which those read who have access, since what is put in goes to them word for word.
"""

from collections import Counter

from flask_babel import get_locale

from backoffice.db import db
from backoffice.models import Project
from backoffice.queries import texts
from backoffice.services import people

COMMENT, RETURN, UNLOCK = "phrases-comment", "phrases-return", "phrases-unlock"


def of(project: Project, key: str) -> list[tuple[str, str]]:
    """The label of each button and the sentence that it puts in: a line of the agency's text is one of them.

    The labels are in the reviewer's language as long as the lines of both languages are the shipped ones; an agency's
    own need not be the same ones in the same order.
    """
    theirs, are_shipped = _lines(project, key, language(project))
    ours, too = _lines(project, key, str(get_locale()))
    if not (are_shipped and too and len(ours) == len(theirs)):
        return theirs
    return [(label, sentence) for (label, _), (_, sentence) in zip(ours, theirs, strict=True)]


def _lines(project: Project, key: str, spoken: str) -> tuple[list[tuple[str, str]], bool]:
    text = texts.current(db.session(), agency_id=project.agency_id, key=key, language=spoken)
    lines = [_phrase(line) for line in (text.body if text else "").splitlines() if line.strip()]
    return lines, bool(text) and text == texts.shipped(key, spoken)


def language(project: Project) -> str:
    """The language of most people with access, else the agency's."""
    found = Counter(person.language for person in people.coordinators(db.session(), project=project))
    if not found:
        return project.agency.language
    most = max(found.values())
    leading = [name for name, count in found.items() if count == most]
    return project.agency.language if project.agency.language in leading else leading[0]


def _phrase(line: str) -> tuple[str, str]:
    label, colon, sentence = (part.strip() for part in line.partition(":"))
    return (label, sentence) if colon and sentence else (line.strip()[:40], line.strip())
