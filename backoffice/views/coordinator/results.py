"""Results: add, edit, answer, order, delete and undo (S7, S8, S11, S12). Half done is saved; the checklist tells."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from types import MappingProxyType

from flask import abort, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from backoffice import auth
from backoffice.db import db
from backoffice.domain import files as file_rules
from backoffice.domain.errors import N_, NotFound, Refused, Stale
from backoffice.domain.permissions import Permission
from backoffice.domain.readiness import Finding
from backoffice.domain.results import item_key
from backoffice.forms.base import Coded
from backoffice.forms.coordinator import AnswerForm, Press, ResultForm
from backoffice.models import Project, Result
from backoffice.services import results as services
from backoffice.services.projects import CLOSED
from backoffice.services.uow import unit_of_work
from backoffice.views import conflicts, drafts
from backoffice.views.conflicts import Conflict
from backoffice.views.coordinator import base, checklist, helpers, projects, receiving, rows, standing, values
from backoffice.views.coordinator.base import bp
from backoffice.views.coordinator.receiving import Uploads
from backoffice.views.messages import refuse, size

GONE = N_("This result was deleted in the meantime, so nothing was saved. What you typed stands below.")
_BESIDE: Mapping[str, str] = MappingProxyType({
    "short-description": N_("This is very short. Say what it is, for whom, and how others can use it."),
    "not-english": N_("This does not read as English yet."),
    "no-reason": N_("Say why it is not to be published."),
})
NOTHING = N_("Write at least a title, or choose a file.")


@bp.route("/<code>/results/new", methods=["GET", "POST"])
@auth.own(Permission.OWN_EDIT)
def new_result(code: str) -> ResponseReturnValue:
    project = base.load(code)
    if not standing.of(db.session(), project).is_editable:
        return base.closed(project) if not base.is_look() else base.go(base.address("project", project))
    form = ResultForm()
    base.opened(form)
    form.offer()
    if base.is_look() or not _fits_new(project, form):
        return _page(project, None, form, status=200 if base.is_look() else 422)
    with ExitStack() as stack:
        uploads = receiving.received(stack, project, None)
        try:
            with unit_of_work() as uow:
                result = services.add(
                    uow, actor=base.actor(), project_id=project.id, values=values.of(values.typed(form), answer=None),
                    act_key=form.act_key.data or "",
                )
                if result.created_at == uow.now:  # else a second press of the same button
                    receiving.attach(uow, result, uploads)
                result_id = result.id
                drafts.forget(uow, form)
        except Refused as error:
            project = base.load(code)
            if error.code == "closed":
                return base.kept(error, back=base.address("project", project))
            refuse(form, error)
            return _page(project, None, form, status=422)
    return _after_save(code, result_id, uploads)


@bp.route("/<code>/results/<int:result_id>", methods=["GET", "POST"])
@auth.own(Permission.OWN_EDIT)
def result(code: str, result_id: int) -> ResponseReturnValue:
    project = base.load(code)
    found = next((row for row in project.results if row.id == result_id), None)
    if found is None:
        return base.kept(Refused(GONE, code="gone")) if base.typed() else abort(404)
    if not rows.is_open(project, found):
        return _read_only(project, found) if base.is_look() else base.closed(project)
    form = ResultForm(obj=None if not base.is_look() else values.stored(project, found))
    base.opened(form)
    form.offer()
    if base.is_look():
        return _page(project, found, form)
    if not base.fits(form):
        return _page(project, found, form, status=422)
    return _save(code, project, found, form)


def _save(code: str, project: Project, found: Result, form: ResultForm) -> ResponseReturnValue:
    typed, current = values.typed(form), values.current(found)
    version = base.number(form.version.data)
    if not conflicts.of(form, typed=typed, current=current, seen=form.seen.data or ""):
        version = found.version  # files or the answer were saved in between: nothing of this form is lost
    chosen = values.of(
        conflicts.choose(typed=typed, current=current, picked=request.form),
        answer=form.answer.data if "answer" in request.form else None,
    )
    result_id = found.id
    with ExitStack() as stack:
        uploads = receiving.received(stack, project, found)
        try:
            with unit_of_work() as uow:
                services.edit(uow, actor=base.actor(), result_id=result_id, seen_version=version, values=chosen)
                receiving.attach(uow, uow.session.get_one(Result, result_id), uploads)
                drafts.forget(uow, form)
        except Stale as error:
            return _stale(code, result_id, form, error, uploads, typed=typed)
        except NotFound:
            return base.kept(Refused(GONE, code="gone"))
        except Refused as error:
            project = base.load(code)
            if error.code == "closed":
                return base.kept(error, back=base.address("project", project))
            refuse(form, error)
            return _page(project, projects.result_or_404(project, result_id), form, status=422)
    return _after_save(code, result_id, uploads)


def _stale(
    code: str, result_id: int, form: ResultForm, error: Stale, uploads: Uploads, *, typed: Mapping[str, str]
) -> ResponseReturnValue:
    """Somebody saved the same fields: files that arrived are kept, of the texts one version is chosen per field."""
    try:
        with unit_of_work() as uow:
            receiving.attach(uow, uow.session.get_one(Result, result_id), uploads)
    except Refused as refused:
        uploads.refusals.append(refused)
    receiving.settled(uploads)
    project = base.load(code)
    if uploads.refusals:
        base.note_refused(project, uploads.refusals)
        project = base.load(code)
    late = base.too_late(project, error)
    if late is not None:
        return late
    found = projects.result_or_404(project, result_id)
    current = values.current(found)
    differing = [
        replace(line, yours=values.shown(line.name, line.yours), theirs=values.shown(line.name, line.theirs))
        for line in conflicts.of(form, typed=typed, current=current, seen=form.seen.data or "")
    ]
    differing = conflicts.told(differing, base.lately(project, item_key(found.id)))
    form.version.data, form.seen.data = str(found.version), conflicts.marks(current)
    for refusal in uploads.refusals:
        refuse(form, refusal)
    return _page(project, found, form, status=409, differing=differing)


def _after_save(code: str, result_id: int, uploads: Uploads) -> ResponseReturnValue:
    """To the project; or, when a file was refused, back to the form with the rest saved and the reason beside it."""
    receiving.settled(uploads)
    project = base.load(code)
    if uploads.refusals:
        base.note_refused(project, uploads.refusals)
        project = base.load(code)
    found = projects.result_or_404(project, result_id)
    number = project.results.index(found) + 1
    if not uploads.refusals:
        flash(gettext("Result %(number)s is saved.", number=number), "good")
        return base.go(base.address("project", project))
    form = ResultForm(formdata=None, obj=values.stored(project, found))
    form.offer()
    base.opened(form)
    for refusal in uploads.refusals:
        refuse(form, refusal)
    title = ngettext(
        "The result is saved, but for %(num)s file", "The result is saved, but for %(num)s files",
        len(uploads.refusals),
    )
    return _page(project, found, form, status=422, error_title=title)


@bp.route("/<code>/results/<int:result_id>/answer", methods=["GET", "POST"])
@auth.own(Permission.OWN_EDIT)
def answer(code: str, result_id: int) -> ResponseReturnValue:
    """The answer to the agency's comment, given beside it on the project page (DOMAIN §3)."""
    project = base.load(code)
    found = projects.result_or_404(project, result_id)
    there = base.address("project", project, _anchor=f"result-{result_id}")
    if base.is_look():
        return base.go(there)
    if not rows.is_open(project, found):
        return base.closed(project)
    form = AnswerForm()
    form.answer.id = f"answer-{result_id}"
    base.opened(form)
    if not base.fits(form):
        return projects.show(project, status=422, answers={result_id: form})
    try:
        with unit_of_work() as uow:
            services.edit(
                uow, actor=base.actor(), result_id=result_id, seen_version=found.version,
                values=values.of(values.current(found), answer=form.answer.data or ""),
            )
            drafts.forget(uow, form)
    except Stale as error:
        return base.too_late(base.load(code), error) or base.kept(error, back=there)
    base.say_saved(f"result-{result_id}")
    return base.go(there)


