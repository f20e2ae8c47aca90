"""Results: their types, languages and the digest of what was submitted (DOMAIN §1, §4; seed S7)."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from backoffice.domain.errors import N_


class ResultType(StrEnum):
    """The Commission's types since 2024."""

    SUMMARY = "summary"
    HANDBOOK = "handbook"
    CURRICULUM = "curriculum"
    ELEARNING = "elearning"
    SCIENTIFIC = "scientific"
    STATISTICAL = "statistical"
    POLICY = "policy"
    PRESENTATION = "presentation"
    PRESS = "press"
    PUBLICATION = "publication"
    WEBSITE = "website"
    APPLICATION = "application"
    VIDEO = "video"
    PHOTO = "photo"
    OTHER = "other"


TYPE_WORDS: Mapping[ResultType, str] = MappingProxyType({
    ResultType.SUMMARY: N_("Project summary or working document"),
    ResultType.HANDBOOK: N_("Handbook or guide"),
    ResultType.CURRICULUM: N_("Curriculum or methodology"),
    ResultType.ELEARNING: N_("E-learning module"),
    ResultType.SCIENTIFIC: N_("Scientific result"),
    ResultType.STATISTICAL: N_("Statistical result"),
    ResultType.POLICY: N_("Policy recommendation"),
    ResultType.PRESENTATION: N_("Presentation"),
    ResultType.PRESS: N_("Press article"),
    ResultType.PUBLICATION: N_("Publication"),
    ResultType.WEBSITE: N_("Website or platform"),
    ResultType.APPLICATION: N_("Mobile application"),
    ResultType.VIDEO: N_("Video"),
    ResultType.PHOTO: N_("Photo"),
    ResultType.OTHER: N_("Other"),
})

# ISO 639-1 codes of the languages that a result may be in: the Union's, the other programme countries', and more.
LANGUAGES: tuple[str, ...] = (
    "lv", "en", "bg", "cs", "da", "de", "el", "es", "et", "fi", "fr", "ga", "hr", "hu", "it", "lt", "mt", "nl", "pl",
    "pt", "ro", "sk", "sl", "sv", "is", "mk", "no", "sr", "tr", "uk", "ru", "ar", "sq", "bs", "ka", "hy", "he", "zh",
    "ja", "ko",
)

SUMMARY_KEY = "summary"  # the item key of the final summary; a result's is "result:<id>"


def item_key(result_id: int | None) -> str:
    """The name of an item of a submission: a result, or the final summary (None)."""
    return SUMMARY_KEY if result_id is None else f"result:{result_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFact:
    """A file as a submission names it."""

    file_id: int
    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFact:
    """An item as a submission fixes it; names no person."""

    result_id: int | None
    title: str
    description: str
    type: ResultType | None
    languages: tuple[str, ...]
    link: str
    do_not_publish: bool
    do_not_publish_reason: str
    files: tuple[FileFact, ...]

    @property
    def key(self) -> str:
        return item_key(self.result_id)


def item_digest(item: ItemFact) -> str:
    """SHA-256 of everything of an item that a reviewer sees; a verdict falls when it changes."""
    return _digest({
        "key": item.key,
        "title": item.title,
        "description": item.description,
        "type": item.type,
        "languages": sorted(item.languages),
        "link": item.link,
        "do_not_publish": item.do_not_publish,
        "do_not_publish_reason": item.do_not_publish_reason,
        "files": [[file.name, file.size, file.sha256] for file in item.files],
    })


def submission_digest(items: Sequence[ItemFact]) -> str:
    """SHA-256 over the digests of all items, in their order."""
    return _digest([[item.key, item_digest(item)] for item in items])


def _digest(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
