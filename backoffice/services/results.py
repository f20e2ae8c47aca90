"""Results: add, edit, order, delete and restore (S7, S8). A draft may be incomplete; the checklist says what lacks."""

from dataclasses import dataclass

from sqlalchemy import func, select

from backoffice.domain import text
from backoffice.domain.errors import N_, NotFound, Refused, Stale
from backoffice.domain.permissions import Actor, Permission
from backoffice.domain.projects import Status
from backoffice.domain.results import LANGUAGES, ResultType, item_key
from backoffice.models import Project, Result
from backoffice.queries import results as queries
from backoffice.services import acts, audit, links, projects
from backoffice.services.keys import fill_result
from backoffice.services.uow import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultValues:
    """What the form of a result holds. `answer` is None where nothing was asked."""

    title: str
    description: str
    type: ResultType | None
    languages: tuple[str, ...]
    link: str
    do_not_publish: bool
    do_not_publish_reason: str
    answer: str | None = None


_FIELDS = ("title", "description", "type", "languages", "link", "do_not_publish", "do_not_publish_reason")


def add(
    uow: UnitOfWork, *, actor: Actor, project_id: int, values: ResultValues, act_key: str = ""
) -> Result:
    """S8: at any time of the project while it is open or returned. A known act key gives the first result again: one
    that was created at another instant than `uow.now`."""
    project = projects.lock(uow, actor=actor, project_id=project_id, permission=Permission.OWN_EDIT)
    done = acts.outcome(uow, actor=actor, key=act_key)
    if done is not None:
        return uow.session.get_one(Result, int(done))
    if project.status not in {Status.OPEN, Status.RETURNED}:
        raise Refused(projects.CLOSED[project.status], code="closed")
    checked = _checked(values)
    last = uow.session.scalar(select(func.max(Result.position)).where(Result.project_id == project.id))
    result = Result(
        project_id=project.id, position=(last or 0) + 1, created_at=uow.now, changed_at=uow.now, version=1,
        is_open=True, **{name: getattr(checked, name) for name in _FIELDS},
    )
    fill_result(result)
    uow.session.add(result)
    uow.session.flush()
    projects.touch(project)
    _record(uow, actor=actor, project=project, result=result, action="result:added")
    acts.remember(uow, actor=actor, key=act_key, outcome=str(result.id))
    return result


def edit(uow: UnitOfWork, *, actor: Actor, result_id: int, seen_version: int, values: ResultValues) -> Result:
    """Change a result that is open; the answer to the agency's comment may be given in the same save.

    Raises Stale when somebody saved it since `seen_version`, Refused beside the field that is wrong.
    """
    project, result = _locked(uow, actor=actor, result_id=result_id)
    if result.version != seen_version:
        raise Stale(projects.STALE)
    checked = _checked(values)
    changed = [name for name in _FIELDS if getattr(result, name) != getattr(checked, name)]
    if changed:
        _check_open(project, result)
    answered = values.answer is not None and projects.keep_answer(
        uow, project=project, key=item_key(result.id), answer=values.answer
    )
    if not changed and not answered:
        return result
    for name in changed:
        setattr(result, name, getattr(checked, name))
    _changed(uow, project=project, result=result)
    _record(
        uow, actor=actor, project=project, result=result, action="result:changed",
        fields=[*changed, *["answer"] * answered],
    )
    return result


def move(uow: UnitOfWork, *, actor: Actor, result_id: int, step: int) -> None:
    """One place up (-1) or down (1); at the end of the list nothing happens. Only while the project may be edited."""
    project, result = _locked(uow, actor=actor, result_id=result_id)
    if project.status not in {Status.OPEN, Status.RETURNED}:
        raise Refused(projects.CLOSED[project.status], code="closed")
    order = list(project.results)
    here = order.index(result)
    there = here + (1 if step > 0 else -1)
    if not 0 <= there < len(order):
        return
    order[here], order[there] = order[there], order[here]
    for position, other in enumerate(order, start=1):
        other.position = position
    projects.touch(project)
    _record(uow, actor=actor, project=project, result=result, action="result:moved")


def delete(uow: UnitOfWork, *, actor: Actor, result_id: int) -> Result:
    """Take a result out of the draft; `restore` brings it back. What was submitted keeps its snapshot."""
    project, result = _locked(uow, actor=actor, result_id=result_id)
    _check_open(project, result)
    result.deleted_at = uow.now
    _changed(uow, project=project, result=result)
    _record(uow, actor=actor, project=project, result=result, action="result:deleted")
    return result


def restore(uow: UnitOfWork, *, actor: Actor, result_id: int) -> Result:
    """Undo of `delete`, as long as the project may be edited."""
    project, result = _locked(uow, actor=actor, result_id=result_id, with_deleted=True)
    if result.deleted_at is None:
        return result
    _check_open(project, result)
    result.deleted_at = None
    _changed(uow, project=project, result=result)
    _record(uow, actor=actor, project=project, result=result, action="result:restored")
    return result


def lock_files(uow: UnitOfWork, *, actor: Actor, result_id: int) -> tuple[Project, Result]:
    """For `services.files`: lock, and check that files may change now; `files_changed` counts the versions up."""
    project, result = _locked(uow, actor=actor, result_id=result_id)
    _check_open(project, result)
    return project, result


def files_changed(uow: UnitOfWork, *, project: Project, result: Result) -> None:
    _changed(uow, project=project, result=result)


def _locked(
    uow: UnitOfWork, *, actor: Actor, result_id: int, with_deleted: bool = False
) -> tuple[Project, Result]:
    """First the project, then the result afresh: everybody locks in this order."""
    result = uow.session.scalar(queries.one(actor, result_id, with_deleted=with_deleted))
    if result is None:
        raise NotFound(N_("There is no such result."))
    project = projects.lock(uow, actor=actor, project_id=result.project_id, permission=Permission.OWN_EDIT)
    uow.session.refresh(result)
    if result.deleted_at is not None and not with_deleted:
        raise NotFound(N_("There is no such result."))
    return project, result


def _check_open(project: Project, result: Result) -> None:
    if project.status not in {Status.OPEN, Status.RETURNED} or not result.is_open:
        raise Refused(projects.CLOSED[project.status], code="closed")


def _changed(uow: UnitOfWork, *, project: Project, result: Result) -> None:
    result.version += 1
    result.changed_at = uow.now
    fill_result(result)
    projects.touch(project)
    links.want(uow, urls=[result.link])


def _checked(values: ResultValues) -> ResultValues:
    """Characters, lengths and the shape of the link; what is missing is the checklist's to say."""
    unknown = [code for code in values.languages if code not in LANGUAGES]
    if unknown:
        raise Refused(N_("Choose a language from the list."), field="languages", code="choice")
    return ResultValues(
        title=text.fit(text.clean_line(values.title), limit="result_title", field="title"),
        description=text.fit(text.clean(values.description), limit="description", field="description"),
        type=values.type,
        languages=tuple(code for code in LANGUAGES if code in values.languages),
        link=text.fit(text.web_address(values.link, field="link"), limit="link", field="link"),
        do_not_publish=values.do_not_publish,
        do_not_publish_reason=text.fit(
            text.clean(values.do_not_publish_reason), limit="reason", field="do_not_publish_reason"
        ),
    )


def _record(
    uow: UnitOfWork, *, actor: Actor, project: Project, result: Result, action: str, fields: list[str] | None = None
) -> None:
    audit.record(
        uow, actor=actor, action=action, agency_id=project.agency_id, project_id=project.id,
        subject=item_key(result.id), details={"fields": fields} if fields else {},
    )
