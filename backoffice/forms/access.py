"""Give and end access to a project."""

from flask_babel import lazy_gettext as _l
from wtforms import EmailField, HiddenField, StringField, TextAreaField

from backoffice.forms.base import StaffForm


class GiveAccessForm(StaffForm):
    email = EmailField(
        _l("Email"), description=_l("The address with which the person signs in.")
    )
    name = StringField(_l("Name"))


class EndAccessForm(StaffForm):
    reason = TextAreaField(_l("Reason"), description=_l("The person reads it."))


class MoveAccessForm(StaffForm):
    email = EmailField(
        _l("Email"), description=_l("The address with which the person signs in from now on."),
    )
    reason = TextAreaField(_l("Reason"), description=_l("For the audit trail; the former address is mailed with it."))
    act_key = HiddenField()
