"""The commands for agencies, staff and mails: one JSON value as the last line, exit status 0, 1 or 2 (CONTRACT)."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.domain.errors import Refused
from backoffice.domain.permissions import StaffRole
from backoffice.models import Agency, AuditEvent, OutboxRow, User
from backoffice.queries import users as queries
from tests import factories
from tests.support import mails


def run(app: Flask, *args: str) -> Result:
    return app.test_cli_runner().invoke(args=args)


def value(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout.splitlines()[-1])


def refused(result: Result) -> str:
    """The one line on standard error."""
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    return result.stderr


def test_operator_makes_an_agency_which_mails_nobody_of_the_past(app: Flask, session: Session) -> None:
    made = value(run(
        app, "agencies", "create", "lv07", "--name", "National Agency", "--timezone", "Europe/Riga", "--language", "lv",
        "--json",
    ))
    assert (made["code"], made["time_zone"], made["language"]) == ("LV07", "Europe/Riga", "lv")
    row = session.scalars(select(Agency)).one()
    assert row.notices_from.isoformat() == made["notices_from"]
    assert row.country == "LV"
    assert session.scalars(select(AuditEvent.action)).all() == ["agency:created"]
    assert [agency["code"] for agency in value(run(app, "agencies", "list", "--json"))] == ["LV07"]
    assert "LV07  National Agency" in run(app, "agencies", "list").stdout


@pytest.mark.parametrize(("more", "word"), [
    (["LV07", "--name", "Again"], "already"), (["Latvia", "--name", "x"], "looks like LV01"),
    (["LV08", "--name", " "], "name"), (["LV08", "--name", "x", "--timezone", "Riga"], "Europe/Riga"),
])
def test_wrong_agency_is_refused_in_one_line(app: Flask, session: Session, more: list[str], word: str) -> None:
    run(app, "agencies", "create", "LV07", "--name", "First")
    assert word in refused(run(app, "agencies", "create", *more))


def test_operator_makes_staff_who_get_a_link_by_mail(app: Flask, session: Session, var: Path) -> None:
    mails.empty(var)
    run(app, "agencies", "create", "LV07", "--name", "National Agency", "--language", "lv")
    made = value(run(
        app, "users", "create", "--email", " Zane@Agency.Example ", "--role", "specialist", "--agency", "LV07", "--json"
    ))
    assert (made["email"], made["role"], made["agency"]) == ("zane@agency.example", "specialist", "LV07")
    swept = value(run(app, "outbox", "sweep", "--json"))
    assert [(row["kind"], row["to"], row["language"], row["state"]) for row in swept] == [
        ("staff-access", "zane@agency.example", "lv", "sent")
    ]
    mail = mails.folder(var)[0]
    assert swept[0]["message_id"] == str(mail["Message-ID"])
    assert "/invite/" in mails.text(mail)
    assert value(run(app, "outbox", "sweep", "--json")) == []
    assert [user["email"] for user in value(run(app, "users", "list", "--json"))] == ["zane@agency.example"]
    mails.empty(var)


def test_coordinator_becomes_staff_on_the_same_account(app: Flask, session: Session) -> None:
    agency_id = factories.agency(code="LV07")
    coordinator = factories.coordinator(factories.project(agency_id=agency_id))
    made = value(run(
        app, "users", "create", "--email", coordinator.email, "--role", "helpdesk", "--agency", "LV07", "--json"
    ))
    assert made["id"] == coordinator.user_id
    session.rollback()
    assert session.get_one(User, coordinator.user_id).role is StaffRole.HELPDESK


@pytest.mark.parametrize(("args", "word"), [
    (["--email", "nonsense", "--role", "specialist", "--agency", "LV07"], "nonsense"),
    (["--email", "a@b.example", "--role", "specialist", "--agency", "LV99"], "LV99"),
    (["--email", "a@b.example", "--role", "specialist"], "belongs to one agency"),
    (["--email", "a@b.example", "--role", "platform_admin", "--agency", "LV07"], "belongs to one agency"),
    (["--email", "there@b.example", "--role", "specialist", "--agency", "LV07"], "already"),
])
def test_wrong_member_of_staff_is_refused_in_one_line(
    app: Flask, session: Session, args: list[str], word: str
) -> None:
    factories.agency(code="LV07")
    run(app, "users", "create", "--email", "there@b.example", "--role", "helpdesk", "--agency", "LV07")
    assert word in refused(run(app, "users", "create", *args))
    assert len(session.scalars(queries.staff()).all()) == 1


def test_wrong_usage_ends_with_2(app: Flask, session: Session) -> None:
    for args in (["users", "create"], ["users", "create", "--email", "a@b.example", "--role", "king"],
                 ["outbox", "list", "--state", "lost"], ["agencies", "create"]):
        assert run(app, *args).exit_code == 2


def test_operator_lists_mails_by_state(app: Flask, session: Session) -> None:
    factories.agency(code="LV07")
    run(app, "users", "create", "--email", "a@b.example", "--role", "helpdesk", "--agency", "LV07")
    (row,) = value(run(app, "outbox", "list", "--state", "waiting", "--json"))
    assert {"id", "kind", "to", "language", "state", "message_id", "attempts", "due_at"} <= set(row)
    assert value(run(app, "outbox", "list", "--state", "sent", "--json")) == []
    assert run(app, "outbox", "list", "--state", "sent").stdout == "No mails.\n"
    assert session.scalar(select(OutboxRow.id)) == row["id"]


def test_fault_of_a_command_is_one_line_and_no_traceback(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    for error, words in (
        (ZeroDivisionError("division"), "A fault of the application: ZeroDivisionError: division"),
        (Refused("No %(what)s here.", values={"what": "cake"}), "No cake here."),
    ):
        def fail(error: Exception = error, **_kwargs: object) -> None:
            raise error

        monkeypatch.setattr("backoffice.jobs.outbox.sweep", fail)
        assert words in refused(run(app, "outbox", "sweep"))
