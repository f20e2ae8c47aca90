"""The own account."""

from flask_babel import lazy_gettext as _l
from wtforms import RadioField

from backoffice.forms.base import Form


class LanguageForm(Form):
    language = RadioField(
        _l("Language"), choices=[("lv", "Latviešu"), ("en", "English"), ("", _l("as the agency has it"))],
        description=_l("Of the pages and of the mails that you get."),
    )
