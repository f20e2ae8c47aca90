"""The reviewer's forms: shape only; what may be decided when is said by the services (DESIGN §2)."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import DateField, HiddenField, IntegerField, RadioField, SelectMultipleField, TextAreaField
from wtforms.validators import AnyOf, InputRequired, Length, NumberRange, Optional
from wtforms.widgets import CheckboxInput, HiddenInput, ListWidget

from backoffice.domain.reviews import Reopens, Verdict
from backoffice.forms.base import Coded, Form, Kept

REOPENS_WORDS = (
    (Reopens.ADDITIONS.value, _l("Only additions: nothing that was submitted can be changed")),
    (Reopens.ALL.value, _l("Everything that was submitted")),
)


class DayField(DateField):
    """A day; one that cannot be read is called so, and stays as it was typed."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            sentence = gettext("This is not a day. Choose one in the calendar, or write it as 2026-12-31.")
            raise ValueError(Coded(sentence, code="not-valid")) from error


class VerdictForm(Form):
    """The word about one item; `key` and `digest` say which and in which state it was on the screen."""

    key = HiddenField(validators=[InputRequired()])
    digest = HiddenField()
    verdict = RadioField(
        _l("Verdict"),
        choices=[
            (Verdict.ACCEPTED.value, _l("Accept")), (Verdict.CHANGES_REQUESTED.value, _l("Ask for changes")),
        ],
        validators=[InputRequired(_l("Choose one of the two."))],
    )
    comment = TextAreaField(_l("Comment"))


class PassForm(Form):
    """Let a file pass that no scanner could check."""

    reason = TextAreaField(_l("Reason"))


class UndoForm(Form):
    """The decision that is taken back."""

    decision = IntegerField(widget=HiddenInput(), validators=[NumberRange(min=1, max=2**31 - 1)])


class NoteForm(Kept):
    """A note that only colleagues read."""

    act_key = HiddenField(validators=[Length(max=64)])
    note = TextAreaField(_l("Internal note"))


class DeclineForm(Kept):
    """Words to a coordinator who asked to reopen."""

    request_id = IntegerField(widget=HiddenInput(), validators=[NumberRange(min=1, max=2**31 - 1)])
    answer = TextAreaField(_l("Why not"))


class AskForm(Kept):
    """A question that is not a return."""

    act_key = HiddenField(validators=[Length(max=64)])
    question = TextAreaField(_l("Question"))


class DecisionForm(Kept):
    """What every decision carries: version and digest that were on the screen, and the key of this very act.

    `looked` is the tick below the differences of a stale page; its value names the state that was looked at.
    """

    version = HiddenField(validators=[Length(max=20)])
    digest = HiddenField(validators=[Length(max=64)])
    act_key = HiddenField(validators=[Length(max=64)])


class ApproveForm(DecisionForm):
    pass


class _Back(DecisionForm):
    reason = TextAreaField(_l("Reason"))
    due_on = DayField(_l("Due date"), validators=[Optional()], render_kw={"autocomplete": "off"})

    def default_due(self, day: date) -> None:
        """The agency's default, until somebody chooses another day."""
        if not self.is_submitted():
            self.due_on.data = day


class ReturnForm(_Back):
    """`reopens` is asked only where no item has a comment."""

    reopens = RadioField(
        _l("Reopens"), choices=REOPENS_WORDS, default=Reopens.ADDITIONS.value,
        validators=[Optional(), AnyOf([choice.value for choice in Reopens])],
    )


class UnlockForm(_Back):
    reopens = SelectMultipleField(
        _l("Reopens"), option_widget=CheckboxInput(), widget=ListWidget(prefix_label=False), choices=[]
    )

    def offer(self, items: Sequence[tuple[str, str]]) -> None:
        """The items of the submission; all are chosen until somebody takes one out."""
        self.reopens.choices = list(items)
        if not self.is_submitted():
            self.reopens.data = [key for key, _label in items]
