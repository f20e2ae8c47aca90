"""Each item of a submission as the reviewer reads it: what was asked, what changed, what may be wrong with it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from backoffice.domain import clock
from backoffice.domain.differences import FileChange, FilePair, Part, compare, compare_files
from backoffice.domain.english import ENOUGH, share
from backoffice.domain.errors import N_
from backoffice.domain.files import CHECK_WORDS, NEVER_SERVED, TYPES, FileCheck, FileKind
from backoffice.domain.readiness import Finding, Level
from backoffice.domain.results import SUMMARY_KEY, TYPE_WORDS, FileFact
from backoffice.domain.reviews import Change, Verdict
from backoffice.forms.coordinator import language
from backoffice.models import StoredFile, SubmissionItem
from backoffice.queries.reviews import ItemView
from backoffice.views.messages import say, size

FILE_WORDS: Mapping[FileChange, str] = MappingProxyType({
    FileChange.NEW: N_("New"),
    FileChange.REPLACED: N_("Replaced"),
    FileChange.RENAMED: N_("Renamed"),
    FileChange.UNCHANGED: N_("Unchanged"),
    FileChange.REMOVED: N_("Removed"),
})
FILE_KINDS: Mapping[FileChange, str] = MappingProxyType({
    FileChange.NEW: "info", FileChange.REPLACED: "review", FileChange.RENAMED: "review", FileChange.UNCHANGED: "",
    FileChange.REMOVED: "bad",
})
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLine:
    """A file as it stands in the list, also one that was taken out."""

    pair: FilePair
    name: str
    note: str
    tag: str
    kind: str
    is_removed: bool
    stored: StoredFile

    @property
    def may_open(self) -> bool:
        return self.stored.check_state not in NEVER_SERVED

    @property
    def wants_pass(self) -> bool:
        return self.stored.check_state is FileCheck.UNSCANNABLE and self.stored.passed_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemPage:
    """What the page shows of one item."""

    view: ItemView
    number: int | None  # None: the final summary
    anchor: str
    title: str
    tags: list[tuple[str, str, str]]  # words, kind, icon
    parts: list[Part]
    is_compared: bool
    facts: list[tuple[str, str, str | None]]  # label, value, value before where it was another
    files: list[FileLine]
    english: tuple[int, int] | None  # percent, words
    warnings: list[str]
    is_open: bool
    chosen: str
    comment: str
    errors: list[Any]

    @property
    def reads_as_english(self) -> bool:
        return self.english is not None and self.english[0] >= ENOUGH

    @property
    def is_today(self) -> bool:
        """Whether the verdict was saved in the last hours: then the time is enough."""
        return self.view.given_at is not None and clock.now() - self.view.given_at < timedelta(hours=12)

    @property
    def name(self) -> str:
        return str(_("final summary") if self.number is None else _("result %(number)s", number=self.number))


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What was sent about one item and could not be saved: it stands in the form again, with the reason."""

    key: str
    verdict: str
    comment: str
    errors: Sequence[Any]


def pages(
    views: Sequence[ItemView], *, findings: Sequence[Finding], is_first: bool, open_all: bool, typed: Typed | None
) -> list[ItemPage]:
    """All items in their order, the final summary last."""
    warnings: dict[str, list[str]] = {}
    for line in findings:
        if line.level is Level.WARNING:
            warnings.setdefault(line.anchor, []).append(say(line.message, line.values))
    numbers = {view.item.key: number for number, view in enumerate((v for v in views if not v.is_summary), start=1)}
    return [
        _page(
            view, number=numbers.get(view.item.key), warnings=warnings.get(view.item.key, []), is_first=is_first,
            open_all=open_all, typed=typed if typed and typed.key == view.item.key else None,
        )
        for view in views
    ]


def _page(
    view: ItemView, *, number: int | None, warnings: list[str], is_first: bool, open_all: bool, typed: Typed | None
) -> ItemPage:
    item, before = view.item, view.before
    facts = [] if view.is_summary else _facts(item, before)
    files = _files(item, before)
    is_settled = view.is_accepted and view.change is not Change.CHANGED
    return ItemPage(
        view=view,
        number=number,
        anchor="summary" if view.is_summary else f"r{number}",
        title=_("Final summary") if view.is_summary else item.title,
        tags=_tags(view, facts=facts, files=files, is_first=is_first),
        parts=compare(before.description, item.description) if before else compare(item.description, item.description),
        is_compared=before is not None and before.description != item.description,
        facts=facts,
        files=files,
        english=_english(item.description),
        warnings=warnings,
        is_open=bool(open_all or typed or not is_settled),
        chosen=typed.verdict if typed else _chosen(view),
        comment=typed.comment if typed else view.comment,
        errors=list(typed.errors) if typed else [],
    )


def _chosen(view: ItemView) -> str:
    """The final summary counts as accepted until somebody asks for changes."""
    verdict = Verdict.ACCEPTED if view.is_accepted else view.verdict
    return verdict.value if verdict else ""


