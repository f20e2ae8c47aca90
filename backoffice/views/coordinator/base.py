"""What all pages of the coordinator share: whose project it is, whose form it is, and that no typed text is lost."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Any, cast
from urllib.parse import urlsplit

from flask import Blueprint, abort, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import CSRFError
from sqlalchemy import Select

from backoffice import auth
from backoffice.db import db
from backoffice.domain import clock
from backoffice.domain.errors import N_, DomainError, Refused, Stale
from backoffice.domain.permissions import Actor
from backoffice.domain.projects import Status
from backoffice.forms.coordinator import Own
from backoffice.models import Agency, AuditEvent, Project
from backoffice.queries import audit
from backoffice.queries import projects as queries
from backoffice.services import files
from backoffice.services.projects import CLOSED
from backoffice.services.uow import unit_of_work
from backoffice.views import drafts, errors, frame
from backoffice.views.messages import refuse, words

bp = Blueprint("coordinator", __name__, url_prefix="/my")

# What a person may have typed for minutes: shown to be copied whenever it cannot be saved.
TYPED: Mapping[str, Any] = MappingProxyType({
    "title": _l("Title"),
    "description": _l("Description in English"),
    "link": _l("Link"),
    "do_not_publish_reason": _l("Reason"),
    "answer": _l("Your answer"),
    "reason": _l("Reason"),
    "final_summary": _l("Final summary"),
    "website": _l("Website"),
    "name": _l("Name"),
    "email": _l("Email"),
    "role": _l("Role in the project"),
    "phone": _l("Phone"),
})

OTHER_ACCOUNT = N_(
    "Another account is signed in now than the one that opened the form. Nothing was saved. What you typed stands "
    "below: copy it, sign in with the right account and put it in again."
)
SIGNED_OUT = N_(
    "You are signed out, so nothing was saved. What you typed stands below: copy it, sign in again and put it in."
)
EXPIRED = N_(
    "You signed in anew after this form was opened, so nothing was saved. What you typed stands below: copy it, open "
    "the form again and put it in."
)


def actor() -> Actor:
    """The person as coordinator; `auth.own` let nobody else through."""
    return auth.coordinator() or abort(404)


def load(code: str) -> Project:
    """A project of the actor with what its pages show; a stranger's is not there."""
    project = db.session.scalar(queries.one(actor(), code=code)) or abort(404)
    frame.of_agency(project.agency_id)
    return project


def lately(project: Project, subject: str = "") -> Select[AuditEvent]:
    """Who changed the fields of a thing of the project, or of the project itself."""
    return audit.lately(agency_id=project.agency_id, project_id=project.id, subject=subject)


def today(agency: Agency) -> date:
    """The agency's day: checklist, sentences and guard agree on it."""
    return queries.today(agency, now=clock.now())


def address(endpoint: str, project: Project, **values: Any) -> str:
    return url_for(f"coordinator.{endpoint}", code=project.code, **values)


def opened(form: Own, *, place: str = "", back: str = "") -> Own:
    """Mark a form with who opened it, give it the key that makes a double click one act, and put in what its writer
    typed before and did not save. `place`: the address to which it is sent, where it stands on another page."""
    if form.limits:  # there is something to type in it
        drafts.opened(form, place=place, back=back)
    who = auth.person()
    form.account.data = str(who.user_id) if who else ""
    form.act_key.data = form.act_key.data or secrets.token_urlsafe(16)
    return form


def fits(form: Own) -> bool:
    """Shape, lengths and addresses; each refusal stands beside its field."""
    is_valid = bool(form.validate())
    for error in form.refusals():
        refuse(form, error)
        is_valid = False
    return is_valid


