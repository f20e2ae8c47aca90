"""An import by the page: which list."""

from flask_babel import lazy_gettext as _l
from wtforms import FileField, HiddenField

from backoffice.forms.base import Form


class ImportForm(Form):
    file = FileField(
        _l("List of projects"), render_kw={"accept": ".csv,.xlsx"},
        description=_l("CSV or XLSX, at most 100 MB. The first row names the columns."),
    )
    act_key = HiddenField()
