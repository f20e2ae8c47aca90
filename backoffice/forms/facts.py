"""Facts of a project that staff set by hand (DOMAIN §2). `seen` is what stood there when the page was opened."""

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, HiddenField, RadioField, SelectField, TextAreaField
from wtforms.validators import Optional

from backoffice.domain.projects import GRANT_WORDS, GrantState
from backoffice.forms.base import StaffForm


class GrantStateForm(StaffForm):
    seen = HiddenField()
    grant_state = RadioField(_l("Grant state"), choices=[(state.value, _l(GRANT_WORDS[state])) for state in GrantState])
    reason = TextAreaField(_l("Reason"))


class DatesForm(StaffForm):
    seen = HiddenField()
    start_date = DateField(_l("Start"), validators=[Optional()])
    end_date = DateField(_l("End of the project"), validators=[Optional()])
    reason = TextAreaField(_l("Reason"), description=_l("For colleagues, for instance the number of the amendment."))


class RequiredForm(StaffForm):
    seen = HiddenField()
    is_required = RadioField(
        _l("Results"),
        choices=[("True", _l("required")), ("False", _l("not required")), ("", _l("as the action type says"))],
    )
    reason = TextAreaField(_l("Reason"))


class MarksForm(StaffForm):
    seen = HiddenField()
    is_good_practice = BooleanField(_l("Good practice"))
    is_success_story = BooleanField(_l("Success story"))


class ResponsibleForm(StaffForm):
    seen = HiddenField()
    responsible = SelectField(_l("Responsible"), coerce=int, validate_choice=False)
