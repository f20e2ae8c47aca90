"""Erase a person: first the look, then the address once more."""

from flask_babel import lazy_gettext as _l
from wtforms import EmailField, HiddenField

from backoffice.forms.base import StaffForm


class LookForm(StaffForm):
    email = EmailField(
        _l("Email"), description=_l("The address by which the person is known here."),
    )


class EraseForm(StaffForm):
    email = HiddenField()
    again = EmailField(
        _l("The address once more"), description=_l("So that nobody is erased by a slip."),
    )
