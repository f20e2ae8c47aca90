"""Notes for colleagues on a review: read by all staff of the agency, by nobody else (DOMAIN §3)."""

from backoffice.domain import text
from backoffice.domain.errors import N_, Refused
from backoffice.domain.permissions import Actor, Permission
from backoffice.models import ReviewNote
from backoffice.services import acts, audit, projects
from backoffice.services.uow import UnitOfWork


def write(uow: UnitOfWork, *, actor: Actor, project_id: int, words: str, act_key: str = "") -> ReviewNote:
    """Add a note; it moves nothing and mails nobody."""
    project = projects.lock(uow, actor=actor, project_id=project_id, permission=Permission.REVIEW_CLAIM)
    done = acts.outcome(uow, actor=actor, key=act_key)
    if done is not None:
        return uow.session.get_one(ReviewNote, int(done))
    words = text.fit(text.clean(words), limit="note", field="note")
    if not words:
        raise Refused(N_("Write the note."), field="note", code="missing")
    row = ReviewNote(project_id=project.id, text=words, written_at=uow.now, written_by_id=actor.user_id)
    uow.session.add(row)
    uow.session.flush()
    audit.record(
        uow, actor=actor, action="review:noted", agency_id=project.agency_id, project_id=project.id,
        subject=f"note:{row.id}",
    )
    acts.remember(uow, actor=actor, key=act_key, outcome=str(row.id))
    return row
