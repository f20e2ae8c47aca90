"""Import of projects, a batch of rows in one unit of work (DOMAIN §2 "Import owns").

A row is written whole or refused whole: everything about it is read and checked before its first change. What an
import may not touch it leaves, and where it differs from what staff or coordinators set, it says so in "Needs data".
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date

from sqlalchemy import insert

from backoffice.domain import imports as rules
from backoffice.domain.cells import RowFault
from backoffice.domain.errors import N_, Forbidden, Refused
from backoffice.domain.import_runs import Touched
from backoffice.domain.imports import ImportedRow, Outcome, RefusedRow, Value
from backoffice.domain.permissions import Actor, Permission, StaffRole
from backoffice.domain.projects import GrantState, ProjectCode
from backoffice.models import Agency, ImportDifference, Partner, Project, User
from backoffice.queries import imports as queries
from backoffice.queries import projects as project_queries
from backoffice.queries.imports import Known
from backoffice.services import audit, import_effects, import_mails, import_people, keys, projects
from backoffice.services.import_effects import Plan, words
from backoffice.services.uow import UnitOfWork
from backoffice.storage.seen import Seen
from backoffice.storage.tables import Row

# Set by a mark of staff or by an import; who set it here keeps it, without a word in "Needs data" (CONTRACT).
MARKS = frozenset({"is_good_practice", "is_success_story"})
# Fields whose change the keys of search and order follow.
SEARCHED = frozenset({"title", "summary", "organisation", "organisation_region"})
NO_AGENCY = N_("There is no agency %(agency)s here.")
# Fields too long to stand in the audit trail with both values.
LONG = frozenset({"summary", "final_summary", "topics"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    row: Row
    said: ImportedRow


def apply(
    uow: UnitOfWork,
    *,
    actor: Actor | None,
    rows: Sequence[Row],
    header: Mapping[str, str],
    seen: Seen,
    only: str | None,
    is_listed: bool = False,
) -> Outcome:
    """Write a batch. `only` is the agency to which the import is limited; `seen` knows the batches before;
    `is_listed` asks for each row that adds or changes something.

    `actor` None is the command line. The caller opens the unit of work, and may leave it without a commit to see
    what would come of it.
    """
    check_permission(actor)
    outcome = Outcome()
    named = [found for row in rows if (found := _name(row, header=header, seen=seen, only=only, outcome=outcome))]
    read = [said for row, code in named if (said := _read(row, code=code, header=header, outcome=outcome))]
    batch = _Batch(uow, actor=actor, codes=[code for _, code in named], read=read, header=header, outcome=outcome)
    for one in read:
        batch.take(one)
    if is_listed:
        outcome.touched.extend(batch.touched())
    batch.close()
    outcome.refused.sort(key=lambda refused: refused.record)
    return outcome


def check_permission(actor: Actor | None) -> None:
    """An agency's admin imports; so does whoever may use the command line."""
    if actor is not None and not actor.can(Permission.IMPORT_RUN):
        raise Forbidden(N_("Your role does not allow this."))


def no_agency(code: str) -> Refused:
    """The agency to which an import is limited must be there."""
    return Refused(NO_AGENCY, code="import-agency", values={"agency": code})


def finish(
    uow: UnitOfWork, *, actor: Actor | None, outcome: Outcome, name: str, only: str | None, is_complete: bool
) -> None:
    """One event for the run. A run that was stopped says so: the next one completes it."""
    agency = queries.agencies(uow.session, codes=[only]).get(only) if only is not None else None
    audit.record(
        uow, actor=actor, action="import:finished" if is_complete else "import:stopped",
        agency_id=agency.id if agency else None,
        details={
            "file": name[:200], "added": outcome.added, "changed": outcome.changed, "unchanged": outcome.unchanged,
            "skipped": outcome.skipped, "refused": outcome.refused_count, "mails": dict(outcome.mails),
        },
    )


def _name(
    row: Row, *, header: Mapping[str, str], seen: Seen, only: str | None, outcome: Outcome
) -> tuple[Row, ProjectCode] | None:
    """The project of a row that can be cut into cells, is ours, and names it for the first time."""
    if row.fault is not None:
        outcome.refused.append(RefusedRow(record=row.record, line=row.line, column="", reason=row.fault))
        return None
    try:
        code = rules.read_code(row.cells)
        if only is not None and code.agency != only:
            outcome.skipped += 1
            return None
        first = seen.first(code.text, record=row.record)
        if first is not None:
            raise RowFault(
                column=rules.CODE, reason=N_("Record %(first)s names this project already."), values={"first": first}
            )
    except RowFault as fault:
        outcome.refused.append(_refused(row, [fault], header))
        return None
    return row, code


def _read(row: Row, *, code: ProjectCode, header: Mapping[str, str], outcome: Outcome) -> _Read | None:
    """What the row says, when there is no fault in it."""
    said, faults = rules.read_row(row.cells, code=code)
    if faults:
        outcome.refused.append(_refused(row, faults, header))
        return None
    return _Read(row=row, said=said)


