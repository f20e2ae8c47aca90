"""The coordinator's forms: shape and lengths; what is allowed when is said by the services (DESIGN §2)."""

from collections.abc import Callable, Mapping
from typing import ClassVar

from flask_babel import get_locale, gettext
from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    EmailField,
    FileField,
    HiddenField,
    MultipleFileField,
    SelectField,
    SelectMultipleField,
    StringField,
    TelField,
    TextAreaField,
    URLField,
)

from backoffice.domain import files, text
from backoffice.domain.errors import DomainError
from backoffice.domain.results import LANGUAGES, TYPE_WORDS
from backoffice.forms.base import Kept


def _clean(value: str | None) -> str:
    return text.clean(value or "")


def _line(value: str | None) -> str:
    return text.clean_line(value or "")


class Own(Kept):
    """Base of all forms under `/my/`. `account` is the person who opened the form: posted by another, it saves
    nothing. `act_key` makes a double click one act."""

    account = HiddenField()
    act_key = HiddenField()
    # field → name of its limit in `domain.text.LIMITS`; fields that hold a web address
    limits: ClassVar[Mapping[str, str]] = {}
    addresses: ClassVar[tuple[str, ...]] = ()

    def refusals(self) -> list[DomainError]:
        """What the domain says about lengths and addresses, all at once."""
        checks: list[Callable[[], object]] = [
            *(lambda name=name, limit=limit: text.fit(self[name].data or "", limit=limit, field=name)
              for name, limit in self.limits.items()),
            *(lambda name=name: text.web_address(self[name].data or "", field=name) for name in self.addresses),
        ]
        found = []
        for check in checks:
            try:
                check()
            except DomainError as error:
                found.append(error)
        return found

    def most(self, name: str) -> int:
        """How many characters fit, for the counter beside the field."""
        return text.LIMITS[self.limits[name]]


class Press(Own):
    """One button: move, delete, restore, remove."""


class SwitchForm(Own):
    """The public switch of a contact (S10)."""

    is_public = BooleanField(_l("Public"))


class LiveForm(Own):
    """Website and logo: public as soon as they are saved (S5, S6)."""

    limits: ClassVar[Mapping[str, str]] = {"website": "website"}
    addresses = ("website",)
    seen = HiddenField()
    website = URLField(_l("Website"), filters=[_line])
    logo = FileField(_l("Logo"), render_kw={"accept": files.accept(files.PICTURE_KINDS)})
    no_logo = BooleanField(_l("Remove this picture"))


class SummaryForm(Own):
    """The final summary in English; with the answer when the agency asked for a change of it."""

    limits: ClassVar[Mapping[str, str]] = {"final_summary": "final_summary", "answer": "answer"}
    version = HiddenField()
    seen = HiddenField()
    final_summary = TextAreaField(_l("Final summary"), filters=[_clean])
    answer = TextAreaField(_l("Your answer"), filters=[_clean])


class AnswerForm(Own):
    """The answer to the agency's comment on a result, given beside the comment."""

    limits: ClassVar[Mapping[str, str]] = {"answer": "answer"}
    answer = TextAreaField(_l("Your answer"), filters=[_clean])


class ResultForm(Own):
    """A result. It may be saved half done: what is missing is said by the checklist."""

    limits: ClassVar[Mapping[str, str]] = {
        "title": "result_title", "description": "description", "link": "link", "do_not_publish_reason": "reason",
        "answer": "answer",
    }
    addresses = ("link",)
    version = HiddenField()
    seen = HiddenField()  # how each field stood when the page was made: tells a conflict from one's own change
    answer = TextAreaField(_l("Your answer"), filters=[_clean])
    title = StringField(_l("Title"), filters=[_line])
    description = TextAreaField(_l("Description in English"), filters=[_clean])
    type = SelectField(_l("Type"))
    languages = SelectMultipleField(_l("Languages"))
    files = MultipleFileField(_l("Files"), render_kw={"accept": files.accept()})
    link = URLField(_l("Link"), filters=[_line])
    do_not_publish = BooleanField(_l("Do not publish"))
    do_not_publish_reason = TextAreaField(_l("Reason"), filters=[_clean])

    def offer(self) -> None:
        """Types and languages in the language of the page; what is chosen and what is common stands on top."""
        types = [(key.value, gettext(words)) for key, words in TYPE_WORDS.items()]
        self.type.choices = [("", gettext("Choose")), *types]
        chosen = set(self.languages.data or ())
        self.languages.choices = sorted(
            ((code, language(code)) for code in LANGUAGES),
            key=lambda pair: (pair[0] not in chosen, pair[0] not in LANGUAGES[:2], text.sort_key(pair[1])),
        )


class ContactForm(Own):
    """A contact person; private unless the switch says otherwise (S10)."""

    limits: ClassVar[Mapping[str, str]] = {"name": "contact_name", "role": "contact_role"}
    seen = HiddenField()
    name = StringField(_l("Name"), filters=[_line], render_kw={"autocomplete": "off"})
    email = EmailField(_l("Email"), filters=[_line], render_kw={"autocomplete": "off"})
    role = StringField(_l("Role in the project"), filters=[_line])
    phone = TelField(_l("Phone"), filters=[_line], render_kw={"autocomplete": "off"})
    is_public = BooleanField(_l("Public"))


class AccessForm(Own):
    """Give access to one more person."""

    limits: ClassVar[Mapping[str, str]] = {"name": "contact_name"}
    email = EmailField(_l("Email"), filters=[_line], render_kw={"autocomplete": "off"})
    name = StringField(_l("Name"), filters=[_line], render_kw={"autocomplete": "off"})


class ReopenForm(Own):
    """Ask to reopen, with the reason."""

    limits: ClassVar[Mapping[str, str]] = {"reason": "reason"}
    reason = TextAreaField(_l("Reason"), filters=[_clean])


class QuestionForm(Own):
    """The answer to a question of the agency that is no return."""

    limits: ClassVar[Mapping[str, str]] = {"answer": "answer"}
    answer = TextAreaField(_l("Your answer"), filters=[_clean])


class SubmitForm(Own):
    """Submit for review; the tick confirms all warnings at once (DOMAIN §4)."""

    version = HiddenField()
    is_confirmed = BooleanField(_l("Submit all the same"))


def language(code: str) -> str:
    """The name of a language as the language of the page writes it within a sentence."""
    locale = get_locale()
    return str(locale.languages.get(code, code) if locale else code)
