"""The cure of a ticket: each needs only some of the fields, the page takes the others out."""

from flask_babel import lazy_gettext as _l
from wtforms import EmailField, HiddenField, SelectField, StringField, TextAreaField

from backoffice.forms.base import StaffForm


class CureForm(StaffForm):
    act_key = HiddenField()
    access = SelectField(_l("Person with access"), coerce=int)
    email = EmailField(
        _l("Email"), description=_l("The address with which the person signs in.")
    )
    name = StringField(_l("Name"))
    contact = SelectField(_l("Contact person"), coerce=int)
    mail = SelectField(_l("Mail"), coerce=int)
    reason = TextAreaField(_l("Reason"))
