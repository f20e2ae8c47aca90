"""A mail that is sent again."""

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField

from backoffice.forms.base import Form


class ResendForm(Form):
    is_checked = BooleanField(_l("I have looked at the address, and it is right"))