def _refused(row: Row, faults: Sequence[RowFault], header: Mapping[str, str]) -> RefusedRow:
    first, *others = faults
    return RefusedRow(
        record=row.record, line=row.line, column=header.get(first.column, first.column), reason=first.reason,
        values=first.values,
        others=tuple((header.get(fault.column, fault.column), fault.reason, fault.values) for fault in others),
    )


class _Batch:
    """The rows of one unit of work, with all that is known of their projects looked up at once."""

    def __init__(
        self,
        uow: UnitOfWork,
        *,
        actor: Actor | None,
        codes: Sequence[ProjectCode],
        read: Sequence[_Read],
        header: Mapping[str, str],
        outcome: Outcome,
    ) -> None:
        self._uow, self._actor, self._header, self._outcome = uow, actor, header, outcome
        self._agencies = queries.agencies(uow.session, codes={code.agency for code in codes})
        self._known = queries.known(uow.session, codes={code.text for code in codes})
        for code in codes:
            outcome.known[code.agency] += code.text in self._known
        self._users = queries.users(uow.session, emails={email for found in read for email in _emails(found.said)})
        self._days = {code: project_queries.today(agency, now=uow.now) for code, agency in self._agencies.items()}
        self._partners: list[tuple[Project, int, rules.Partner]] = []
        self._events: list[tuple[Project, Plan, import_people.Changes]] = []
        self._rows: list[Row] = []  # of the events

    def take(self, found: _Read) -> None:
        """One row: refused, added, changed or unchanged."""
        said = found.said
        agency = self._agencies.get(said.code.agency)
        entry = self._known.get(said.code.text)
        faults = self._faults(said, agency=agency, entry=entry)
        if faults or agency is None:
            self._outcome.refused.append(_refused(found.row, faults, self._header))
            return
        is_new = entry is None
        entry = entry or Known(project=self._new(said, agency=agency))
        plan = self._plan(said, entry=entry, is_new=is_new)
        self._write(said, entry=entry, plan=plan)
        people = import_people.write(
            self._uow, entry=entry, said=said, users=self._users, today=self._days[agency.code]
        )
        self._differ(entry, said=plan.said | people.said, kept={**plan.kept, **people.kept})
        if not is_new and not plan.fields and not people.fields:
            self._outcome.unchanged += 1
            return
        self._outcome.added += is_new
        self._outcome.changed += not is_new
        entry.project.imported_at = self._uow.now
        self._events.append((entry.project, plan, people))
        self._rows.append(found.row)

    def close(self) -> None:
        """Send everything to the database at once, then what needs its numbers: events and mails."""
        session = self._uow.session
        session.flush()
        if self._partners:
            # Past the unit of work of the ORM: a public list has more partners than projects.
            session.execute(insert(Partner), [
                {"project_id": project.id, "position": position, **asdict(theirs)}
                for project, position, theirs in self._partners
            ])
        entries = [_event(project, plan, people) for project, plan, people in self._events]
        audit.record_many(self._uow, actor=self._actor, entries=entries)
        former = [plan.changes.get("end_date", (None,))[0] for _, plan, _ in self._events]  # None: new, or as before
        imported = [(event[0], day, event[2]) for event, day in zip(self._events, former, strict=True)]
        told, suppressed = import_mails.tell(self._uow, agencies=self._agencies.values(), imported=imported)
        self._outcome.mails.update(told)
        self._outcome.suppressed.update(suppressed)

    def touched(self) -> Iterator[Touched]:
        """What each row adds or changes."""
        for row, (project, plan, people) in zip(self._rows, self._events, strict=True):
            yield import_effects.touched(row, project=project, plan=plan, people=people, users=self._users)

    def _faults(self, said: ImportedRow, *, agency: Agency | None, entry: Known | None) -> list[RowFault]:
        """What can be told only beside what is there already."""
        if agency is None:
            return [RowFault(
                column=rules.CODE, reason=NO_AGENCY, values={"agency": said.code.agency}
            )]
        faults = []
        if entry is None and "title" not in said.facts:
            faults.append(RowFault(column=rules.TITLE, reason=N_("A new project needs a title.")))
        if entry is not None and _ends_before_it_starts(said, entry):
            faults.append(rules.end_before_start(rules.END if "end_date" in said.facts else rules.START))
        for column, name in ((rules.HANDED_IN, "report_handed_in_on"), (rules.APPROVED, "report_approved_on")):
            day = said.facts.get(name)
            if isinstance(day, date) and day > self._days[agency.code]:
                faults.append(rules.in_the_future(column))
        if said.responsible is not None and self._specialist(said.responsible, agency=agency) is None:
            faults.append(RowFault(
                column=rules.RESPONSIBLE, values={"email": said.responsible, "agency": agency.code},
                reason=N_("%(email)s is not a specialist of agency %(agency)s."),
            ))
        return faults

    def _specialist(self, email: str, *, agency: Agency) -> User | None:
        user = self._users.get(email)
        if user is None or user.agency_id != agency.id or user.deactivated_at is not None:
            return None
        return user if user.role in {StaffRole.SPECIALIST, StaffRole.AGENCY_ADMIN} else None

    def _new(self, said: ImportedRow, *, agency: Agency) -> Project:
        now = self._uow.now
        project = Project(
            agency_id=agency.id, agency=agency, code=said.code.text, call_year=said.code.call_year,
            round=said.code.round, action=said.code.action, number=said.code.number, title="", summary="",
            programme="", key_action_name="", action_type_name="", topics="", countries=(), organisation="",
            organisation_type="", organisation_address="", organisation_region="", organisation_country="",
            organisation_website="", website="", final_summary="", is_website_entered_here=False,
            is_final_summary_entered_here=False, is_summary_open=True, is_good_practice=False, is_success_story=False,
            grant_state=GrantState.RUNNING, version=1, status_since_at=now, waiting_since_at=now, created_at=now,
        )
        self._uow.session.add(project)
        return project

    def _plan(self, said: ImportedRow, *, entry: Known, is_new: bool) -> Plan:
        facts: dict[str, Value | int | None] = dict(said.facts)
        if said.responsible is not None:
            facts["responsible_id"] = self._users[said.responsible].id
        changes: dict[str, tuple[object, object]] = {}
        kept: dict[str, tuple[object, object]] = {}
        for name, theirs in facts.items():
            ours = getattr(entry.project, name)
            if ours == theirs or _is_entered_here(name, entry):
                continue
            is_closed = name == "final_summary" and not entry.project.is_summary_open
            (kept if name in entry.staff_facts or is_closed else changes)[name] = (ours, theirs)
        return Plan(is_new=is_new, said=frozenset(facts), changes=changes, kept=kept, fields=list(changes))

    def _write(self, said: ImportedRow, *, entry: Known, plan: Plan) -> None:
        project = entry.project
        for name, (_, theirs) in plan.changes.items():
            setattr(project, name, theirs)
        if plan.is_new or SEARCHED & plan.changes.keys():
            keys.fill_project(project)
        if "final_summary" in plan.changes and not plan.is_new:
            projects.touch(project)  # the summary is part of what is submitted
        if said.partners is not None and self._write_partners(said.partners, entry=entry):
            plan.fields.append("partners")

    def _write_partners(self, said: Sequence[rules.Partner], *, entry: Known) -> bool:
        """The partners of the row in place of the former ones; True when that changes anything."""
        is_changed = False
        for position, theirs in enumerate(said, start=1):
            ours = entry.partners.get(position)
            if ours is None:
                self._partners.append((entry.project, position, theirs))
                is_changed = True
                continue
            for name in rules.PARTNER_NAMES:
                if getattr(ours, name) != getattr(theirs, name):
                    setattr(ours, name, getattr(theirs, name))
                    is_changed = True
        for position, ours in entry.partners.items():
            if position > len(said):
                self._uow.session.delete(ours)
                is_changed = True
        return is_changed

    def _differ(
        self, entry: Known, *, said: Collection[str], kept: Mapping[str, tuple[object, object]]
    ) -> None:
        """Rows of "Needs data": made, brought up to date, or gone once the list says what we have."""
        now = self._uow.now
        for name, (ours, theirs) in kept.items():
            row = entry.differences.get(name)
            if row is None:
                row = ImportDifference(project_id=entry.project.id, field=name, ours="", theirs="", seen_at=now)
                self._uow.session.add(row)
            if (row.ours, row.theirs) != (words(ours), words(theirs)):
                row.ours, row.theirs, row.seen_at = words(ours), words(theirs), now
                row.kept_at = row.kept_by_id = None
        for name in entry.differences.keys() & said - kept.keys():
            self._uow.session.delete(entry.differences[name])
        self._outcome.differences += len(kept)


