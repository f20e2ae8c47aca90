"""The catalogue's address bar: what it asks for, and where each click leads. The address is the truth."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import urlencode

from flask_babel import get_locale, gettext
from werkzeug.datastructures import MultiDict

from backoffice.domain.audiences import AUDIENCE_WORDS, Audience
from backoffice.domain.errors import N_
from backoffice.domain.results import TYPE_WORDS, ResultType
from backoffice.domain.text import clean_line
from backoffice.forms.coordinator import language
from backoffice.queries.catalogue import NAMES, Filters, Order, View

MOST = 12  # values of one filter
_PATH = "/projects/"
_E = TypeVar("_E", bound=StrEnum)

KEY_ACTIONS = {
    "KA1": N_("Learning mobility (KA1)"),
    "KA2": N_("Cooperation (KA2)"),
    "KA3": N_("Policy support (KA3)"),
}
ORDER_WORDS = {
    Order.MATCH: N_("Best match first"),
    Order.NEW: N_("Newest first"),
    Order.TITLE: N_("By title"),
}
# The Union writes two countries in its own way.
_TERRITORIES = {"EL": "GR", "UK": "GB"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A search as the address says it; `view` is None while the visitor has not chosen one."""

    filters: Filters
    view: View | None = None
    order: Order | None = None
    at: str | None = None
    action_names: dict[str, str]

    def url(self, *, path: str = _PATH, **changes: Any) -> str:
        """The address of the same search with something changed; always from its first page unless `at` is given."""
        return path + self.query(**changes)

    def query(self, **changes: Any) -> str:
        """The part of the address after the path."""
        filters = replace(self.filters, **{name: changes[name] for name in changes if name in ("q", *NAMES)})
        view, order = changes.get("view", self.view), changes.get("order", self.order)
        pairs: list[tuple[str, str]] = [("q", filters.q)] if filters.q else []
        pairs += [("view", view.value)] if view else []
        pairs += [(name, _plain(value)) for name in NAMES for value in getattr(filters, name)]
        pairs += [("order", order.value)] if order else []
        pairs += [(name, changes[name]) for name in ("at", "format") if changes.get(name)]
        return "?" + urlencode(pairs) if pairs else ""

    def kept(self, *, without: Iterable[str]) -> list[tuple[str, str]]:
        """What a form that has fields for some of it must carry along."""
        left = set(without)
        pairs = [("q", self.filters.q)] if self.filters.q and "q" not in left else []
        pairs += [("view", self.view.value)] if self.view else []
        pairs += [("order", self.order.value)] if self.order else []
        return pairs + [
            (name, _plain(value)) for name in NAMES if name not in left for value in getattr(self.filters, name)
        ]

    def without(self, name: str, value: object = None) -> str:
        """The address without one filter, or without one of its values."""
        left = tuple(other for other in getattr(self.filters, name) if other != value) if value is not None else ()
        changes: dict[str, Any] = {name: left}
        return self.url(**changes)

    def clear(self) -> str:
        """The address without any filter; the words stay."""
        changes: dict[str, Any] = dict.fromkeys(NAMES, ())
        return self.url(**changes)

    def chips(self) -> list[tuple[str, str]]:
        """Each value that is on, in plain words, with the address that takes it away."""
        return [
            (self.label(name, value), self.without(name, value))
            for name in NAMES
            for value in getattr(self.filters, name)
        ]

    def label(self, name: str, value: object) -> str:
        """A value in plain words."""
        return label(name, _plain(value), action_names=self.action_names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One value of a filter: how many there would be with it, and whether it is on."""

    value: str
    label: str
    number: int
    is_on: bool


def asked(args: MultiDict[str, str], *, action_names: dict[str, str]) -> Asked:
    """Read the address; what it cannot mean is left out rather than refused."""
    return Asked(
        filters=Filters(
            q=clean_line(args.get("q", ""))[:300],
            type=_known(args, "type", ResultType),
            language=_texts(args, "language", fits=re.compile(r"[a-z]{2,3}").fullmatch),
            audience=_known(args, "audience", Audience),
            key_action=tuple(value for value in _texts(args, "key_action", fold=str.upper) if value in KEY_ACTIONS),
            action=_texts(args, "action", fold=str.upper, fits=re.compile(r"[A-Z0-9-]{3,20}").fullmatch),
            year=tuple(int(value) for value in _texts(args, "year", fits=re.compile(r"[12][0-9]{3}").fullmatch)),
            region=_texts(args, "region"),
            country=_texts(args, "country"),
            topic=_texts(args, "topic"),
            good_practice=("yes",) if args.get("good_practice", "").lower() in ("yes", "1", "true", "on") else (),
        ),
        view=next(iter(_known(args, "view", View)), None),
        order=next(iter(_known(args, "order", Order)), None),
        at=args.get("at") or None,
        action_names=action_names,
    )


def label(name: str, value: str, *, action_names: dict[str, str]) -> str:
    """What a value of a filter is called."""
    if name == "type":
        return str(gettext(TYPE_WORDS[ResultType(value)]))
    if name == "audience":
        return str(gettext(AUDIENCE_WORDS[Audience(value)]))
    if name == "key_action":
        return str(gettext(KEY_ACTIONS[value])) if value in KEY_ACTIONS else value
    if name == "good_practice":
        return str(gettext("Good practice"))
    if name == "language":
        return language(value)
    if name == "country":
        return country(value)
    if name == "action" and action_names.get(value):
        return f"{action_names[value]} ({value})"
    return value


def tongues(codes: Sequence[str]) -> str:
    """Several languages in one line; only English writes each of them with a capital."""
    names = [language(code) for code in codes]
    is_english = str(get_locale()) == "en"
    return ", ".join(names if is_english else [*names[:1], *(name[:1].lower() + name[1:] for name in names[1:])])


def country(code: str) -> str:
    """The name of a country in the language of the page; what is no code stays as it is."""
    locale = get_locale()
    code = code.strip()
    return str(locale.territories.get(_TERRITORIES.get(code, code), code)) if locale and len(code) == 2 else code


def options(numbers: dict[str, int], *, search: Asked, name: str) -> list[Option]:
    """The values of a filter, those that are on among them even when nothing fits them now."""
    on = [_plain(value) for value in getattr(search.filters, name)]
    values = dict(numbers) | {value: 0 for value in on if value not in numbers}
    return [
        Option(value=value, label=search.label(name, value), number=number, is_on=value in on)
        for value, number in values.items()
    ]


def _plain(value: object) -> str:
    return str(value.value) if isinstance(value, StrEnum) else str(value)


def _texts(
    args: MultiDict[str, str],
    name: str,
    *,
    fold: Callable[[str], str] = str,
    fits: Callable[[str], object] = bool,
) -> tuple[str, ...]:
    values: Sequence[str] = [fold(clean_line(value)[:250]) for value in args.getlist(name)]
    return tuple(dict.fromkeys(value for value in values if value and fits(value)))[:MOST]


def _known(args: MultiDict[str, str], name: str, kind: type[_E]) -> tuple[_E, ...]:
    known = {member.value: member for member in kind}
    return tuple(known[value] for value in _texts(args, name, fold=str.lower) if value in known)
