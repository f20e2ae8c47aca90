"""The expectations of the access matrix: one line for each route, one column for each role."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from flask import Flask, url_for
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from backoffice.db import db
from backoffice.domain.permissions import Role
from backoffice.models import Project
from tests import factories
from tests.factories import reviews

OK = (200, 302, 303, 304, 400, 409, 422)


class Who(StrEnum):
    """In the order of the columns."""

    ANON = "nobody is signed in"
    OWN = "coordinator of the project"
    OTHER = "coordinator of another project"
    SPEC = "specialist of the agency"
    HELP = "helpdesk of the agency"
    ADMIN = "admin of the agency"
    PLAT = "platform admin"
    FOREIGN = "specialist of another agency"
    BOTH = "specialist with access to the project"


# ok: served, or refused for what the form says (200, 302, 400, 409, 422); login: sent to sign in first.
LINES = """
endpoint                        method  ANON  OWN   OTHER SPEC  HELP  ADMIN PLAT  FOREIGN BOTH
admin.index                     GET     login 404   404   ok    ok    ok    404   ok      ok
coordinator.access              GET     login ok    404   404   404   404   404   404     ok
coordinator.access              POST    login ok    404   404   404   404   404   404     ok
coordinator.answer              GET     login ok    404   404   404   404   404   404     ok
coordinator.answer              POST    login ok    404   404   404   404   404   404     ok
coordinator.contact             GET     login ok    404   404   404   404   404   404     ok
coordinator.contact             POST    login ok    404   404   404   404   404   404     ok
coordinator.delete_result       GET     login ok    404   404   404   404   404   404     ok
coordinator.delete_result       POST    login ok    404   404   404   404   404   404     ok
coordinator.end_access          GET     login ok    404   404   404   404   404   404     ok
coordinator.end_access          POST    login ok    404   404   404   404   404   404     ok
coordinator.file                GET     login ok    404   404   404   404   404   404     ok
coordinator.index               GET     login ok    ok    ok    ok    ok    ok    ok      ok
coordinator.live                GET     login ok    404   404   404   404   404   404     ok
coordinator.live                POST    login ok    404   404   404   404   404   404     ok
coordinator.logo                GET     login ok    404   404   404   404   404   404     ok
coordinator.move_result         GET     login ok    404   404   404   404   404   404     ok
coordinator.move_result         POST    login ok    404   404   404   404   404   404     ok
coordinator.new_contact         GET     login ok    404   404   404   404   404   404     ok
coordinator.new_contact         POST    login ok    404   404   404   404   404   404     ok
coordinator.new_result          GET     login ok    404   404   404   404   404   404     ok
coordinator.new_result          POST    login ok    404   404   404   404   404   404     ok
coordinator.project             GET     login ok    404   404   404   404   404   404     ok
coordinator.receipt             GET     login ok    404   404   404   404   404   404     ok
coordinator.remove_contact      GET     login ok    404   404   404   404   404   404     ok
coordinator.remove_contact      POST    login ok    404   404   404   404   404   404     ok
coordinator.remove_file         GET     login ok    404   404   404   404   404   404     ok
coordinator.remove_file         POST    login ok    404   404   404   404   404   404     ok
coordinator.restore_file        GET     login ok    404   404   404   404   404   404     ok
coordinator.restore_file        POST    login ok    404   404   404   404   404   404     ok
coordinator.restore_result      GET     login ok    404   404   404   404   404   404     ok
coordinator.restore_result      POST    login ok    404   404   404   404   404   404     ok
coordinator.result              GET     login ok    404   404   404   404   404   404     ok
coordinator.result              POST    login ok    404   404   404   404   404   404     ok
coordinator.submit              GET     login ok    404   404   404   404   404   404     ok
coordinator.submit              POST    login ok    404   404   404   404   404   404     ok
coordinator.summary             GET     login ok    404   404   404   404   404   404     ok
coordinator.summary             POST    login ok    404   404   404   404   404   404     ok
coordinator.switch_contact      GET     login ok    404   404   404   404   404   404     ok
coordinator.switch_contact      POST    login ok    404   404   404   404   404   404     ok
guide.show                      GET     ok    ok    ok    ok    ok    ok    ok    ok      ok
health.healthz                  GET     ok    ok    ok    ok    ok    ok    ok    ok      ok
health.readyz                   GET     ok    ok    ok    ok    ok    ok    ok    ok      ok
legal.accessibility             GET     ok    ok    ok    ok    ok    ok    ok    ok      ok
legal.privacy                   GET     ok    ok    ok    ok    ok    ok    ok    ok      ok
legal.terms                     GET     ok    ok    ok    ok    ok    ok    ok    ok      ok
static                          GET     404   404   404   404   404   404   404   404     404
theme.static                    GET     ok    ok    ok    ok    ok    ok    ok    ok      ok
"""
TABLE: dict[tuple[str, str], dict[Who, str]] = {
    (endpoint, method): dict(zip(Who, answers, strict=True))
    for endpoint, method, *answers in (line.split() for line in LINES.strip().splitlines()[1:])
}
# A read that leaves a mark of its own, each in a unit of work of its own (DESIGN §3, 3).
WRITTEN_BY_READS: frozenset[str] = frozenset()
# Writes that carry another proof than a form's token: a bearer token.
NO_TOKEN: frozenset[str] = frozenset()
# GET shows what will happen, POST does it.
CONFIRM_PAGES: frozenset[str] = frozenset()
# What a rule is asked for beside its path.
QUERIES: dict[str, str] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One project under review and everybody who might come near it."""

    emails: dict[Who, str]
    arguments: dict[str, str | int]


