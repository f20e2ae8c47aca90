"""The dates of the final report (S2)."""

from flask_babel import lazy_gettext as _l
from wtforms import DateField, TextAreaField
from wtforms.validators import Optional

from backoffice.forms.base import StaffForm


class ReportForm(StaffForm):
    handed_in_on = DateField(_l("Handed in on"), validators=[Optional()])
    approved_on = DateField(_l("Approved on"), validators=[Optional()])
    reason = TextAreaField(_l("Reason"), description=_l("Needed only when a date is taken back."))