@bp.route("/<code>/results/<int:result_id>/move", methods=["GET", "POST"])
@auth.own(Permission.OWN_EDIT)
def move_result(code: str, result_id: int) -> ResponseReturnValue:
    project = base.load(code)
    there = base.address("project", project, order=1, _anchor="results")
    if base.is_look() or not _pressed():
        return base.go(there)
    with unit_of_work() as uow:
        services.move(
            uow, actor=base.actor(), result_id=result_id, step=-1 if request.form.get("step") == "-1" else 1
        )
    base.say_saved("results")
    return base.go(there)


@bp.route("/<code>/results/<int:result_id>/remove", methods=["GET", "POST"])
@auth.own(Permission.OWN_EDIT)
def delete_result(code: str, result_id: int) -> ResponseReturnValue:
    """At once, with Undo on the page that follows."""
    project = base.load(code)
    if base.is_look() or not _pressed():
        return base.go(base.address("project", project))
    try:
        with unit_of_work() as uow:
            services.delete(uow, actor=base.actor(), result_id=result_id)
    except NotFound:
        pass  # a second press of the same button
    return base.go(base.address("project", project, deleted=result_id))


@bp.route("/<code>/results/<int:result_id>/restore", methods=["GET", "POST"])
@auth.own(Permission.OWN_EDIT)
def restore_result(code: str, result_id: int) -> ResponseReturnValue:
    project = base.load(code)
    there = base.address("project", project)
    if base.is_look() or not _pressed():
        return base.go(there)
    with unit_of_work() as uow:
        services.restore(uow, actor=base.actor(), result_id=result_id)
    flash(gettext("The result is back."), "good")
    return base.go(there)


