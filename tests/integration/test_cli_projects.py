"""`flask projects import` and `show` as a shell sees them: JSON as the last line, one line when refused as a whole."""

import csv
import datetime
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backoffice.db import db
from backoffice.domain.visibility import Subject
from backoffice.models import Access, Contact, Project, User
from backoffice.services import overrides
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.factories import reviews as make
from tests.support import lists, sheets
from tests.support.workbooks import workbook

ROOT = Path(__file__).parents[2]
CODE = "2023-1-LV01-KA220-SCH-000000101"
HEADER = ["Project Identifier", "Project Title", "End date", "EU Grant award in euros", "Contact e-mail"]

Run = Callable[..., Result]


@pytest.fixture
def run(app: Flask, session: Session) -> Run:
    def invoke(*args: str | Path, **options: Any) -> Result:
        db.session.rollback()
        return app.test_cli_runner().invoke(args=["projects", *map(str, args)], **options)

    return invoke


def code(number: int) -> str:
    return f"2023-1-LV01-KA220-SCH-{number:09}"


def test_admin_imports_a_list_and_reads_the_counts_as_json(run: Run, tmp_path: Path) -> None:
    factories.agency(code="LV01")
    path = tmp_path / "list.csv"
    path.write_bytes(lists.as_csv([
        {"Project Identifier": code(1), "Project Title": "One\nline two", "Budget": "5", "Start date": "2099-01-01",
         "Contact e-mail": "anna@school.example"},
        {"Project Identifier": code(2), "Project Title": "Two", "Start date": "31/02/2019",
         "Contact e-mail": "john.@x.lv"},
    ]))
    dry = run("import", path, "--dry-run", "--json")
    assert db.session.scalar(select(func.count()).select_from(Project)) == 0
    wet = run("import", path, "--json", "--agency", "lv01")
    assert (dry.exit_code, wet.exit_code) == (0, 0)
    assert wet.output.splitlines()[-1] == dry.output.splitlines()[-1]
    assert json.loads(wet.output.splitlines()[-1]) == {
        "added": 1, "changed": 0, "unchanged": 0, "skipped": 0, "absent": 0, "needs_data": 0, "mails": {"access": 1},
        "read_as": "UTF-8", "ignored_columns": ["Budget"],
        "refused": [{
            "record": 2, "line": 4, "column": "Start date", "reason": "There is no such day as 31/02/2019.",
            "more": [{"column": "Contact e-mail", "reason": "“john.@x.lv” is not an e-mail address."}],
        }],
    }


def test_admin_reads_words_without_json(run: Run, tmp_path: Path) -> None:
    factories.agency(code="LV01")
    path = tmp_path / "list.csv"
    path.write_bytes(lists.as_csv([{"Project Identifier": code(1)}] * 30))
    lines = run("import", path).output.splitlines()
    assert lines[1] == "0 added, 0 changed, 0 unchanged, 0 of other agencies left out, 30 refused."
    assert lines[2] == "Record 1, line 2, Project Title: A new project needs a title."
    assert lines[-1] == "… and 10 more; --json lists all."


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"Title,Start date\r\nx,y\r\n", "The column “Project Identifier” is missing"),
        (b"", "The file is empty."),
        (b"Project Identifier\n\xff\xfeabc\n", "The letters of the file cannot be read"),
        (b"PK\x03\x04 nothing", "neither CSV nor XLSX"),
        (None, "No such file"),
    ],
)
def test_list_that_is_refused_as_a_whole_is_one_line_and_status_1(
    run: Run, tmp_path: Path, data: bytes | None, words: str
) -> None:
    path = tmp_path / "list.csv"
    if data is not None:
        path.write_bytes(data)
    result = run("import", path, "--json")
    assert (result.exit_code, result.stdout) == (1, "")
    assert words in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_wrong_usage_is_status_2(run: Run) -> None:
    assert run("import").exit_code == 2


