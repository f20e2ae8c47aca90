"""The page behind the link of a contact person."""

from flask_babel import lazy_gettext as _l
from wtforms import TextAreaField

from backoffice.forms.base import Form


class ObjectForm(Form):
    text = TextAreaField(_l("Why you object"))
