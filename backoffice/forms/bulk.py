"""What an act on many projects asks for."""

from flask_babel import lazy_gettext as _l
from wtforms import DateField, HiddenField, SelectField, TextAreaField
from wtforms.validators import Optional

from backoffice.forms.base import Form


class BulkForm(Form):
    """The very act: sent from the dry run with the projects that are ticked there."""

    act_key = HiddenField()
    text = TextAreaField(_l("Reason"))


class AssignForm(Form):
    """Chosen before the dry run, by a plain GET."""

    class Meta(Form.Meta):
        csrf = False

    responsible = SelectField(_l("Responsible"), coerce=int, validate_choice=False, default=0)


class DatesForm(Form):
    class Meta(Form.Meta):
        csrf = False

    handed_in_on = DateField(_l("Handed in on"), validators=[Optional()])
    approved_on = DateField(_l("Approved on"), validators=[Optional()])
