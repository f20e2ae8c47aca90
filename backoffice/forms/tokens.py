"""A token for an agency's own system."""

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, SelectMultipleField, StringField
from wtforms.widgets import CheckboxInput, ListWidget

from backoffice.forms.base import StaffForm
from backoffice.services.tokens import Scope


class TokenForm(StaffForm):
    act_key = HiddenField()
    name = StringField(
        _l("Name of the system"), description=_l("The system that will use it, for instance “Grants”."),
    )
    scope = SelectMultipleField(
        _l("What it opens"),
        choices=[
            (Scope.GATE_READ.value, _l("Ask whether final reports may be approved (gate:read)")),
            (Scope.REPORT_WRITE.value, _l("Enter the dates of final reports (report:write)")),
        ],
        validate_choice=False,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
