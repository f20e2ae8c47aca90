"""Two people, or two tabs, changed the same text: both stand side by side, and nothing is lost (DESIGN §3)."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import gettext

from backoffice.db import db
from backoffice.forms.coordinator import Own
from backoffice.models import Project, User
from backoffice.queries import audit as queries
from backoffice.views.coordinator import base
from backoffice.views.messages import moment

YOURS, THEIRS = "yours", "theirs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """One field that stands otherwise in the database than in the form."""

    name: str
    label: str
    yours: str
    theirs: str
    chosen: str  # theirs where the person left the field alone


def marks(values: Mapping[str, str]) -> str:
    """How each field stood when the page was made; a hidden field of the form carries it."""
    return " ".join(f"{name}:{_mark(value)}" for name, value in sorted(values.items()))


def of(form: Own, *, typed: Mapping[str, str], current: Mapping[str, str], seen: str) -> list[Conflict]:
    """The fields that somebody else changed since the page was made, and that are not the same by now."""
    before = dict(part.split(":", 1) for part in seen.split() if ":" in part)
    return [
        Conflict(
            name=name, label=str(form[name].label.text), yours=value, theirs=current[name],
            chosen=THEIRS if _mark(value) == before.get(name) else YOURS,
        )
        for name, value in typed.items()
        if value != current[name] and before.get(name) != _mark(current[name])
    ]


def choose(*, typed: Mapping[str, str], current: Mapping[str, str], picked: Mapping[str, str]) -> dict[str, str]:
    """What is to be saved: as typed, but for fields where the person took the other version."""
    return {name: current[name] if picked.get(f"pick_{name}") == THEIRS else value for name, value in typed.items()}


def saved_by(project: Project, *, subject: str, action: str) -> str:
    """Who saved the other version, and when."""
    event = db.session.scalar(queries.last_of(project.id, subject=subject, actions=(action,)))
    if event is None:
        return gettext("This was saved from another place while you were writing.")
    if event.actor_id == base.actor().user_id:
        return gettext("You saved this from another window on %(moment)s.", moment=moment(event.at))
    user = db.session.get(User, event.actor_id) if event.actor_id else None
    name = (user.name or user.email) if user else gettext("Somebody else")
    return gettext(
        "%(name)s saved this on %(moment)s, while you were writing.", name=name, moment=moment(event.at)
    )


def _mark(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()[:12]
