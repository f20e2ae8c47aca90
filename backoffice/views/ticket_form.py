"""What the forms of tickets share: pictures, facts that are added, and that nothing typed is ever lost (S16)."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, cast
from urllib.parse import quote

from flask import current_app, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from itsdangerous import BadSignature, URLSafeSerializer
from markupsafe import Markup
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from backoffice import auth
from backoffice.db import db
from backoffice.domain import signin, text, ticket_context, tickets
from backoffice.domain.errors import N_, DomainError
from backoffice.domain.signin import Paused
from backoffice.forms.help import MOST, FurtherForm, NewTicketForm, PicturesForm
from backoffice.models import Project, StoredFile
from backoffice.queries import agencies, projects, ticket_files
from backoffice.services import ticket_files as files
from backoffice.services import ticket_requester
from backoffice.services.tickets import Attached
from backoffice.services.uow import UnitOfWork, unit_of_work
from backoffice.storage.intake import Upload
from backoffice.storage.ticket_intake import Piece, pictures_taken_in
from backoffice.views import frame, serving
from backoffice.views.messages import refuse, words

AUTOMATIC = N_("This looks as if a program had filled it in. If you are a person, please send it once more.")
MAIL_MOST = 1_500  # characters of the text in a mail's address; programs cut longer ones
# When not even the database answers there is no language to choose and no frame to fill.
_BARE = Markup("""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Project results</title></head><body>
<main><h1>Your message could not be stored</h1>
<p data-error="not-stored">The fault is on our side and is noted ({fault}). Your text stands below: go back and try
again in a moment, or send it by mail.</p>
<p lang="lv">Jūsu ziņu neizdevās saglabāt. Kļūda ir mūsu pusē un ir pierakstīta ({fault}). Teksts ir zemāk: pēc brīža
mēģiniet vēlreiz vai nosūtiet to pa e-pastu.</p>
{mail}<textarea rows="20" cols="60" readonly aria-label="Text">
{text}</textarea></main></body></html>""")
_BARE_MAIL = Markup('<p><a href="{mailto}">{address}</a></p>\n')


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """The back end failed: where the text can go instead."""

    fault: str
    address: str
    mailto: str


def opened() -> NewTicketForm:
    """An empty form that knows from where it was opened, or what the link to it put in."""
    args = {name: text.clean(request.args.get(name, ""))[:500] for name in ("email", "subject", "tried", "happened")}
    return NewTicketForm(data={
        **args, "email": text.clean_line(request.args.get("email", ""))[:254],
        "page": ticket_context.page(request.args.get("page", "")),
        "error": ticket_context.fact(request.args.get("error", "")), "act_key": secrets.token_urlsafe(16),
    })


def page(form: NewTicketForm, *, status: int = 200, **values: Any) -> ResponseReturnValue:
    """The form of a new ticket."""
    code = ticket_context.project_code(form.page.data or "")
    own = _own_project(code)
    if own is not None:
        frame.of_agency(own.agency_id)
    where = " · ".join(filter(None, (own.title if own else code, ticket_context.page(form.page.data or ""))))
    return render_template(
        "tickets/new.html", form=form, who=auth.person(), where=where,
        browser=ticket_context.browser(request.user_agent.string), has_projects=auth.coordinator() is not None,
        draft=draft_key(), most=MOST, **around(form, **values),
    ), status


def around(
    form: PicturesForm, *, lost: Lost | None = None, pause: Paused | None = None, problem: str = ""
) -> Mapping[str, Any]:
    """What every form with pictures shows beside its fields."""
    return {
        "kept": kept(form), "address": helpdesk(), "lost": lost, "pause": words(pause) if pause else "",
        "problem": problem,
    }


def guarded(
    form: Any, back: Callable[..., ResponseReturnValue], act: Callable[[], ResponseReturnValue]
) -> ResponseReturnValue:
    """Do it; whatever fails, what was typed comes back with a way to send it all the same."""
    address = ""
    try:
        frame.shell()  # read while the database answers: the page below must not need it
        address = helpdesk()
        return act()
    except Paused as pause:
        response = make_response(back(form, status=429, pause=pause))
        response.headers["Retry-After"] = str(pause.seconds)
        return response
    except DomainError as error:
        refuse(form, error)
        return back(form, status=422)
    except HTTPException:
        raise
    except Exception:
        return _lost(form, back, address=address)


def with_pictures(
    form: PicturesForm, refusals: Sequence[DomainError], act: Callable[[UnitOfWork, list[Attached]], int]
) -> int | None:
    """Take the pictures in and do it, in one transaction; None when the form has to be mended, then with all that was
    refused beside its fields. What has arrived so far is kept for the next try; by script the page has it itself."""
    ids = _kept_ids(form)
    failed: list[DomainError] = list(refusals)
    is_by_script = "X-Upload" in request.headers
    if not (failed and is_by_script):
        try:
            number = _taken(form, ids, failed, act, is_by_script=is_by_script)
        except DomainError as error:
            failed += [error] if error not in failed else []
        else:
            if number is not None:
                return number
    for refusal in failed:
        if isinstance(refusal, Paused):
            raise refusal
        refuse(form, refusal)
    return None


def _taken(
    form: PicturesForm,
    ids: list[int],
    failed: list[DomainError],
    act: Callable[[UnitOfWork, list[Attached]], int],
    *,
    is_by_script: bool,
) -> int | None:
    sent = serving.sent("screenshots")
    pieces = [Piece(name=file.filename or "", source=cast(BinaryIO, file.stream)) for file in sent]
    if pieces:
        with unit_of_work() as uow:
            ticket_requester.count_try(uow, network=network())
    with pictures_taken_in(serving.store(), pieces, field="screenshots", count_before=len(ids)) as uploads:
        if not failed:
            try:
                with unit_of_work() as uow:
                    rows = files.take_held(uow, file_ids=ids)
                    black = [len(rows) + place for place in form.blacked_places]
                    rows += files.store_pictures(uow, uploads=uploads, user_id=_user_id())
                    number = act(uow, [
                        Attached(file_id=row.id, is_blacked_out=place in black) for place, row in enumerate(rows)
                    ])
                    files.forget_unattached(uow, rows=rows)
                    return number
            except DomainError as error:
                failed.append(error)
        if not is_by_script:
            _hold(form, uploads, ids)
            return None
        raise failed[-1]  # nothing is kept of what the page has itself


def _hold(form: PicturesForm, uploads: list[Upload], ids: list[int]) -> None:
    if uploads:
        with unit_of_work() as uow:
            rows = files.store_pictures(uow, uploads=uploads, user_id=_user_id(), is_held=True)
            ids = [*ids, *(row.id for row in rows)]
    form.held.data = _signer().dumps(ids) if ids else ""
    form.held_ids = ids


def kept(form: PicturesForm) -> list[tuple[int, str]]:
    """Id and name of each picture that has arrived already and waits for the form to be mended."""
    ids = form.held_ids if form.held_ids is not None else _kept_ids(form)
    rows: Sequence[StoredFile] = db.session.scalars(ticket_files.held(ids)).all() if ids else ()
    return [(row.id, row.name) for row in rows]


def _kept_ids(form: PicturesForm) -> list[int]:
    """The kept pictures that still have their tick."""
    try:
        ids = _signer().loads(form.held.data or "")
    except BadSignature:
        return []
    ticked = request.form.getlist("keeps")
    return [id_ for id_ in ids if str(id_) in ticked]


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SETTINGS"].secret_key, salt="held-pictures")


def subject(form: NewTicketForm) -> str:
    """As typed, else the first words of what happened."""
    typed = text.clean_line(form.subject.data or "")
    return typed or tickets.subject_of(text.clean(form.happened.data or ""))


def place(form: NewTicketForm) -> tuple[str, int | None, int | None]:
    """Page, project and agency that the form tells; a project only to which the person has access: what a stranger
    types is looked for in the words, like that of a mail."""
    where = ticket_context.page(form.page.data or "") if form.adds_page.data else ""
    code = ticket_context.project_code(where)
    own = _own_project(code)
    rows = db.session.scalars(agencies.in_order()).all()
    codes = {code.split("-")[2]} if code else {request.args.get("agency", "").upper()}
    agency = rows[0] if len(rows) == 1 else next((row for row in rows if row.code in codes), None)
    return where, own.id if own else None, agency.id if agency else None


def facts(form: NewTicketForm) -> dict[str, object]:
    """Browser and last error, as far as the sender lets them go."""
    found: dict[str, object] = {}
    if form.adds_browser.data:
        agent = request.user_agent.string
        found |= {"browser": ticket_context.browser(agent), "user_agent": ticket_context.fact(agent)}
        if window := ticket_context.window(form.window.data or ""):
            found["window"] = window
    if form.adds_error.data and (error := ticket_context.fact(form.error.data or "")):
        found["last_error"] = error
    return found


def helpdesk() -> str:
    """The address of the agency whose page it is, else of the installation."""
    return str(frame.shell().agency_email)


def network() -> str:
    return signin.network_of(request.remote_addr)


def language() -> str:
    return str(get_locale() or "")


def draft_key(number: int | None = None) -> str:
    """Under what the browser keeps the draft, of a new ticket or of a further message: another account on the same
    machine does not see it."""
    who = auth.person()
    return f"help:{who.user_id if who else ''}:{number or 'new'}"


def signed_out(form: FurtherForm) -> ResponseReturnValue:
    """A further message after the session ended: nothing was sent, the text stands there to be copied."""
    return render_template(
        "tickets/signed_out.html", form=form, sign_in_url=url_for("auth.login", next=request.path)
    ), 401


def _own_project(code: str) -> Project | None:
    actor = auth.coordinator()
    return db.session.scalar(projects.one(actor, code=code)) if actor is not None and code else None


def _user_id() -> int | None:
    who = auth.person()
    return who.user_id if who else None


def _lost(form: Any, back: Callable[..., ResponseReturnValue], *, address: str) -> ResponseReturnValue:
    """An unknown failure: the page with all that was typed; without any database, the bare text."""
    fault = secrets.token_hex(3).upper()
    current_app.logger.exception("fault %s on %s", fault, request.path)
    address = address or str(current_app.config["SETTINGS"].helpdesk_address)
    typed = _typed()
    title = request.form.get("subject") or (typed.split("\n", 1)[0] if typed else "")
    cut = typed if len(typed) <= MAIL_MOST else typed[:MAIL_MOST] + " …"
    lost = Lost(
        fault=fault, address=address,
        mailto=f"mailto:{address}?subject={quote(title[:150])}&body={quote(cut)}" if address else "",
    )
    try:
        db.session.rollback()
        return back(form, status=503, lost=lost)
    except SQLAlchemyError:
        mail = _BARE_MAIL.format(mailto=lost.mailto, address=address) if address else ""
        return _BARE.format(fault=fault, mail=mail, text=typed), 503


def _typed() -> str:
    """What was typed, in one text, asking nothing of anybody."""
    names = ("subject", "tried", "happened", "expected", "text")
    return "\n\n".join(said for name in names if (said := request.form.get(name, "").strip()))
