"""The figures of a year, for the agency's yearly report: a page with plots and tables, and the same as a file."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from flask import abort, request
from flask_admin import expose
from flask_babel import format_date
from flask_babel import gettext as _

from backoffice.db import db
from backoffice.domain import clock
from backoffice.domain.permissions import Permission
from backoffice.domain.results import TYPE_WORDS, ResultType
from backoffice.models import Agency
from backoffice.queries import figures as queries
from backoffice.queries import projects, published
from backoffice.queries.figures import Figures, Line, Month
from backoffice.storage.sheets import Row
from backoffice.views import exporting, plots
from backoffice.views.admin.base import Guarded

MOST_TYPES = 9


class FiguresView(Guarded):
    permissions = {"index": Permission.PROJECT_READ}

    @expose("/")
    def index(self) -> Any:
        """One year of the agency, by action."""
        session, now = db.session(), clock.now()
        agency = session.get(Agency, self.actor.agency_id) or abort(404)
        today = projects.today(agency, now=now)
        years = queries.years(session, self.actor, today=today)
        asked = request.args.get("year", "")
        year = int(asked) if asked in {str(year) for year in years} else today.year
        found = queries.of_year(
            session, self.actor, agency=agency, year=year, today=today, at=published.moment(session, now=now)
        )
        if kind := exporting.asked():
            return self._file(kind, found, year)
        return self.render(
            "admin/figures.html", year=year, years=years, figures=found, total=found.total,
            until=min(today, date(year, 12, 31)), type_words={kind: _(TYPE_WORDS[kind]) for kind in ResultType},
            month_name=_month, submitted=_submitted(found), days=days_to_decide(found.months), types=_types(found),
            as_file=lambda kind, part="": self.get_url(
                ".index", year=year, format=kind, **({"part": part} if part else {})
            ),
            percent=_percent,
        )

    def _file(self, kind: Any, found: Figures, year: int) -> Any:
        if request.args.get("part") == "months":
            header = [_("Month"), _("Submitted"), _("Approved"), _("Working days to decide, median")]
            rows = [[f"{year}-{row.number:02}", row.submitted, row.approved, row.days] for row in found.months]
            return exporting.answer(kind, name=f"figures-{year}-months", header=header, rows=rows)
        header = [
            _("Year"), _("Action type"), _("Ended"), _("Results required"), _("Submitted"), _("Submitted in time"),
            _("Returned once or more"), _("Approved"), _("Working days to decide, median"), _("Results published"),
            *(_(TYPE_WORDS[each]) for each in ResultType),
        ]
        lines = [*found.lines, found.total]
        return exporting.answer(
            kind, name=f"figures-{year}", header=header, rows=(_row(line, year) for line in lines)
        )


def _row(line: Line, year: int) -> Row:
    return (
        year, line.action or _("All"), line.ended, line.required, line.submitted, line.in_time, line.returned,
        line.approved, line.days, line.published.total(), *(line.published[kind] for kind in ResultType),
    )


def _month(number: int, *, is_short: bool = False) -> str:
    return str(format_date(date(2000, number, 1), "LLL" if is_short else "LLLL")).rstrip(".")


def _percent(part: int, whole: int) -> str:
    return f"{round(100 * part / whole)} %" if whole else "–"


def _submitted(found: Figures) -> plots.Plot:
    said = "; ".join(f"{_month(row.number)} {row.submitted}, {row.approved}" for row in found.months)
    return plots.standing(
        _("Submitted and approved by month: %(numbers)s.", numbers=said),
        [(_month(row.number, is_short=True), [(row.submitted, "a"), (row.approved, "b")]) for row in found.months],
    )


def days_to_decide(months: list[Month]) -> plots.Plot:
    """Median by month of the decision."""
    said = "; ".join(_said(months))
    return plots.standing(
        _("Median of working days from submission to decision: %(numbers)s.", numbers=said or "–"),
        [(_month(row.number, is_short=True), [(row.days or 0, "a")]) for row in months],
    )


def _said(months: list[Month]) -> Iterator[str]:
    for row in months:
        if row.days is not None:
            yield f"{_month(row.number)} {row.days:g}"


def _types(found: Figures) -> plots.Plot:
    rows = [(str(_(TYPE_WORDS[kind])), count) for kind, count in found.types[:MOST_TYPES]]
    said = "; ".join(f"{label} {count}" for label, count in rows)
    return plots.lying(_("Published results by type: %(numbers)s.", numbers=said or "–"), [
        (label if len(label) <= 30 else f"{label[:29]}…", count) for label, count in rows
    ])
