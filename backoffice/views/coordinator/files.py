"""A coordinator's own files, also while they are under review; and the logo (S5, S7, S14)."""

from flask import abort, flash
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from backoffice import auth
from backoffice.db import db
from backoffice.domain.errors import NotFound
from backoffice.domain.permissions import Permission
from backoffice.forms.coordinator import Press
from backoffice.queries import files as queries
from backoffice.services import files as services
from backoffice.services import uploads
from backoffice.services.uow import unit_of_work
from backoffice.views import serving
from backoffice.views.coordinator import base, projects
from backoffice.views.coordinator.base import bp


@bp.get("/<code>/results/<int:result_id>/files/<int:file_id>")
@auth.own(Permission.OWN_READ)
def file(code: str, result_id: int, file_id: int) -> ResponseReturnValue:
    project = base.load(code)
    found = db.session.scalar(queries.one(base.actor(), file_id))
    if found is None or found.project_id != project.id or found.result_id != result_id:
        abort(404)
    return serving.serve(found)


@bp.get("/<code>/logo/<int:file_id>")
@auth.own(Permission.OWN_READ)
def logo(code: str, file_id: int) -> ResponseReturnValue:
    project = base.load(code)
    if project.logo is None or project.logo.id != file_id:
        abort(404)
    return serving.serve(project.logo, is_inline=True)


@bp.route("/<code>/uploads/<upload_key>/discard", methods=["GET", "POST"])
@auth.own(Permission.OWN_EDIT)
def discard_upload(code: str, upload_key: str) -> ResponseReturnValue:
    """An upload that nobody will finish holds the submission up no longer."""
    project = base.load(code)
    there = base.address("project", project, _anchor="results")
    if base.is_look() or not Press().validate():
        return base.go(there)
    with unit_of_work() as uow:
        keys = uploads.discard(uow, actor=base.actor(), project_id=project.id, key=upload_key)
    serving.forget(keys)
    return base.go(there)


@bp.route("/<code>/results/<int:result_id>/files/<int:file_id>/remove", methods=["GET", "POST"])
@auth.own(Permission.OWN_EDIT)
def remove_file(code: str, result_id: int, file_id: int) -> ResponseReturnValue:
    """At once, with Undo on the page that follows."""
    project = base.load(code)
    found = projects.result_or_404(project, result_id)
    there = base.address("result", project, result_id=result_id, _anchor="files")
    if base.is_look() or not Press().validate():
        return base.go(there)
    if all(row.id != file_id for row in found.files):
        return base.go(there)  # a second press of the same button
    with unit_of_work() as uow:
        services.remove_file(uow, actor=base.actor(), file_id=file_id)
    return base.go(base.address("result", project, result_id=result_id, removed=file_id, _anchor="files"))


@bp.route("/<code>/results/<int:result_id>/files/<int:file_id>/restore", methods=["GET", "POST"])
@auth.own(Permission.OWN_EDIT)
def restore_file(code: str, result_id: int, file_id: int) -> ResponseReturnValue:
    project = base.load(code)
    projects.result_or_404(project, result_id)
    there = base.address("result", project, result_id=result_id, _anchor="files")
    if base.is_look() or not Press().validate():
        return base.go(there)
    try:
        with unit_of_work() as uow:
            services.restore_file(uow, actor=base.actor(), file_id=file_id)
    except NotFound:
        abort(404)
    flash(gettext("The file is back."), "good")
    return base.go(there)