def _fits_new(project: Project, form: ResultForm) -> bool:
    """A result of nothing at all is a slip, not a draft."""
    is_valid = base.fits(form)
    has_file = any(file.filename for file in request.files.getlist("files")) or bool(receiving.before(project))
    if is_valid and not has_file and not any(values.typed(form).values()):
        refuse(form, Refused(NOTHING, field="title", code="missing"))
        return False
    return is_valid


def _pressed() -> bool:
    return bool(Press().validate())


def _page(
    project: Project,
    found: Result | None,
    form: ResultForm,
    *,
    status: int = 200,
    differing: list[Conflict] | None = None,
    error_title: str = "",
) -> ResponseReturnValue:
    now = standing.of(db.session(), project)
    left = rows.bytes_left(found)
    return base.page(
        "result", status=status, project=project, result=found, form=form, now=now, checks=checklist.items(now),
        why_not=checklist.why_not(now), press=rows.press(), differing=differing or [], error_title=error_title,
        number=project.results.index(found) + 1 if found else len(project.results) + 1, left=left,
        file_rule=_file_rule(left), waiting=receiving.before(project), saved_by=conflicts.head(differing or []),
        request_=now.requests.get(item_key(found.id)) if found else None,
        looks=partial(_looks, now.of_result(found.id) if found else []),
        specialist=helpers.specialist(project), helpdesk=helpers.helpdesk(project.agency),
    )


def _looks(lines: list[Finding], field: str) -> list[Coded]:
    """What the checklist says of a field, beside it, where the number of the result says nothing new."""
    return [
        Coded(gettext(_BESIDE[line.code]), code=line.code)
        for line in lines if line.field == field and line.code in _BESIDE
    ]


def _file_rule(left: int) -> str:
    """S11, said before anything is chosen: the limit, what is left of it, and the types."""
    return " ".join((
        gettext(
            "All files of one result together have at most %(most)s; %(left)s are left.",
            most=file_rules.MAX_SHOWN.replace(" ", "\u00a0"), left=size(left),
        ),
        gettext(file_rules.HINT),
    ))


def _read_only(project: Project, found: Result) -> ResponseReturnValue:
    """Under review, approved or not reopened: everything can be read and every file opened (DOMAIN §3)."""
    return base.page(
        "result_closed", project=project, result=found, number=project.results.index(found) + 1,
        why=gettext(CLOSED[project.status]), summary=rows.result_summary(found),
        specialist=helpers.specialist(project), helpdesk=helpers.helpdesk(project.agency),
        now=standing.of(db.session(), project),
    )
