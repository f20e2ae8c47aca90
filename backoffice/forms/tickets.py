"""The helpdesk's forms: shape only; what may be done when is said by the services (DESIGN §2)."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    DecimalField,
    EmailField,
    HiddenField,
    IntegerField,
    MultipleFileField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional
from wtforms.widgets import HiddenInput

from backoffice.domain.tickets import CATEGORY_WORDS, THEN, TicketState
from backoffice.forms.base import Form

REPLY, NOTE = "reply", "note"
PICTURES = "image/png,image/jpeg,image/webp,image/gif"
THEN_WORDS = {
    TicketState.WAITING: _l("then wait for requester"),
    TicketState.SOLVED: _l("then it is solved"),
    TicketState.OPEN: _l("and keep it open"),
}
THEN_CHOICES = [(state.value, THEN_WORDS[state]) for state in THEN]


class ActForm(Form):
    """What an act on a ticket carries: the version that was on the screen, and the key of this very act."""

    version = IntegerField(widget=HiddenInput(), validators=[InputRequired(), NumberRange(min=0, max=2**31)])
    act_key = HiddenField(validators=[Length(max=64)])

    def renew(self, *, version: int, act_key: str) -> None:
        """Of a form that comes back: the version that is on the screen now. A number field shows what was sent."""
        self.version.data, self.version.raw_data = version, None
        self.act_key.data = act_key


class WriteForm(ActForm):
    """A reply or a note."""

    kind = RadioField(choices=[(REPLY, _l("Reply")), (NOTE, _l("Internal note"))], default=REPLY)
    text = TextAreaField(_l("Message"))
    then = SelectField(_l("What becomes of the ticket"), choices=THEN_CHOICES, default=TicketState.WAITING.value)
    screenshots = MultipleFileField(_l("Screenshots"), render_kw={"accept": PICTURES, "multiple": True})
    blacked = HiddenField()  # which of the pictures have black places, by their order from 0


class SortForm(ActForm):
    """Whose it is, what it is about. The choices of people are the agency's."""

    assignee = SelectField(_l("Assigned to"), validators=[Optional()])
    category = SelectField(
        _l("Category"), validators=[Optional()],
        choices=[("", _l("not chosen")), *((each.value, _l(words)) for each, words in CATEGORY_WORDS.items())],
    )
    project = StringField(_l("Project code"))


class MergeForm(ActForm):
    into = IntegerField(_l("Number of the ticket that goes on"), validators=[InputRequired()])
    is_other_requester_seen = BooleanField(_l("Answer only the requester of the other ticket"))


class RouteForm(ActForm):
    agency = SelectField(_l("Agency"), validators=[InputRequired()])


class NewTicketForm(Form):
    """Staff write a ticket down for somebody who called or came by."""

    email = EmailField(_l("Email"), validators=[InputRequired()])
    name = StringField(_l("Name"))
    language = SelectField(_l("Language of the answer"), choices=[("lv", "Latviešu"), ("en", "English")])
    subject = StringField(_l("Subject"))
    text = TextAreaField(_l("What it is about"))
    category = SelectField(_l("Category"), validators=[Optional()], choices=SortForm.category.kwargs["choices"])
    project = StringField(_l("Project code"))
    is_quiet = BooleanField(_l("Send no confirmation"))
    act_key = HiddenField(validators=[Length(max=64)])


class BulkForm(Form):
    """One act on what was marked; which fields stand there depends on the act."""

    act_key = HiddenField(validators=[Length(max=64)])


class BulkAssignForm(BulkForm):
    assignee = SelectField(_l("Assigned to"))


class BulkCategoryForm(BulkForm):
    category = SelectField(_l("Category"), choices=SortForm.category.kwargs["choices"])


class CannedForm(Form):
    """A reply that is ready."""

    version = IntegerField(widget=HiddenInput(), default=0)
    name = StringField(_l("Name of the reply"), description=_l("Under this name it stands in the list of replies."))
    text_lv = TextAreaField(_l("Text in Latvian"))
    text_en = TextAreaField(_l("Text in English"))
    then = SelectField(_l("What becomes of the ticket"), choices=THEN_CHOICES)


def _percent(label: Any) -> DecimalField:
    return DecimalField(
        label, places=1, validators=[Optional(), NumberRange(min=0, max=100)],
        render_kw={"min": 0, "max": 100, "step": "0.1"},
    )


class BlackOutForm(Form):
    """Places of a picture: as its page drew them, or one that is typed in percent of the picture."""

    boxes = HiddenField(_l("Places"))
    left = _percent(_l("From the left, in percent"))
    top = _percent(_l("From the top, in percent"))
    width = _percent(_l("Width, in percent"))
    height = _percent(_l("Height, in percent"))

    def typed(self) -> list[float]:
        return [float(field.data or 0) for field in (self.left, self.top, self.width, self.height)]
