"""A mail in the agency's own words (domain.mail_texts): its places are filled with the values of the mail and with the
blocks of the very template that comes with the application, so both parts still say the same."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import cache
from types import MappingProxyType, SimpleNamespace
from typing import Any

from flask import current_app
from flask_babel import force_locale

from backoffice.domain import mail_texts
from backoffice.domain.notices import Mail
from backoffice.services.texts import Wording

# Where each value is found among those of the mail.
PATHS: Mapping[str, str] = MappingProxyType({
    "title": "project.title", "code": "project.code", "agency": "agency.name", "clause": "agency.clause",
    "specialist": "project.specialist.name", "email": "to.email", "end": "project.end_date",
    "report_due": "project.report_due_on", "due": "due_on", "moment": "submitted_at", "number": "number",
    "digest": "digest", "result": "result", "file": "file", "asked_by": "asked_by", "address": "address",
    "role": "role", "subject": "mail_subject", "public_url": "project.public_url",
})
STRONG = frozenset({"title", "email", "end", "report_due", "due", "address", "role"})
NUMBERED = frozenset({Mail.QUESTION, Mail.TICKET_RECEIVED})  # the number in the subject ties an answer to its ticket
_NUMBER = re.compile(r"^\[#[^\]]*\] ")


def subject(written: str, context: Mapping[str, Any]) -> str:
    """The subject filled; a long title is cut as in every subject."""
    filled = mail_texts.filled(written, lambda name: _value(name, context, path=_subject_path(name)))
    name = context["name"]
    if name in NUMBERED and context["number"]:
        return f"[#{context['number']}] {filled}"
    return filled


def body(written: str, context: Mapping[str, Any]) -> Callable[[Any], str]:
    """For the template: given its blocks, the text filled."""
    mark = context["m"].strong

    def made(blocks: Any) -> str:
        def place(name: str) -> str:
            if name not in PATHS or name not in mail_texts.PLACES[Mail(context["name"])].values:
                return str(blocks[name]())
            value = _value(name, context, path=PATHS[name])
            return str(mark(value)) if name in STRONG else value

        return mail_texts.filled(written, place)

    return made


@cache
def standard(mail: Mail, language: str) -> Wording:
    """The text that comes with the application, with its places by their names: what an agency starts from."""
    places, environment = mail_texts.PLACES[mail], current_app.jinja_env
    around = ("heading", "greeting", "signature", "fine")
    source = f'{{% extends "email/{mail.value}/body.txt" %}}' + "".join(
        f"{{% block {name} %}}{'' if name in around else f'{{{name}}}'}{{% endblock %}}"
        for name in (*around, *places.parts)
    )
    context = _names(places.values)
    with force_locale(language):
        text = environment.from_string(source).render(context)
        head = environment.get_template(f"email/{mail.value}/subject.txt").render(context)
    lines = [" ".join(line.split()) for line in text.splitlines()]
    return Wording(
        subject=_NUMBER.sub("", " ".join(head.split())),
        body="\n\n".join(filter(None, (part.strip() for part in _paragraphs(lines)))),
    )


def _paragraphs(lines: list[str]) -> list[str]:
    found: list[list[str]] = [[]]
    for line in lines:
        if line:
            found[-1].append(line)
        else:
            found.append([])
    return ["\n".join(rows) for rows in found]


def _names(values: tuple[str, ...]) -> dict[str, Any]:
    """What the template reads, each value being its own name in braces."""
    found: dict[str, Any] = {"number": "", "asked": ()}
    for name in values:
        *way, last = PATHS[name].split(".")
        inner = found
        for step in way:
            inner = inner.setdefault(step, {})
        inner[last] = f"{{{name}}}"
    found.get("project", {}).update({"short_title": "{title}", "my_url": "", "review_url": ""})
    made = _spaces(found)
    return {
        **made, "day": str, "moment": str, "forgot_url": "", "ticket_subject": "",
        "m": SimpleNamespace(strong=str, fine=lambda: ""),
    }


def _spaces(found: dict[str, Any]) -> dict[str, Any]:
    return {
        name: SimpleNamespace(**_spaces(value)) if isinstance(value, dict) else value for name, value in found.items()
    }


def _subject_path(name: str) -> str:
    return "project.short_title" if name == "title" else PATHS[name]


def _value(name: str, context: Mapping[str, Any], *, path: str) -> str:
    first, *rest = path.split(".")
    found: Any = context[first]
    for step in rest:
        found = getattr(found, step)
    if isinstance(found, datetime):
        return str(context["moment"](found))
    if isinstance(found, date):
        return str(context["day"](found))
    return "…" if found is None or found == "" else str(found)