def scene() -> Scene:
    review = reviews.scene()
    project_id, agency_id = review.project_id, review.agency_id
    contact_id = factories.contact(project_id=project_id)
    second = factories.person()
    access_id = factories.access(user_id=second.user_id, project_id=project_id)
    file_id = factories.file(project_id=project_id, result_id=review.result_ids[0])
    reviews.submit(review)
    other = factories.project(agency_id=agency_id)
    both = factories.staff(Role.SPECIALIST, agency_id=agency_id)
    factories.access(user_id=both.user_id, project_id=project_id)
    people = {
        Who.OWN: review.coordinator,
        Who.OTHER: factories.coordinator(other),
        Who.SPEC: review.specialist,
        Who.HELP: factories.staff(Role.HELPDESK, agency_id=agency_id),
        Who.ADMIN: factories.staff(Role.AGENCY_ADMIN, agency_id=agency_id),
        Who.PLAT: factories.staff(Role.PLATFORM_ADMIN, agency_id=None),
        Who.FOREIGN: review.stranger,
        Who.BOTH: both,
    }
    return Scene(
        emails={who: person.email for who, person in people.items()},
        arguments={
            "code": _code(project_id),
            "project_id": project_id,
            "result_id": review.result_ids[0],
            "contact_id": contact_id,
            "access_id": access_id,
            "file_id": file_id,
            "token": "no-such-token",
            "filename": "look.css",
            "n": 1,
            "number": 1,
        },
    )


def _code(project_id: int) -> str:
    project = db.session.get_one(Project, project_id)
    code = project.code
    db.session.rollback()
    return code


def rules(app: Flask) -> Iterator[tuple[Rule, str]]:
    """Every rule with every method that is its own."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: (rule.endpoint, rule.rule)):
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield rule, method


def url(app: Flask, rule: Rule, scene: Scene) -> str:
    """The address of the scene's project; a rule with an argument that the scene does not know fails here."""
    with app.test_request_context():
        path = url_for(rule.endpoint, **{name: scene.arguments[name] for name in rule.arguments})
    return path + QUERIES.get(rule.endpoint, "").format(**scene.arguments)


def word(response: TestResponse) -> str:
    """An answer as the table says it."""
    if response.status_code in (302, 303) and response.headers["Location"].startswith("/login?next="):
        return "login"
    return "ok" if response.status_code in OK else str(response.status_code)
