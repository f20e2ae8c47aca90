"""A result between its row, its form and its service, each field as one text (for conflicts, too)."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import gettext

from backoffice.db import db
from backoffice.domain.results import LANGUAGES, TYPE_WORDS, ResultType, item_key
from backoffice.forms.coordinator import ResultForm, language
from backoffice.models import Project, Result
from backoffice.services.results import ResultValues
from backoffice.views import conflicts
from backoffice.views.coordinator import standing


@dataclass(frozen=True, slots=True)
class Stored:
    """A result as its form shows it."""

    version: str
    seen: str
    answer: str
    title: str
    description: str
    type: str
    languages: list[str]
    link: str
    do_not_publish: bool
    do_not_publish_reason: str


def stored(project: Project, found: Result) -> Stored:
    requests = standing.of(db.session(), project).requests
    asked = requests.get(item_key(found.id))
    return Stored(
        version=str(found.version), seen=conflicts.marks(current(found)), answer=asked.answer if asked else "",
        title=found.title, description=found.description, type=found.type.value if found.type else "",
        languages=list(found.languages), link=found.link, do_not_publish=found.do_not_publish,
        do_not_publish_reason=found.do_not_publish_reason,
    )


def typed(form: ResultForm) -> dict[str, str]:
    return {
        "title": form.title.data or "",
        "description": form.description.data or "",
        "type": form.type.data or "",
        "languages": " ".join(code for code in LANGUAGES if code in (form.languages.data or ())),
        "link": form.link.data or "",
        "do_not_publish": "1" if form.do_not_publish.data else "",
        "do_not_publish_reason": form.do_not_publish_reason.data or "",
    }


def current(found: Result) -> dict[str, str]:
    return {
        "title": found.title,
        "description": found.description,
        "type": found.type.value if found.type else "",
        "languages": " ".join(found.languages),
        "link": found.link,
        "do_not_publish": "1" if found.do_not_publish else "",
        "do_not_publish_reason": found.do_not_publish_reason,
    }


def of(texts: Mapping[str, str], *, answer: str | None) -> ResultValues:
    return ResultValues(
        title=texts["title"], description=texts["description"],
        type=ResultType(texts["type"]) if texts["type"] else None, languages=tuple(texts["languages"].split()),
        link=texts["link"], do_not_publish=bool(texts["do_not_publish"]),
        do_not_publish_reason=texts["do_not_publish_reason"], answer=answer,
    )


def shown(name: str, value: str) -> str:
    """A value of a conflict in words."""
    if name == "type" and value:
        return gettext(TYPE_WORDS[ResultType(value)])
    if name == "languages":
        value = ", ".join(language(code) for code in value.split())
    if name == "do_not_publish":
        value = gettext("Yes") if value else gettext("No")
    return value or "—"