def number(text: str | None) -> int:
    """A version that a page posts; what is no number is a version that never was."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 12 else 0


def page(template: str, *, status: int = 200, **values: Any) -> ResponseReturnValue:
    return render_template(f"coordinator/{template}.html", **values), status


def say_saved(part: str) -> None:
    """The part of the project page that says once that all is saved."""
    session["saved"] = part


def saved() -> str:
    return str(session.pop("saved", ""))


def kept(error: DomainError, *, back: str = "", status: int = 409) -> ResponseReturnValue:
    """Nothing was saved, and this is why; what was typed stands there to be copied."""
    return page(
        "kept", status=status, sentence=words(error), error_code=error.code, typed=typed(), back_url=back,
        sign_in_url="" if auth.person() else url_for("auth.login", next=request.path),
    )


def typed() -> list[tuple[str, Any, str]]:
    """Name, label and text of each field that holds something."""
    return [
        (name, label, text)
        for name, label in TYPED.items()
        if (text := "\n\n".join(value for value in request.form.getlist(name) if value.strip()))
    ]


def closed(project: Project) -> ResponseReturnValue:
    """Nothing of it can be changed now; what was typed stands there to be copied."""
    return kept(Refused(CLOSED[project.status], code="closed"), back=address("project", project))


def too_late(project: Project, error: DomainError) -> ResponseReturnValue | None:
    """A second tab that saves after the results were sent is told so, and keeps its text; None: another refusal."""
    is_closed = project.status in {Status.UNDER_REVIEW, Status.APPROVED}
    if is_closed and (error.code == "closed" or isinstance(error, Stale)):
        return kept(error, back=address("project", project))
    return None


def note_refused(project: Project, refusals: Sequence[DomainError]) -> None:
    """Files that were not taken, for the helpdesk whom the coordinator may ask; in a unit of work of its own, since
    what was saved is saved. The caller loads the project anew."""
    with unit_of_work() as uow:
        files.note_refused(uow, actor=actor(), project_id=project.id, refusals=refusals)


def is_look() -> bool:
    """A place that only takes what a button sends is also where the language switch and the sign-in lead back to."""
    return request.method in {"GET", "HEAD"}


def go(url: str) -> ResponseReturnValue:
    return redirect(url)


@bp.app_template_global("swap")
def swap(part: str, url: str) -> dict[str, str]:
    """With script only this part of the page is exchanged, and what is being typed elsewhere stays; the checklist, the
    status and the messages come along. Without script the form posts and the whole page comes."""
    return {
        "data-hx-post": url, "data-hx-target": f"#{part}", "data-hx-select": f"#{part}", "data-hx-swap": "outerHTML",
        "data-hx-select-oob": "#standing,#aside,#flash",
    }


@bp.before_request
def whose_form() -> ResponseReturnValue | None:
    """A form opened by one account and sent after another signed in saves nothing."""
    if request.method != "POST":
        return None
    who = auth.person()
    if who is None:
        return _signed_out()
    opened_by = request.form.get("account", "")
    if opened_by and opened_by != str(who.user_id):
        return kept(Refused(OTHER_ACCOUNT, code="other-account"))
    return None


@bp.errorhandler(CSRFError)
def form_expired(_error: CSRFError) -> ResponseReturnValue:
    """Signing in anew gives new tokens: what was typed under the old one is not thrown away."""
    who = auth.person()
    if who is None:
        by_hand = cast(ResponseReturnValue, auth.sign_in_first()) if _is_by_script() else None
        return _signed_out() or by_hand or errors.page(400, code="form-expired")
    if not typed():
        return errors.page(400, code="form-expired")
    rescued = drafts.rescue()
    if rescued is not None:
        return rescued
    opened_by = request.form.get("account", "")
    if opened_by and opened_by != str(who.user_id):
        return kept(Refused(OTHER_ACCOUNT, code="other-account"))
    return kept(Refused(EXPIRED, code="form-expired"), back=urlsplit(request.referrer or "").path, status=400)


def _signed_out() -> ResponseReturnValue | None:
    """A form whose session ended comes back after signing in; scripts hear of it by the redirect and keep theirs, too.
    Of a form without a mark, the text is shown to be copied."""
    if not typed():
        return None
    rescued = drafts.rescue()
    if rescued is not None or _is_by_script():
        return rescued
    return kept(Refused(SIGNED_OUT, code="signed-out"), status=401)


def _is_by_script() -> bool:
    return "X-Upload" in request.headers or "HX-Request" in request.headers


@drafts.guard("/my/")
def _why_closed(place: str) -> DomainError | None:
    """Nothing below a project that is sent or approved can be saved; a project of others is not there."""
    code, _slash, part = place.removeprefix("/my/").partition("/")
    who = auth.coordinator()
    project = db.session.scalar(queries.one(who, code=code)) if who else None
    if project is None:
        return Refused(N_("You no longer have access to this project."), code="no-access")
    is_live = project.status is not Status.UNDER_REVIEW and part.startswith(("contacts", "website"))
    is_open = project.status in {Status.OPEN, Status.RETURNED} and _is_reopened(project, part)
    is_free = not part.startswith(("results", "summary", "contacts", "website"))
    return None if is_free or is_live or is_open else Refused(CLOSED[project.status], code="closed")


def _is_reopened(project: Project, part: str) -> bool:
    """A result or the summary that was not reopened stays as it was accepted."""
    name, _slash, rest = part.partition("/")
    result_id = number(rest.partition("/")[0])
    if name == "summary":
        return project.is_summary_open
    return not result_id or any(result.id == result_id and result.is_open for result in project.results)