def _facts(item: SubmissionItem, before: SubmissionItem | None) -> list[tuple[str, str, str | None]]:
    """Choices of a result, with what stood there before where it was another; the title only where it changed."""
    title = _("Title")
    old = _choices(before) if before else {}
    return [
        (label, value, old[label] if label in old and old[label] != value else None)
        for label, value in _choices(item).items()
        if (value or old.get(label)) and not (label == title and old.get(label, value) == value)
    ]


def _choices(item: SubmissionItem) -> dict[str, str]:
    return {
        _("Title"): item.title,
        _("Type"): _(TYPE_WORDS[item.type]) if item.type else "",
        _("Languages"): ", ".join(sorted(map(language, item.languages))),
        _("Link"): item.link,
        _("For the public"): _("Do not publish") if item.do_not_publish else _("Publish"),
        _("Reason for not publishing"): item.do_not_publish_reason if item.do_not_publish else "",
    }


def _files(item: SubmissionItem, before: SubmissionItem | None) -> list[FileLine]:
    """The files as they are and, at the end, those that were taken out."""
    stored = {row.file_id: row.file for row in [*(before.files if before else []), *item.files]}
    pairs = compare_files(_file_facts(before), _file_facts(item))
    return [_file(pair, shown, stored[shown.file_id]) for pair in pairs if (shown := pair.now or pair.before)]


def _file_facts(item: SubmissionItem | None) -> list[FileFact]:
    return [
        FileFact(file_id=row.file_id, name=row.name, size=row.size, sha256=row.sha256)
        for row in (item.files if item else [])
    ]


def _file(pair: FilePair, shown: FileFact, stored: StoredFile) -> FileLine:
    note = f"{_kind(stored)} · {size(shown.size)}"
    if pair.change is FileChange.REPLACED and pair.before:
        note += " · " + _("was %(size)s", size=size(pair.before.size))
    if pair.before and pair.before.name != shown.name:
        note += " · " + _("was “%(name)s”", name=pair.before.name)
    return FileLine(
        pair=pair, name=shown.name, note=note, tag=_(FILE_WORDS[pair.change]), kind=FILE_KINDS[pair.change],
        is_removed=pair.now is None, stored=stored,
    )


def _kind(file: StoredFile) -> str:
    return str(_(TYPES[FileKind(file.kind)].label)) if file.kind in set(FileKind) else file.kind


def check_words(file: StoredFile) -> str:
    """The state of the check and, where there is one, its cause."""
    return str(_(CHECK_WORDS[file.check_state]))


def _tags(
    view: ItemView, *, facts: Sequence[tuple[str, str, str | None]], files: Sequence[FileLine], is_first: bool
) -> list[tuple[str, str, str]]:
    tags = []
    item, before = view.item, view.before
    if item.do_not_publish:
        is_news = before is not None and not before.do_not_publish
        words = _("Newly marked: do not publish") if is_news else _("Do not publish")
        tags.append((words, "review" if is_news else "", "hide"))
    if is_first:
        return tags
    if view.change is Change.NEW:
        return [(_("New"), "info", "plus"), *tags]
    if view.change is Change.UNCHANGED:
        return [(_("Unchanged"), "", ""), *tags]
    return [(_("Changed: %(what)s", what=_what(view, facts=facts, files=files)), "review", "edit"), *tags]


def _what(view: ItemView, *, facts: Sequence[tuple[str, str, str | None]], files: Sequence[FileLine]) -> str:
    """Text, two files, link: the parts that changed, in a few words."""
    found = []
    if view.before and view.before.description != view.item.description:
        found.append(_("text"))
    count = sum(line.pair.change is not FileChange.UNCHANGED for line in files)
    if count:
        found.append(ngettext("%(num)s file", "%(num)s files", count))
    found += [label.lower() for label, _value, old in facts if old is not None]
    return ", ".join(found) or _("spacing only")


def _english(text: str) -> tuple[int, int] | None:
    """How much of the text is English, and how many words it has; None where it is too short to tell."""
    percent = share(text)
    return None if percent is None else (percent, len(_WORD.findall(text)))


def is_unchanged(page: ItemPage) -> bool:
    return page.view.change is Change.UNCHANGED


def summary_of(views: Sequence[ItemView]) -> str:
    """ "2 changed, 1 new, 2 unchanged", for the head of the list; nothing on a first submission."""
    results = [view for view in views if view.item.key != SUMMARY_KEY]
    counts = [sum(view.change is change for view in results) for change in (Change.CHANGED, Change.NEW)]
    words = [
        ngettext("%(num)s changed", "%(num)s changed", counts[0]) if counts[0] else "",
        ngettext("%(num)s new", "%(num)s new", counts[1]) if counts[1] else "",
        ngettext("%(num)s unchanged", "%(num)s unchanged", len(results) - sum(counts))
        if len(results) > sum(counts) else "",
    ]
    return ", ".join(word for word in words if word)