def _ends_before_it_starts(said: ImportedRow, entry: Known) -> bool:
    """With the dates as they would be after the row: what staff set stays."""
    days = {
        name: getattr(entry.project, name) if name in entry.staff_facts or name not in said.facts else said.facts[name]
        for name in ("start_date", "end_date")
    }
    start, end = days["start_date"], days["end_date"]
    return isinstance(start, date) and isinstance(end, date) and end < start


def _is_entered_here(name: str, entry: Known) -> bool:
    """What coordinators entered and staff marked: an import fills it only while nobody did."""
    project = entry.project
    return (
        (name == "website" and project.is_website_entered_here)
        or (name == "final_summary" and project.is_final_summary_entered_here)
        or (name in MARKS and name in entry.staff_facts)
    )


def _emails(said: ImportedRow) -> list[str]:
    people = [person.email for person in (said.contact, said.second_contact) if person is not None]
    return people if said.responsible is None else [*people, said.responsible]


def _event(project: Project, plan: Plan, people: import_people.Changes) -> audit.Entry:
    """One event for each project: the names of the fields, and both values of the short ones that no person is."""
    details: dict[str, object] = {"fields": [*plan.fields, *people.fields]}
    if not plan.is_new:
        details["changes"] = {
            name: [words(ours), words(theirs)] for name, (ours, theirs) in plan.changes.items() if name not in LONG
        }
    return audit.Entry(
        action="project:imported" if plan.is_new else "project:import-changed", agency_id=project.agency_id,
        project_id=project.id, details=details,
        personal={name: (email, user.id if user else None) for name, (email, user) in people.personal.items()},
    )
