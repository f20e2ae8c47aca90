"""An import by the page: the list is kept, a worker reads it, the admin says "import", a worker writes it.

Both times it is `jobs.imports.run` with the same list; here the run itself is kept: where it stands and what it found.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from backoffice.domain.errors import N_, Forbidden, NotFound, Refused
from backoffice.domain.files import FileCheck, FilePurpose
from backoffice.domain.import_runs import KEEP_DAYS, RunState
from backoffice.domain.permissions import Actor, Permission, Role
from backoffice.models import ImportRun, StoredFile
from backoffice.queries import import_runs as queries
from backoffice.services import acts
from backoffice.services.uow import UnitOfWork
from backoffice.storage.store import Stored

LEASE = timedelta(minutes=5)  # renewed by each batch; a worker that died gives the run back after this
TRIES = 3
GAVE_UP = N_("The import stopped %(tries)s times without an end. Nothing is lost: start it again with the same file.")
BATCH = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a worker needs."""

    run_id: int
    key: str
    name: str
    actor: Actor
    is_dry_run: bool


def start(uow: UnitOfWork, *, actor: Actor, list_: Stored, name: str, act_key: str = "") -> ImportRun:
    """Keep the list and let a worker read it. Nothing is written to any project."""
    if not actor.can(Permission.IMPORT_RUN) or actor.agency_id is None:
        raise Forbidden(N_("Your role does not allow this."))
    done = acts.outcome(uow, actor=actor, key=act_key)
    if done is not None:
        return uow.session.get_one(ImportRun, int(done))
    run = ImportRun(
        agency_id=actor.agency_id, by_id=actor.user_id, name=name, state=RunState.READING, created_at=uow.now,
        due_at=uow.now, size=list_.size, list_file=_file(uow, stored=list_, name=name, kind="list"),
        outcome={}, shown={}, failure={},
    )
    uow.session.add(run)
    uow.session.flush()
    uow.imports.append(run.id)
    acts.remember(uow, actor=actor, key=act_key, outcome=str(run.id))
    return run


def write(uow: UnitOfWork, *, actor: Actor, run_id: int) -> ImportRun:
    """Now write what the preview showed; a second press changes nothing."""
    run = uow.session.scalar(queries.locked(actor, run_id))
    if run is None:
        raise NotFound(N_("There is no such import."))
    if run.state in (RunState.WRITING, RunState.DONE):
        return run
    if run.state is not RunState.READ or run.list_file_id is None:
        raise Refused(N_("There is no preview to import yet."), code="import-state")
    run.state, run.due_at, run.attempts, run.position = RunState.WRITING, uow.now, 0, 0
    run.by_id = actor.user_id
    uow.session.flush()
    uow.imports.append(run.id)
    return run


def claim(uow: UnitOfWork, *, run_id: int) -> Claim | None:
    """Take a run that is due; None when there is nothing to do."""
    run = uow.session.scalar(queries.claimable(run_id, now=uow.now))
    if run is None:
        return None
    if run.attempts >= TRIES:
        _fail(run, message=GAVE_UP, values={"tries": TRIES})
        return None
    run.attempts, run.due_at = run.attempts + 1, uow.now + LEASE
    person = run.by
    if person.role is None or person.deactivated_at is not None or run.list_file is None:
        _fail(run, message=N_("Who started this import may import no more."), values={})
        return None
    return Claim(
        run_id=run.id, key=run.list_file.storage_key, name=run.name, is_dry_run=run.state is RunState.READING,
        actor=Actor(user_id=person.id, role=Role(person.role.value), agency_id=person.agency_id),
    )


def move(uow: UnitOfWork, *, claim: Claim, position: int) -> None:
    """How far the worker is; it holds the run meanwhile."""
    run = uow.session.get_one(ImportRun, claim.run_id)
    run.position, run.due_at = position, uow.now + LEASE


def finish(
    uow: UnitOfWork, *, claim: Claim, outcome: Mapping[str, object], shown: Mapping[str, object], rows: Stored
) -> None:
    """What came of it; the rows of the preview go, those of the import take their place."""
    run = uow.session.get_one(ImportRun, claim.run_id)
    if run.rows_file is not None:
        run.rows_file.removed_at = uow.now
    run.rows_file = _file(uow, stored=rows, name=f"{run.name}.rows", kind="rows")
    run.outcome, run.shown, run.position = dict(outcome), dict(shown), run.size
    if claim.is_dry_run:
        run.state, run.read_at = RunState.READ, uow.now
    else:
        run.state, run.written_at = RunState.DONE, uow.now


def refuse(uow: UnitOfWork, *, claim: Claim, message: str, values: Mapping[str, object]) -> None:
    """Refused as a whole: it cannot be read as a list, or the person may not."""
    _fail(uow.session.get_one(ImportRun, claim.run_id), message=message, values=values)


def give_back(uow: UnitOfWork, *, claim: Claim) -> None:
    """A fault on the way: the next sweep tries again, a few times."""
    uow.session.get_one(ImportRun, claim.run_id).due_at = uow.now


def forget(uow: UnitOfWork) -> int:
    """Lists and rows name persons: after a while only the numbers stay (DOMAIN §10)."""
    runs = uow.session.scalars(queries.old(before=uow.now - timedelta(days=KEEP_DAYS), limit=BATCH)).all()
    for run in runs:
        for file in (run.list_file, run.rows_file):
            if file is not None:
                file.removed_at = uow.now
        run.list_file_id = run.rows_file_id = None
        run.list_file = run.rows_file = None
        run.shown = {}
    return len(runs)


def _fail(run: ImportRun, *, message: str, values: Mapping[str, object]) -> None:
    run.state = RunState.FAILED
    run.failure = {"message": message, "values": {name: str(value) for name, value in values.items()}}


def _file(uow: UnitOfWork, *, stored: Stored, name: str, kind: str) -> StoredFile:
    """Served to nobody as it is, so nothing has to be scanned."""
    file = StoredFile(
        purpose=FilePurpose.IMPORT, name=name[:200], storage_key=stored.key, size=stored.size, sha256=stored.sha256,
        media_type="application/octet-stream", kind=kind, check_state=FileCheck.CLEAN, checked_at=uow.now,
        due_at=uow.now, uploaded_at=uow.now,
    )
    uow.session.add(file)
    return file
