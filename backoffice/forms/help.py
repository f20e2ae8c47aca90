"""The form of a ticket and of a further message: shape and lengths (S16)."""

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, EmailField, HiddenField, MultipleFileField, StringField, TextAreaField

from backoffice.domain import text
from backoffice.domain.errors import N_, DomainError, Refused
from backoffice.domain.text import LIMITS
from backoffice.forms.base import Form

MISSING = N_("Say in a few words what is the matter.")
NO_ADDRESS = N_("Write the address to which the answer should go.")
PICTURES = "image/png,image/jpeg,image/webp,image/gif"


class PicturesForm(Form):
    """Screenshots of one message. `held`: pictures that are kept while the form is mended; `blacked`: which of the
    sent ones have black places, by their order from 0."""

    screenshots = MultipleFileField(_l("Screenshots"), render_kw={"accept": PICTURES, "multiple": True})
    blacked = HiddenField()
    held = HiddenField()
    act_key = HiddenField()
    held_ids: list[int] | None = None  # after this very request

    @property
    def blacked_places(self) -> frozenset[int]:
        return places(self.blacked.data or "")


class NewTicketForm(PicturesForm):
    """`website` is seen by programs only: who fills it is asked once more, and loses nothing."""

    email = EmailField(_l("Email"), render_kw={"autocomplete": "email", "autocapitalize": "none"})
    subject = StringField(_l("Subject"))
    tried = TextAreaField(_l("What I tried"))
    happened = TextAreaField(_l("What happened"))
    expected = TextAreaField(_l("What I expected"))
    adds_page = BooleanField(_l("Project and page"), default=True)
    adds_browser = BooleanField(_l("Browser"), default=True)
    adds_error = BooleanField(_l("Last error"), default=True)
    website = StringField(_l("Website"))
    page = HiddenField()
    error = HiddenField()
    window = HiddenField()

    def texts(self) -> list[tuple[str, str]]:
        """Label and text of each answer that was given."""
        fields = (self.tried, self.happened, self.expected)
        return [(str(field.label.text), kept) for field in fields if (kept := text.clean(field.data or ""))]

    def refusals(self) -> list[DomainError]:
        """What is missing or too long, all at once; each beside its field."""
        found: list[DomainError] = []
        if not text.clean(self.happened.data or ""):
            found.append(Refused(MISSING, field="happened", code="missing"))
        found += too_long(text.clean_line(self.subject.data or ""), limit="subject", field="subject")
        longest = max((self.tried, self.happened, self.expected), key=lambda field: len(field.data or ""))
        whole = "\n\n".join(f"{label}\n{said}" for label, said in self.texts())
        return found + too_long(whole, limit="ticket_text", field=longest.name)


class FurtherForm(PicturesForm):
    """A further message of the requester."""

    text = TextAreaField(_l("Your message"))

    def refusals(self) -> list[DomainError]:
        said = text.clean(self.text.data or "")
        if not said:
            return [Refused(MISSING, field="text", code="missing")]
        return too_long(said, limit="ticket_text", field="text")


def places(said: str) -> frozenset[int]:
    """ "0,2" as the page says which pictures have black places."""
    numbers = said.split(",")
    return frozenset(int(place) for place in numbers if place.isascii() and place.isdecimal() and len(place) < 3)


def too_long(said: str, *, limit: str, field: str) -> list[DomainError]:
    try:
        text.fit(said, limit=limit, field=field)
    except Refused as refused:
        return [refused]
    return []


MOST = LIMITS["ticket_text"]
