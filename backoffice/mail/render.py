"""From a template folder to a message: `templates/email/<name>/{subject.txt,body.txt}` in the reader's language, or in
the agency's own words (mail.own)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cache
from pathlib import Path

from babel.dates import format_date, format_datetime
from css_inline import CSSInliner
from flask import current_app
from flask_babel import force_locale

from backoffice.mail import markup, own
from backoffice.mail.facts import AgencyFacts, To

HIDDEN = "…"
_MARKS = markup.Marks()


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A mail to one person, ready to be sent or shown."""

    name: str
    to: To
    sender_name: str
    reply_to: str
    subject: str
    text: str
    html: str
    sender_email: str = ""  # whose the From is; empty: the address of the platform
    headers: Mapping[str, str] = field(default_factory=dict)  # beside the usual ones, or in their place; "" takes out

    def without(self, secret: str | None) -> "Message":
        """The same without a one-time token: what is kept and what a colleague may read."""
        if not secret:
            return self
        return replace(self, text=self.text.replace(secret, HIDDEN), html=self.html.replace(secret, HIDDEN))


def render(name: str, *, to: To, agency: AgencyFacts, values: Mapping[str, object]) -> Message:
    """The two parts come from one body, so they say the same, in the agency's words as in ours."""
    context = {
        **values, "name": name, "to": to, "agency": agency, "m": _MARKS, "language": to.language,
        "day": _day(to.language), "moment": _moment(to.language), "forgot_url": f"{agency.base_url}/login/forgot",
    }
    environment = current_app.jinja_env
    with force_locale(to.language):
        worded = agency.wordings.get(name)
        if worded is None:
            subject = " ".join(environment.get_template(f"email/{name}/subject.txt").render(context).split())
            body = environment.get_template(f"email/{name}/body.txt").render(context)
        else:
            subject = own.subject(worded.subject, context)
            body = environment.get_template("email/own.txt").render(
                context, subject=subject, own=own.body(worded.body, context)
            )
        found = markup.blocks(body)
        page = environment.get_template("email/layout.html").render(blocks=found, subject=subject, **context)
    return Message(
        name=name, to=to, sender_name=agency.sender_name, reply_to=agency.helpdesk, subject=subject,
        text=markup.as_text(found), html=_inliner().inline(page),
    )


def _day(language: str) -> Callable[[date], str]:
    """25 November 2026 · 25.11.2026. (GLOSSARY)"""
    pattern = "dd.MM.yyyy." if language == "lv" else "d MMMM yyyy"
    return lambda value: format_date(value, pattern, locale=language)


def _moment(language: str) -> Callable[[datetime], str]:
    """25 November 2026, 14:32 · 25.11.2026. plkst. 14.32, in the zone of the value."""
    pattern = "dd.MM.yyyy. 'plkst'. HH.mm" if language == "lv" else "d MMMM yyyy, HH:mm"
    return lambda value: format_datetime(value, pattern, tzinfo=value.tzinfo, locale=language)


@cache
def _inliner() -> CSSInliner:
    """Mail programs load no stylesheet: the rules go into style attributes, all but the two media blocks."""
    css = (Path(__file__).parents[2] / "templates" / "email" / "email.css").read_text(encoding="utf-8")
    return CSSInliner(extra_css=css, keep_style_tags=True, keep_at_rules=True, load_remote_stylesheets=False)