def test_workbook_and_csv_come_to_the_same(run: Run, tmp_path: Path) -> None:
    """Case 21: what the spreadsheet made a number is text, what it made a date is refused, never a date as a title."""
    factories.agency(code="LV01")
    day = datetime.datetime(2015, 6, 1)  # noqa: DTZ001 - a spreadsheet knows no zone
    path = tmp_path / "list.xlsx"
    path.write_bytes(workbook([
        HEADER, [code(1), 2024, day, 12345.6, None], [code(2), day, None, None, None],
        [code(3), "6-15", None, 5, "#N/A"],
    ]))
    found = json.loads(run("import", path, "--json").output)
    assert (found["added"], found["read_as"]) == (1, "XLSX")
    assert [(row["record"], row["line"], row["column"]) for row in found["refused"]] == [
        (2, 3, "Project Title"), (3, 4, "Contact e-mail"),
    ]
    project = db.session.scalars(select(Project)).one()
    assert (project.title, project.end_date, project.grant_cents) == ("2024", day.date(), 1_234_560)


@pytest.mark.parametrize(("delimiter", "encoding"), [(",", "utf-8"), (";", "cp1257"), ("\t", "utf-8-sig")])
def test_agency_list_is_imported_but_for_its_faults(run: Run, tmp_path: Path, delimiter: str, encoding: str) -> None:
    factories.agency(code="LV01")
    path = tmp_path / "list.csv"
    with (
        (ROOT / "tests/support/agency-list-with-faults.csv").open(encoding="utf-8", newline="") as given,
        path.open("w", encoding=encoding, errors="replace", newline="") as made,  # Windows-1257 has no ñ
    ):
        csv.writer(made, delimiter=delimiter).writerows(csv.reader(given))
    found = json.loads(run("import", path, "--json").output)
    assert (found["added"], found["ignored_columns"]) == (40, [])
    assert [(row["record"], row["column"]) for row in found["refused"]] == [
        (41, "Start date"), (42, "Project Identifier"), (43, "Project Title"), (44, "EU Grant award in euros"),
        (45, "Project Identifier"), (46, "End date"), (47, "Contact e-mail"),
    ]
    again = json.loads(run("import", path, "--json").output)
    assert (again["added"], again["changed"], again["unchanged"]) == (0, 0, 40)
    towns = {name.split()[0] for name in db.session.scalars(select(Project.organisation))}
    assert towns == {"Rīga", "Liepāja", "Jūrmala", "Cēsis", "Ķekava", "Rēzekne"}


def test_real_public_list_is_imported_but_for_centrally_run_projects(run: Run) -> None:
    factories.agency(code="LI01")
    path = ROOT / "demo/erasmus-plus-overview-real.csv"
    found = json.loads(run("import", path, "--json").output)
    assert found["added"] == 4
    central = [row for row in found["refused"] if "centrally run" in row["reason"]]
    elsewhere = [row for row in found["refused"] if "no agency" in row["reason"]]
    assert (len(central), len(elsewhere), found["skipped"]) == (3, 2, 0)
    assert json.loads(run("import", path, "--json", "--agency", "LI01").output)["skipped"] == 2
    project = db.session.scalars(select(Project).where(Project.code == "2014-1-LI01-KA200-000005")).one()
    assert (project.grant_cents, project.countries, project.is_good_practice) == (11_252_793, ("LI", "DE", "BE"), True)
    assert project.partners[0].website == "http://www.liechtenstein-institut.li"


@pytest.mark.slow
def test_stopped_command_says_so_in_one_line_and_the_next_one_completes_it(
    engine: str, database_url: str, session: Session, tmp_path: Path
) -> None:
    """Case 22, with a real process and a real signal."""
    factories.agency(code="LV01")
    path = tmp_path / "list.csv"
    row = {"Project Title": "T", "Project Summary": "s " * 900}
    path.write_bytes(lists.as_csv([{"Project Identifier": code(number), **row} for number in range(2_500)]))
    env = {
        **os.environ, "BACKOFFICE_ENV": "test", "VAR": str(tmp_path / "var"), "DATABASE_URL": database_url,
        "SECRET_KEY": "a secret of the tests alone, long enough",
    }
    command = [sys.executable, "-m", "flask", "projects", "import", str(path), "--json"]
    process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for _ in range(1_200):
        db.session.rollback()
        if db.session.scalar(select(func.count()).select_from(Project)) or process.poll() is not None:
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (1, "")
    assert err.splitlines()[-1].startswith("Stopped after ")
    db.session.rollback()
    written = db.session.scalar(select(func.count()).select_from(Project)) or 0
    assert 0 < written < 2_500
    second = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    counts = json.loads(second.stdout)
    assert (counts["added"], counts["unchanged"]) == (2_500 - written, written)


