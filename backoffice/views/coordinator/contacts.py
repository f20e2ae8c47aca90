"""Contact persons: add, edit, remove, and the public switch (S10). Private unless somebody says otherwise."""

from collections.abc import Sequence
from dataclasses import asdict, replace

from flask import abort, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from backoffice import auth
from backoffice.db import db
from backoffice.domain.errors import N_, DomainError, Refused, Stale
from backoffice.domain.permissions import Permission
from backoffice.domain.projects import Status
from backoffice.forms.coordinator import ContactForm, Press, SwitchForm
from backoffice.models import Contact, Project
from backoffice.services import contacts as services
from backoffice.services.contacts import ContactValues
from backoffice.services.uow import unit_of_work
from backoffice.views import conflicts, drafts
from backoffice.views.conflicts import Conflict
from backoffice.views.coordinator import base, helpers, rows, standing
from backoffice.views.coordinator.base import bp
from backoffice.views.messages import refuse, words

GONE = N_("This person was taken off the list in the meantime, so nothing was saved. What you typed stands below.")


@bp.route("/<code>/contacts/new", methods=["GET", "POST"])
@auth.own(Permission.OWN_EDIT)
def new_contact(code: str) -> ResponseReturnValue:
    project = base.load(code)
    form = ContactForm()
    base.opened(form)
    if base.is_look():
        if not standing.of(db.session(), project).is_live_editable:
            return base.go(_list(project))
        return _page(project, None, form)
    if project.status is Status.UNDER_REVIEW:
        return base.closed(project)
    if not base.fits(form):
        return _page(project, None, form, status=422)
    try:
        with unit_of_work() as uow:
            row = services.add(uow, actor=base.actor(), project_id=project.id, values=_values(form))
            if form.is_public.data:
                services.set_public(uow, actor=base.actor(), contact_id=row.id, is_public=True)
            drafts.forget(uow, form)
    except Refused as error:
        return _refused(code, None, form, error)
    base.say_saved("contacts")
    return base.go(_list(project))


@bp.route("/<code>/contacts/<int:contact_id>", methods=["GET", "POST"])
@auth.own(Permission.OWN_EDIT)
def contact(code: str, contact_id: int) -> ResponseReturnValue:
    project = base.load(code)
    found = next((row for row in project.contacts if row.id == contact_id), None)
    if found is None:
        return base.kept(Refused(GONE, code="gone"), back=_list(project)) if base.typed() else abort(404)
    form = ContactForm(obj=found) if base.is_look() else ContactForm()
    if base.is_look():
        if not standing.of(db.session(), project).is_live_editable:
            return base.go(_list(project))
        form.is_public.data = found.coordinator_public and found.person_withdrew_at is None
        form.seen.data = conflicts.marks(_current(found))
    base.opened(form)
    if base.is_look():
        return _page(project, found, form)
    if project.status is Status.UNDER_REVIEW:
        return base.closed(project)
    if not base.fits(form):
        return _page(project, found, form, status=422)
    current, typed = _current(found), _typed(form)
    differing = conflicts.of(form, typed=typed, current=current, seen=form.seen.data or "") if form.seen.data else []
    if differing:
        return _stale(project, found, form, differing)
    chosen = conflicts.choose(typed=typed, current=current, picked=request.form)
    wants_public = bool(chosen.pop("is_public"))
    try:
        with unit_of_work() as uow:
            row = services.edit(
                uow, actor=base.actor(), contact_id=contact_id, values=ContactValues(**chosen),
                seen=services.values_of(found),
            )
            if row.person_withdrew_at is None or wants_public:
                services.set_public(uow, actor=base.actor(), contact_id=row.id, is_public=wants_public)
            drafts.forget(uow, form)
    except (Refused, Stale) as error:
        return _refused(code, contact_id, form, error)
    base.say_saved("contacts")
    return base.go(_list(project))


@bp.route("/<code>/contacts/<int:contact_id>/public", methods=["GET", "POST"])
@auth.own(Permission.OWN_EDIT)
def switch_contact(code: str, contact_id: int) -> ResponseReturnValue:
    """At once; under review only to make a person private (DOMAIN §3)."""
    project = base.load(code)
    _find(project, contact_id)
    form = SwitchForm()
    if base.is_look() or not form.validate():
        return base.go(_list(project))
    try:
        with unit_of_work() as uow:
            services.set_public(
                uow, actor=base.actor(), contact_id=contact_id, is_public=bool(form.is_public.data)
            )
        base.say_saved("contacts")
    except Refused as error:
        flash(words(error), "bad")
    return base.go(_list(project))


@bp.route("/<code>/contacts/<int:contact_id>/remove", methods=["GET", "POST"])
@auth.own(Permission.OWN_EDIT)
def remove_contact(code: str, contact_id: int) -> ResponseReturnValue:
    project = base.load(code)
    if base.is_look() or not Press().validate():
        return base.go(_list(project))
    found = next((row for row in project.contacts if row.id == contact_id), None)
    if found is not None:
        name = found.name or found.email
        with unit_of_work() as uow:
            services.remove(uow, actor=base.actor(), contact_id=contact_id)
        flash(gettext("%(name)s is no longer a contact person of the project.", name=name), "good")
    return base.go(base.address("project", project))


def _refused(code: str, contact_id: int | None, form: ContactForm, error: DomainError) -> ResponseReturnValue:
    project = base.load(code)
    late = base.too_late(project, error)
    if late is not None:
        return late
    refuse(form, error)
    return _page(project, _find(project, contact_id) if contact_id else None, form, status=422)


def _stale(
    project: Project, found: Contact, form: ContactForm, differing: list[Conflict]
) -> ResponseReturnValue:
    """Somebody saved the same person meanwhile: who, which field, and one of the two for each."""
    also = {"is_public": ("contact:made-public", "contact:made-private")}
    told = conflicts.told(differing, base.lately(project, f"contact:{found.id}"), also=also)
    shown = [
        replace(line, yours=_shown(line.name, line.yours), theirs=_shown(line.name, line.theirs)) for line in told
    ]
    form.seen.data = conflicts.marks(_current(found))
    return _page(project, found, form, status=409, differing=shown)


def _current(found: Contact) -> dict[str, str]:
    is_public = found.coordinator_public and found.person_withdrew_at is None
    return {**asdict(services.values_of(found)), "is_public": "1" if is_public else ""}


def _typed(form: ContactForm) -> dict[str, str]:
    return {**asdict(_values(form)), "is_public": "1" if form.is_public.data else ""}


def _shown(name: str, value: str) -> str:
    if name == "is_public":
        return gettext("Yes") if value else gettext("No")
    return value or "—"


def _values(form: ContactForm) -> ContactValues:
    return ContactValues(
        name=form.name.data or "", email=form.email.data or "", role=form.role.data or "", phone=form.phone.data or ""
    )


def _find(project: Project, contact_id: int) -> Contact:
    return next((row for row in project.contacts if row.id == contact_id), None) or abort(404)


def _list(project: Project) -> str:
    return base.address("project", project, _anchor="contacts")


def _page(
    project: Project, found: Contact | None, form: ContactForm, *, status: int = 200,
    differing: Sequence[Conflict] = (),
) -> ResponseReturnValue:
    return base.page(
        "contact", status=status, project=project, contact=found, form=form, press=rows.press(),
        differing=differing, saved_by=conflicts.head(differing),
        specialist=helpers.specialist(project), helpdesk=helpers.helpdesk(project.agency),
    )
