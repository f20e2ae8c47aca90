"""`/contact/<token>`: a person who is shown in public withdraws or agrees again, without signing in (DOMAIN §5).

Mail scanners open links: the page says what is, and only its buttons act.
"""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext

from backoffice.db import db
from backoffice.domain import signin
from backoffice.domain.errors import N_, NotFound, Refused
from backoffice.domain.text import LIMITS
from backoffice.domain.visibility import OverrideKind, Subject
from backoffice.forms.base import Form
from backoffice.forms.contact_link import ObjectForm
from backoffice.models import Contact, Override
from backoffice.queries import contacts as queries
from backoffice.services import contact_links as services
from backoffice.services import objections
from backoffice.services.uow import unit_of_work
from backoffice.views import frame
from backoffice.views.messages import refuse, say

bp = Blueprint("contact", __name__, url_prefix="/contact")
ACTS = {"withdraw": services.withdraw, "agree": services.agree}
# A link of this kind is a key: it goes to no other site, and no cache keeps the page.
HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}


@bp.route("/<token>", methods=("GET", "POST"))
def show(token: str) -> ResponseReturnValue:
    """What stands on the public page about the person, and the one button that changes it."""
    contact = db.session.scalar(queries.by_link(signin.token_digest(token)))
    if contact is None:
        return render_template("contact/gone.html"), 404, HEADERS
    frame.of_agency(contact.project.agency_id)
    if request.form.get("act") == "object":
        return _object(contact, token)
    form = Form()
    act = ACTS.get(request.form.get("act", ""))
    if act is None or not form.validate_on_submit():
        return _page(contact, form, done=request.args.get("done", "")), 200, HEADERS
    try:
        with unit_of_work() as uow:
            act(uow, token=token)
    except NotFound:
        return render_template("contact/gone.html"), 404, HEADERS
    return redirect(url_for(".show", token=token, done=request.form["act"])), 303, HEADERS


def _object(contact: Contact, token: str) -> ResponseReturnValue:
    """What the person says becomes a ticket; nothing about the page changes by it."""
    form = ObjectForm()
    if not form.validate():
        return _page(contact, Form(formdata=None), done="", objection=form), 422, HEADERS
    try:
        with unit_of_work() as uow:
            number = objections.raise_one(
                uow, token=token, text=form.text.data or "", language=str(get_locale()),
                subject=gettext("I object to being hidden from the public page"),
            ).number
    except NotFound:
        return render_template("contact/gone.html"), 404, HEADERS
    except Refused as error:
        refuse(form, error)
        return _page(contact, Form(formdata=None), done="", objection=form), 422, HEADERS
    sentence = N_("Your objection has arrived: it is ticket #%(number)s. The answer comes by mail.")
    flash(say(sentence, {"number": str(number)}), "good")
    return redirect(url_for(".show", token=token)), 303, HEADERS


def _page(contact: Contact, form: Form, *, done: str, objection: ObjectForm | None = None) -> str:
    override = db.session.scalar(queries.active_override(Subject.CONTACT, contact.id))
    return render_template(
        "contact/link.html", contact=contact, project=contact.project, form=form, done=done,
        is_public=queries.is_public(contact, override), hidden=_hidden(override),
        objection=objection or ObjectForm(formdata=None), max_text=LIMITS["ticket_text"],
    )


def _hidden(override: Override | None) -> Override | None:
    """What the agency hid stays hidden whatever the person says."""
    return override if override is not None and override.kind is OverrideKind.HIDE else None