def test_two_imports_at_once_make_each_project_once(app: Flask, session: Session) -> None:
    factories.agency(code="LV01")
    row = {"Project Title": "T", "Contact e-mail": "anna@school.example"}
    rows = [{"Project Identifier": code(number), **row} for number in range(60)]
    start = Barrier(3)
    found: list[lists.Result] = []

    def work() -> None:
        with app.app_context():
            start.wait()
            found.append(lists.run(rows))
            db.session.remove()

    threads = [Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(result.counts for result in found) == [(0, 0, 60, 0), (0, 0, 60, 0), (60, 0, 0, 0)]
    for model in (Project, Contact, Access):
        assert db.session.scalar(select(func.count()).select_from(model)) == 60
    assert db.session.scalar(select(func.count()).select_from(User)) == 1


def test_show_tells_everything_about_a_project(run: Run) -> None:
    scene = make.scene()
    make.submit(scene)
    make.approve(scene)
    hidden, shown = scene.result_ids
    contact_id = factories.contact(project_id=scene.project_id, is_public=True)
    with unit_of_work() as uow:
        overrides.hide(
            uow, actor=scene.specialist.actor, subject=Subject.RESULT, subject_id=hidden, reason="Asked by phone."
        )
    project = db.session.get_one(Project, scene.project_id)
    project_code, email = project.code, db.session.get_one(Contact, contact_id).email
    found = json.loads(run("show", project_code.lower(), "--json").output.splitlines()[-1])
    assert (found["code"], found["status"], found["grant_state"]) == (project_code, "approved", "running")
    assert (found["submittable"], found["results_required"], found["published"]) == (True, True, 1)
    assert found["contacts"] == [{"email": email, "public": True}]
    assert [row["email"] for row in found["access"]] == [scene.coordinator.email]
    results = {row["id"]: row for row in found["results"]}
    assert (results[hidden]["hidden"], results[hidden]["public"]) == (True, False)
    assert (results[shown]["hidden"], results[shown]["public"], results[shown]["verdict"]) == (False, True, "accepted")
    assert set(results[shown]["files"][0]) == {"id", "name", "size", "sha256", "check"}
    assert [(row["subject"], row["id"], row["kind"], row["reason"]) for row in found["overrides"]] == [
        ("result", hidden, "hide", "Asked by phone."),
    ]
    assert [row["number"] for row in found["submissions"]] == [1]


def test_show_of_an_unknown_project_is_refused_in_one_line(run: Run) -> None:
    result = run("show", CODE, "--json")
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", f"There is no project {CODE}.\n")


def test_an_export_is_in_the_columns_of_the_commission_and_its_import_changes_nothing(run: Run, tmp_path: Path) -> None:
    factories.agency(code="LI01")
    real = ROOT / "demo" / "erasmus-plus-overview-real.csv"
    run("import", real, "--agency", "LI01")
    for kind, read in (("csv", sheets.of_csv), ("xlsx", sheets.of_xlsx)):
        export = run("export", "--format", kind, "--agency", "LI01")
        assert export.exit_code == 0, export.output
        file, rows = tmp_path / f"projects.{kind}", read(export.stdout_bytes)
        file.write_bytes(export.stdout_bytes)
        with real.open(encoding="utf-8", newline="") as list_:
            assert list(rows[0])[:22] == next(csv.reader(list_))[:22]
        assert {row["Results Available"] for row in rows} == {"No"}
        again = json.loads(run("import", file, "--json").stdout.splitlines()[-1])
        assert (again["added"], again["changed"], again["unchanged"]) == (0, 0, len(rows))
        assert rows
