"""The catalogue: is every sentence there in every language, and bring it up to date with the code.

python -m tools.translations check    fails and lists what is missing, doubtful or left over
python -m tools.translations update   writes the catalogue anew: new sentences empty, old ones gone
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import flask_admin
import wtforms
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir, extract_from_file
from babel.messages.frontend import parse_keywords, parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ("lv",)
WIDTH = 110
KEYWORDS = DEFAULT_KEYWORDS | parse_keywords(["_", "N_", "_l", "lazy_gettext", "ngettext:1,2", "_n:1,2"])
# Sentences of the two packages that a page of ours can show; their templates and their other views are not used.
PACKAGES: tuple[tuple[ModuleType, tuple[str, ...]], ...] = (
    (wtforms, ("validators.py", "fields/choices.py", "fields/datetime.py", "fields/numeric.py")),
    (flask_admin, ("model/base.py", "contrib/sqla/view.py")),
)
PLACE = re.compile(r"%\(\w+\)[sd]|\{\w+\}|%[sd]|</?[a-z]+|&nbsp;")


def catalogue_of(language: str) -> Path:
    return ROOT / "backoffice" / "translations" / language / "LC_MESSAGES" / "messages.po"


def read(language: str) -> Catalog:
    path = catalogue_of(language)
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def template() -> Catalog:
    """Every sentence that the code, the templates and the two packages can show."""
    found = Catalog(fuzzy=False)
    for message, context in (*_ours(), *_packages()):
        found.add(message, context=context)
    return found


def _ours() -> Iterator[tuple[str | tuple[str, ...], str | None]]:
    with (ROOT / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    for _file, _line, message, _comments, context in extract_from_dir(
        ROOT, method_map=methods, options_map=options, keywords=KEYWORDS
    ):
        yield message, context


def _packages() -> Iterator[tuple[str | tuple[str, ...], str | None]]:
    for package, files in PACKAGES:
        for file in files:
            path = Path(package.__path__[0]) / file
            for _line, message, _comments, context in extract_from_file("python", path, keywords=KEYWORDS):
                yield message, context


def faults(wanted: Catalog, catalogue: Catalog) -> list[str]:
    """What is missing, marked as doubtful, left over, or has other places for values than the English sentence."""
    wrong = []
    known = {_key(message): message for message in catalogue if message.id}
    for message in wanted:
        if not message.id:
            continue
        translated = known.pop(_key(message), None)
        if translated is None or not all(_words(translated.string)):
            wrong.append(f"missing: {message.id!r}")
        elif translated.fuzzy:
            wrong.append(f"doubtful (fuzzy): {message.id!r}")
        else:
            wrong += _other_places(translated, catalogue)
    return [*wrong, *(f"left over: {message.id!r}" for message in known.values())]


def _key(message: Message) -> tuple[object, object]:
    return message.id, message.context


def _words(text: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def _other_places(message: Message, catalogue: Catalog) -> Iterator[str]:
    english = [set(PLACE.findall(text)) for text in _words(message.id)]
    forms = _words(message.string)
    if len(_words(message.id)) > 1 and len(forms) != catalogue.num_plurals:
        yield f"{len(forms)} plural forms instead of {catalogue.num_plurals}: {message.id!r}"
    for text in forms:
        if set(PLACE.findall(text)) not in english:
            yield f"other places for values than in English: {message.id!r} → {text!r}"


def check() -> int:
    wanted, failed = template(), False
    for language in LANGUAGES:
        wrong = faults(wanted, read(language))
        for line in wrong:
            print(f"{language}: {line}")
        failed = failed or bool(wrong)
    return int(failed)


def update() -> int:
    wanted = template()
    for language in LANGUAGES:
        path = catalogue_of(language)
        former = {_key(message): message for message in read(language)}
        catalogue = Catalog(
            locale=language, project="backoffice", version="1", copyright_holder="the project", fuzzy=False
        )
        for message in wanted:
            if message.id:
                old = former.get(_key(message))
                catalogue.add(message.id, old.string if old else "", context=message.context)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            write_po(file, catalogue, sort_output=True, width=WIDTH, include_lineno=False, no_location=True)
        empty = sum(not all(_words(message.string)) for message in catalogue if message.id)
        print(f"{language}: {len(catalogue)} sentences, {empty} without words")
    return 0


if __name__ == "__main__":
    if sys.argv[1:] not in (["check"], ["update"]):
        sys.exit(__doc__)
    sys.exit(check() if sys.argv[1] == "check" else update())
