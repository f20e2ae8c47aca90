"""Give and end access to a project."""

from flask_babel import lazy_gettext as _l
from wtforms import EmailField, HiddenField, StringField, TextAreaField

from backoffice.forms.base import Form


class GiveAccessForm(Form):
    email = EmailField(
        _l("Email"), description=_l("The address with which the person signs in."), render_kw={"autocomplete": "off"}
    )
    name = StringField(_l("Name"), render_kw={"autocomplete": "off"})


class EndAccessForm(Form):
    reason = TextAreaField(_l("Reason"), description=_l("The person reads it."))


class MoveAccessForm(Form):
    email = EmailField(
        _l("Email"), description=_l("The address with which the person signs in from now on."),
        render_kw={"autocomplete": "off"},
    )
    reason = TextAreaField(_l("Reason"), description=_l("For the audit trail; the former address is mailed with it."))
    act_key = HiddenField()
