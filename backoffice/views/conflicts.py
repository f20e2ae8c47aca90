"""Two people, or two tabs, changed the same fields: who changed which and when, both values, and one of the two to
keep for each field; nothing is lost (DESIGN §3)."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from flask_babel import gettext
from sqlalchemy import Select

from backoffice import auth
from backoffice.db import db
from backoffice.forms.base import Form
from backoffice.models import AuditEvent
from backoffice.queries import users
from backoffice.views.messages import moment

YOURS, THEIRS = "yours", "theirs"
NOTHING_ELSE: Mapping[str, Sequence[str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """One field that stands otherwise in the database than in the form."""

    name: str
    label: str
    yours: str
    theirs: str
    chosen: str  # theirs where the person left the field alone
    by: str = ""  # who saved the other value, and when
    sentence: str = ""  # the same as a sentence


def marks(values: Mapping[str, str]) -> str:
    """How each field stood when the page was made; a hidden field of the form carries it."""
    return " ".join(f"{name}:{_mark(value)}" for name, value in sorted(values.items()))


def of(form: Form, *, typed: Mapping[str, str], current: Mapping[str, str], seen: str) -> list[Conflict]:
    """The fields that somebody else changed since the page was made, and that are not the same by now."""
    before = _marks_of(seen)
    return [
        Conflict(
            name=name, label=str(form[name].label.text), yours=value, theirs=current[name],
            chosen=YOURS if is_touched(name, value, seen=seen) else THEIRS,
        )
        for name, value in typed.items()
        if value != current[name] and before.get(name) != _mark(current[name])
    ]


def is_touched(name: str, value: str, *, seen: str) -> bool:
    """Did the person change this field, or does it stand as the page was made?"""
    return _marks_of(seen).get(name) != _mark(value)


def choose(*, typed: Mapping[str, str], current: Mapping[str, str], picked: Mapping[str, str]) -> dict[str, str]:
    """What is to be saved: as typed, but for fields where the person took the other version."""
    return {name: current[name] if picked.get(f"pick_{name}") == THEIRS else value for name, value in typed.items()}


def told(
    lines: Sequence[Conflict],
    lately: Select[AuditEvent],
    *,
    called: Mapping[str, str] = MappingProxyType({}),
    also: Mapping[str, Sequence[str]] = NOTHING_ELSE,
) -> list[Conflict]:
    """The same with who changed each field and when, from the audit trail, the newest first. `called`: the name of a
    field there, where it is another one; `also`: acts that change a field without naming it."""
    events = db.session.scalars(lately).all()
    names = users.names(db.session(), {event.actor_id for event in events if event.actor_id})
    found = []
    for line in lines:
        name = called.get(line.name, line.name)
        event = next((event for event in events if _changed(event, name, also.get(line.name, ()))), None)
        found.append(replace(line, **_words(event, names)))
    return found


def head(lines: Sequence[Conflict]) -> str:
    """The one sentence above all fields: who, where it was one person at one time."""
    sentences = {line.sentence for line in lines}
    if len(sentences) < 2:
        return "".join(sentences)
    return str(
        gettext("This was saved more than once while you were writing: who and when stands beside each field.")
    )


def _changed(event: AuditEvent, name: str, acts: Sequence[str]) -> bool:
    return event.action in acts or name in event.details.get("fields", ()) or name in event.details


def _words(event: AuditEvent | None, names: Mapping[int, str]) -> dict[str, str]:
    if event is None:
        return {
            "by": gettext("Saved meanwhile"),
            "sentence": gettext("This was saved from another place while you were writing."),
        }
    when, who = moment(event.at), auth.person()
    if who is not None and event.actor_id == who.user_id:
        return {
            "by": gettext("You in another window, %(moment)s", moment=when),
            "sentence": gettext("You saved this from another window on %(moment)s.", moment=when),
        }
    name = names.get(event.actor_id or 0) or gettext("Somebody else")
    return {
        "by": gettext("%(name)s, %(moment)s", name=name, moment=when),
        "sentence": gettext("%(name)s saved this on %(moment)s, while you were writing.", name=name, moment=when),
    }


def _marks_of(seen: str) -> dict[str, str]:
    return dict(part.split(":", 1) for part in seen.split() if ":" in part)


def _mark(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()[:12]
