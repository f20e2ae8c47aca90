"""Files of results and logos, and the outcome of their check (S5, S7, S11; DOMAIN §4).

The bytes are stored and looked into before the transaction opens (`storage.intake`); here a row is written. Bytes
are never deleted here: what no row names any more, `jobs.files` finds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from backoffice.domain import files as rules
from backoffice.domain.errors import N_, DomainError, NotFound, Refused
from backoffice.domain.files import FileCheck, FilePurpose
from backoffice.domain.notices import Mail
from backoffice.domain.permissions import Actor, Permission
from backoffice.domain.results import item_key
from backoffice.models import Project, Result, StoredFile
from backoffice.queries import files as queries
from backoffice.services import acts, audit, outbox, people, projects, results
from backoffice.services.uow import UnitOfWork
from backoffice.storage.intake import Upload
from backoffice.storage.scanner import Scan

LEASE = timedelta(minutes=15)  # a worker that died gives the check back after this
RETRY = timedelta(minutes=1)  # while the scanner does not answer; grows with each attempt up to an hour
RETRY_MOST = timedelta(hours=1)
# A scanner that names trouble of its own each time will not do better: the agency decides then.
TROUBLE_AFTER = 5
NO_FILE = N_("There is no such file.")


def add_file(
    uow: UnitOfWork, *, actor: Actor, result_id: int, upload: Upload, has_scanner: bool, act_key: str = ""
) -> StoredFile:
    """Put an uploaded file to a result (S7); the second of the same name is numbered.

    Raises Refused beside `files` when the result would have more than 100 MB in sum (S11) or too many files, and
    with the code `closed` where the result cannot be changed now.
    """
    project, result = results.lock_files(uow, actor=actor, result_id=result_id)
    done = acts.outcome(uow, actor=actor, key=act_key)
    if done is not None:
        return uow.session.get_one(StoredFile, int(done))
    others = list(uow.session.scalars(queries.of_result(result.id)))
    if len(others) >= rules.MAX_FILES_OF_RESULT:
        raise Refused(
            N_("A result has at most %(most)s files. Pack some of them into one ZIP."), field="files",
            code="file-count", values={"most": rules.MAX_FILES_OF_RESULT},
        )
    position = max((other.position for other in others), default=0) + 1
    file = _put(
        uow, actor=actor, project=project, result=result, upload=upload, others=others, position=position,
        has_scanner=has_scanner,
    )
    _record(uow, actor=actor, project=project, result=result, file=file, action="file:added")
    acts.remember(uow, actor=actor, key=act_key, outcome=str(file.id))
    return file


def remove_file(uow: UnitOfWork, *, actor: Actor, file_id: int) -> StoredFile:
    """Take a file out of its result; `restore_file` brings it back for thirty days."""
    project, result, file = _locked(uow, actor=actor, file_id=file_id)
    file.removed_at = uow.now
    _record(uow, actor=actor, project=project, result=result, file=file, action="file:removed")
    return file


def restore_file(uow: UnitOfWork, *, actor: Actor, file_id: int) -> StoredFile:
    """Undo of `remove_file`, if it still fits (S11); under a new name where the old one is taken by now."""
    project, result, file = _locked(uow, actor=actor, file_id=file_id, is_removed=True)
    if file.removed_at is None:
        return file
    others = list(uow.session.scalars(queries.of_result(result.id)))
    _check_room(name=file.name, size=file.size, others=others)
    file.name = rules.free_name(file.name, taken=[other.name for other in others])
    file.removed_at = None
    _record(uow, actor=actor, project=project, result=result, file=file, action="file:restored")
    return file


def set_logo(uow: UnitOfWork, *, actor: Actor, project_id: int, upload: Upload) -> StoredFile:
    """S5: public at once. We wrote the picture ourselves, so it does not wait for the scanner, which still reads it.

    `upload` comes from `storage.intake.picture_taken_in`. `services.projects.set_logo(file=None)` takes it away.
    """
    projects.lock(uow, actor=actor, project_id=project_id, permission=Permission.OWN_EDIT)
    file = _row(uow, actor=actor, project_id=project_id, upload=upload, purpose=FilePurpose.LOGO)
    uow.session.add(file)
    uow.session.flush()
    projects.set_logo(uow, actor=actor, project_id=project_id, file=file)
    return file


def note_refused(uow: UnitOfWork, *, actor: Actor, project_id: int, refusals: Sequence[DomainError]) -> None:
    """Keep which files were not taken and why: the helpdesk reads it when the coordinator asks (S16)."""
    project = projects.lock(uow, actor=actor, project_id=project_id, permission=Permission.OWN_EDIT)
    for refusal in refusals:
        audit.record(
            uow, actor=actor, action="file:refused", agency_id=project.agency_id, project_id=project.id,
            details={
                "code": refusal.code, "cause": refusal.message,
                "values": {name: str(value) for name, value in refusal.values.items()},
            },
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A check that is ours until the lease ends, as plain values."""

    file_id: int
    key: str
    attempt: int
    is_waiting: bool  # else: served already, scanned after the event


