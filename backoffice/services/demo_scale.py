"""Very many made projects, to see what pages and imports cost at size (`flask demo scale`). Rows go straight into the
tables, with keys and dates as the services would have filled them; nobody is mailed."""

import hashlib
import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, insert, select, text, update

from backoffice.domain.projects import GrantState, Status
from backoffice.domain.results import ResultType, item_key
from backoffice.domain.text import search_key, sort_key
from backoffice.models import Agency, AuditEvent, Project, Result, Submission, SubmissionItem
from backoffice.services.uow import UnitOfWork

BATCH = 2_000  # projects of one transaction
RESULTS, EVENTS = 3, 10  # of each project
FIRST_NUMBER = 700_000_000  # of the codes; below lie the demo's own
ACTIONS = ("KA220-SCH", "KA220-VET", "KA220-ADU", "KA210-SCH", "KA122-VET", "KA220-HED")
REGIONS = ("Rīga", "Vidzeme", "Kurzeme", "Zemgale", "Latgale")
TOPICS = ("Inclusion - equity", "Green skills", "Digital content, technologies and practices", "Languages")
SUBJECTS = (
    "Āra stundas", "Čakli pirksti", "Dabas skola", "Ēkas un ielas", "Forest lessons", "Ģimenes dārzs",
    "Harbour crafts", "Īsfilmas", "Ķīmija virtuvē", "Local archives", "Ļaužu stāsti", "Mathematics outside",
    "Ņemam līdzi", "Open science", "Pupils decide", "Reading aloud", "Šūnu mācība", "Teachers abroad", "Ūdens ceļi",
    "Village museum", "Žurnālisti",
)
FORMS = ("in small schools", "for vocational teachers", "ar vecākiem", "across three borders", "pēc stundām", "online")


def count(uow: UnitOfWork) -> int:
    """How many are there already; they are numbered without a gap."""
    found = uow.session.scalar(select(func.count()).select_from(Project).where(Project.number >= str(FIRST_NUMBER)))
    return found or 0


def add(uow: UnitOfWork, *, first: int, many: int) -> None:
    """So many further projects, from the given place on, with results, submissions and a trail."""
    agency_ids = list(uow.session.scalars(select(Agency.id).order_by(Agency.id)))
    codes = dict(uow.session.execute(select(Agency.id, Agency.code)).all())
    today = uow.now.date()
    rows = [
        _project(uow, place=place, agency_ids=agency_ids, codes=codes, today=today)
        for place in range(first, first + many)
    ]

    def put(table: type[Project | Result | Submission], values: list[dict[str, Any]]) -> list[int]:
        query = insert(table).returning(table.id, sort_by_parameter_order=True)
        return list(uow.session.scalars(query, values)) if values else []

    for row, project_id in zip(rows, put(Project, rows), strict=True):
        row["id"] = project_id
    results = [result for row in rows for result in _results(row)]
    for result, result_id in zip(results, put(Result, results), strict=True):
        result["id"] = result_id
    sent = [row for row in rows if row["status"] is not Status.OPEN]
    submissions = put(Submission, [_submission(row) for row in sent])
    of = dict(zip((row["id"] for row in sent), submissions, strict=True))
    items = [_item(result, of[result["project_id"]]) for result in results if result["project_id"] in of]
    if items:
        uow.session.execute(insert(SubmissionItem), items)
    published = [
        {"id": row["id"], "published_submission_id": of[row["id"]]}
        for row in sent if row["status"] is Status.APPROVED
    ]
    if published:
        uow.session.execute(update(Project), published)
    uow.session.execute(insert(AuditEvent), [event for row in rows for event in _events(row)])


def settle(uow: UnitOfWork) -> None:
    """Let the planner know how much there is now."""
    uow.session.execute(text("ANALYZE"))


def _project(
    uow: UnitOfWork, *, place: int, agency_ids: list[int], codes: dict[int, str], today: date
) -> dict[str, Any]:
    agency_id = agency_ids[0] if place % 10 < 6 else agency_ids[place % len(agency_ids)]
    year, action = 2014 + place % 12, ACTIONS[place % len(ACTIONS)]
    code = f"{year}-1-{codes[agency_id]}-{action}-{FIRST_NUMBER + place:09}"
    title = f"{SUBJECTS[place % len(SUBJECTS)]} {FORMS[place // 7 % len(FORMS)]} {place}"
    end = today - timedelta(days=(place * 37) % 3_600 - 300)
    status = _status(place, is_over=end < today)
    at = uow.now - timedelta(minutes=place % 900_000)
    organisation = f"Skola {place % 5_000}"
    region = REGIONS[place % len(REGIONS)]
    summary = f"What {title} set out to do, with partners in three countries and classes of every age."
    return {
        "agency_id": agency_id, "code": code, "call_year": year, "round": 1, "action": action,
        "number": f"{FIRST_NUMBER + place:09}", "title": title, "summary": summary,
        "topics": TOPICS[place % len(TOPICS)], "countries": ("lv", "ee"), "start_date": end - timedelta(days=730),
        "end_date": end, "grant_state": GrantState.RUNNING, "organisation": organisation,
        "organisation_region": region, "organisation_country": "Latvia", "status": status, "status_since_at": at,
        "waiting_since_at": at, "gate_changed_at": at, "created_at": at,
        "first_approved_at": at if status is Status.APPROVED else None,
        "search_key": search_key(" ".join((code, title, organisation, region, summary))), "sort_key": sort_key(title),
    }


def _status(place: int, *, is_over: bool) -> Status:
    if not is_over:
        return Status.OPEN
    return {0: Status.OPEN, 1: Status.UNDER_REVIEW, 2: Status.RETURNED}.get(place % 25, Status.APPROVED)


def _results(row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    kinds = list(ResultType)
    for position in range(RESULTS):
        title = f"{row['title']}: {('handbook', 'lessons', 'report')[position]}"
        description = f"{title}. What it holds, for whom it is and how it was tried in classes of every age."
        yield {
            "project_id": row["id"], "position": position, "title": title, "description": description,
            "type": kinds[(row["id"] + position) % len(kinds)], "languages": ("en", "lv"),
            "link": f"https://example.org/{row['number']}/{position}", "created_at": row["created_at"],
            "changed_at": row["created_at"], "sort_key": sort_key(title),
            "search_key": search_key(f"{title} {description}"),
        }


def _submission(row: dict[str, Any]) -> dict[str, Any]:
    digest = hashlib.sha256(row["code"].encode()).hexdigest()
    return {"project_id": row["id"], "number": 1, "digest": digest, "submitted_at": row["status_since_at"]}


def _item(result: dict[str, Any], submission_id: int) -> dict[str, Any]:
    kept = ("position", "title", "description", "type", "languages", "link", "sort_key", "search_key")
    values = {name: result[name] for name in kept}
    digest = hashlib.sha256(json.dumps([values["title"], values["description"]]).encode()).hexdigest()
    return {
        **values, "submission_id": submission_id, "key": item_key(result["id"]), "result_id": result["id"],
        "digest": digest,
    }


def _events(row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for number in range(EVENTS):
        yield {
            "at": row["created_at"], "agency_id": row["agency_id"], "project_id": row["id"],
            "action": "result:changed" if number else "project:imported", "subject": f"project:{row['id']}",
            "details": {"fields": ["title"], "made": number},
        }
