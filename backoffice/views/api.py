"""The API of the agency's own systems: the final-report gate (S2, DOMAIN §9). Bearer tokens, problem details."""

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import wraps
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from backoffice.db import db
from backoffice.domain import clock
from backoffice.domain.errors import DomainError, NotFound
from backoffice.domain.gate import Gate
from backoffice.extensions import csrf
from backoffice.queries import gate as queries
from backoffice.queries import tokens as token_queries
from backoffice.services import reports, tokens
from backoffice.services.reports import UNTOUCHED, ReportDates, Untouched
from backoffice.services.tokens import Scope
from backoffice.services.uow import unit_of_work
from backoffice.views.api_document import document

bp = Blueprint("api", __name__, url_prefix="/api/v1")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
csrf.exempt(bp)  # a bearer token is never sent by a browser on its own


class Problem(Exception):
    """An answer in the form of RFC 9457."""

    def __init__(self, status: int, title: str, *, field: str | None = None) -> None:
        super().__init__(title)
        self.status, self.title, self.field = status, title, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The token that asks, as plain values."""

    token_id: int
    agency_id: int
    name: str


def needs(scope: Scope) -> Callable[[Callable[..., ResponseReturnValue]], Callable[..., ResponseReturnValue]]:
    """401 without a token in force, 403 without the scope; remembers the use, at most once a minute."""

    def wrap(view: Callable[..., ResponseReturnValue]) -> Callable[..., ResponseReturnValue]:
        @wraps(view)
        def inner(**values: Any) -> ResponseReturnValue:
            kind, _blank, token = request.headers.get("Authorization", "").partition(" ")
            found = token_queries.in_force(tokens.digest(token.strip()))
            row = db.session.scalar(found) if kind.lower() == "bearer" else None
            if row is None:
                raise Problem(401, "A bearer token in force is needed")
            if scope.value not in row.scopes:
                raise Problem(403, f"The token lacks the scope {scope.value}")
            caller = Caller(token_id=row.id, agency_id=row.agency_id, name=row.name)
            if row.last_used_at is None or (clock.now() - row.last_used_at).total_seconds() > 60:
                with unit_of_work() as uow:
                    tokens.used(uow, token_id=caller.token_id)
            return view(caller=caller, **values)

        return inner

    return wrap


@bp.after_request
def _never_kept(response: Response) -> Response:
    """The very next call gives the new state, through any cache."""
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.get("/projects/<code>/final-report-gate")
@needs(Scope.GATE_READ)
def gate(*, caller: Caller, code: str) -> ResponseReturnValue:
    project = db.session.scalar(queries.project(agency_id=caller.agency_id, code=code))
    if project is None:
        raise Problem(404, "There is no such project in your agency")
    return jsonify(_gate(queries.one(db.session(), project)))


@bp.get("/final-report-gate")
@needs(Scope.GATE_READ)
def gates(*, caller: Caller) -> ResponseReturnValue:
    """By the instant of the last change of the answer; `since` limits, `cursor` goes on."""
    try:
        found = queries.page(
            db.session(), agency_id=caller.agency_id, since=_instant(request.args.get("since")),
            cursor=request.args.get("cursor") or None,
        )
    except queries.BadCursor as error:
        raise Problem(400, "The cursor was not made here") from error
    return jsonify({"items": [_gate(item) for item in found.items], "next": found.next})


@bp.put("/projects/<code>/final-report")
@needs(Scope.REPORT_WRITE)
def report(*, caller: Caller, code: str) -> ResponseReturnValue:
    """Absent: untouched; null: cleared, wants a reason."""
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise Problem(400, "A JSON object is needed")
    unknown = sorted(set(body) - {"handed_in_on", "approved_on", "reason"})
    if unknown:
        raise Problem(422, "This field is not known", field=unknown[0])
    reason = body.get("reason")
    if reason is not None and not isinstance(reason, str):
        raise Problem(422, "A text is needed", field="reason")
    dates = ReportDates(
        handed_in_on=_day(body, "handed_in_on"), approved_on=_day(body, "approved_on"), reason=reason or ""
    )
    try:
        with unit_of_work() as uow:
            project = reports.mark_by_token(
                uow, agency_id=caller.agency_id, token_name=caller.name, code=code, dates=dates
            )
            answer = _gate(queries.one(uow.session, project))
    except NotFound as error:
        raise Problem(404, "There is no such project in your agency") from error
    except DomainError as error:
        raise Problem(422, error.message % error.values, field=error.field) from error
    return jsonify(answer)


@bp.get("/openapi.json")
def openapi() -> ResponseReturnValue:
    return jsonify(document(base_url=current_app.config["SETTINGS"].public_base_url))


@bp.errorhandler(Problem)
def _problem(error: Problem) -> ResponseReturnValue:
    body = {"type": "about:blank", "status": error.status, "title": error.title}
    response = jsonify({**body, "field": error.field} if error.field else body)
    response.status_code, response.mimetype = error.status, "application/problem+json"
    if error.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


@bp.errorhandler(HTTPException)
def _http(error: HTTPException) -> ResponseReturnValue:
    return _problem(Problem(error.code or 500, error.name))


def _gate(gate: Gate) -> dict[str, Any]:
    values = asdict(gate)
    values["state"] = gate.state.value
    values["since"] = gate.since.isoformat().replace("+00:00", "Z")
    values["report_approved_on"] = gate.report_approved_on.isoformat() if gate.report_approved_on else None
    values["url"] = f"{current_app.config['SETTINGS'].public_base_url}/projects/{gate.project}"
    return values


def _instant(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        return queries.instant(text)
    except ValueError as error:
        raise Problem(400, "since: an ISO instant with its offset is needed, as 2026-11-25T14:32:00Z") from error


def _day(body: dict[str, Any], field: str) -> date | Untouched | None:
    if field not in body:
        return UNTOUCHED
    value = body[field]
    if value is None:
        return None
    try:
        if not isinstance(value, str) or not _DAY.fullmatch(value):  # Python reads other forms as well
            raise ValueError(value)
        return date.fromisoformat(value)
    except ValueError as error:
        raise Problem(422, "A date as 2026-11-25 is needed", field=field) from error