def claim_check(uow: UnitOfWork, *, file_id: int) -> Claim | None:
    """The first of three steps (DESIGN §3); None when it is not due or another worker has it."""
    file = uow.session.scalar(queries.due(file_id, now=uow.now))
    if file is None:
        return None
    file.attempts += 1
    file.due_at = uow.now + LEASE
    return Claim(
        file_id=file.id, key=file.storage_key, attempt=file.attempts,
        is_waiting=file.check_state is FileCheck.WAITING,
    )


def record_check(uow: UnitOfWork, *, claim: Claim, scan: Scan) -> None:
    """The outcome. Of an infected file the responsible specialist and the coordinators are told, once."""
    file = uow.session.get_one(StoredFile, claim.file_id, with_for_update=True)
    file.check_state, file.check_cause, file.checked_at = scan.check, scan.cause[:500], uow.now
    file.attempts = 0
    project = uow.session.get(Project, file.project_id) if file.project_id else None
    audit.record(
        uow, actor=None, action="file:checked", agency_id=project.agency_id if project else None,
        project_id=file.project_id, subject=f"file:{file.id}",
        details={"check": scan.check.value, "cause": file.check_cause},
    )
    if scan.check is FileCheck.INFECTED and project is not None:
        _tell_infected(uow, project=project, file=file)


def postpone_check(uow: UnitOfWork, *, claim: Claim, cause: str) -> None:
    """No answer from the scanner: the file stays as it is and is tried again, later each time."""
    file = uow.session.get_one(StoredFile, claim.file_id, with_for_update=True)
    file.check_cause = cause[:500]
    file.due_at = uow.now + min(RETRY * 2 ** min(claim.attempt - 1, 6), RETRY_MOST)


def _put(
    uow: UnitOfWork,
    *,
    actor: Actor,
    project: Project,
    result: Result,
    upload: Upload,
    others: list[StoredFile],
    position: int,
    has_scanner: bool,
) -> StoredFile:
    _check_room(name=upload.name, size=upload.size, others=others)
    file = _row(uow, actor=actor, project_id=project.id, upload=upload, purpose=FilePurpose.RESULT)
    file.result_id, file.position = result.id, position
    file.name = rules.free_name(upload.name, taken=[other.name for other in others])
    if has_scanner:
        file.check_state = FileCheck.WAITING
    uow.session.add(file)
    uow.session.flush()
    if has_scanner:
        uow.uploaded.append(file.id)
    return file


def _row(
    uow: UnitOfWork, *, actor: Actor, project_id: int, upload: Upload, purpose: FilePurpose
) -> StoredFile:
    return StoredFile(
        project_id=project_id, purpose=purpose, name=upload.name, storage_key=upload.key, size=upload.size,
        sha256=upload.sha256, media_type=upload.media_type, kind=upload.kind.value,
        check_state=FileCheck.NOT_SCANNED, due_at=uow.now, uploaded_at=uow.now, uploaded_by_id=actor.user_id,
    )


def _check_room(*, name: str, size: int, others: list[StoredFile]) -> None:
    """S11: one file and all of the result's files together have at most 100 MB."""
    rules.refuse_size(name, size, left=rules.MAX_RESULT_BYTES - sum(other.size for other in others))


def _locked(
    uow: UnitOfWork, *, actor: Actor, file_id: int, is_removed: bool = False
) -> tuple[Project, Result, StoredFile]:
    """The file of a result that may be changed now; first the project, as everybody locks."""
    file = uow.session.get(StoredFile, file_id)
    if file is None or file.result_id is None:
        raise NotFound(NO_FILE)
    project, result = results.lock_files(uow, actor=actor, result_id=file.result_id)
    uow.session.refresh(file)
    if file.removed_at is not None and not is_removed:
        raise NotFound(NO_FILE)
    return project, result, file


def _record(
    uow: UnitOfWork,
    *,
    actor: Actor,
    project: Project,
    result: Result,
    file: StoredFile,
    action: str,
) -> None:
    """Count the versions up, so that a decision on what was there before is stale, and write it down."""
    results.files_changed(uow, project=project, result=result)
    uow.session.expire(result, ["files"])
    details: dict[str, object] = {"file_id": file.id, "size": file.size, "sha256": file.sha256}
    audit.record(
        uow, actor=actor, action=action, agency_id=project.agency_id, project_id=project.id,
        subject=item_key(result.id), details=details,
    )


def _tell_infected(uow: UnitOfWork, *, project: Project, file: StoredFile) -> None:
    told = [*people.agency_side(uow.session, project=project), *people.coordinators(uow.session, project=project)]
    for person in told:
        outbox.publish(
            uow, kind=Mail.FILE_INFECTED, key=f"{project.id}:{file.id}", to=person, agency_id=project.agency_id,
            project_id=project.id, params={"file_id": file.id},
        )
