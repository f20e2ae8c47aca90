"""Return, approve and unlock as pages of their own: GET says what will happen, POST does it (DESIGN §4, DOMAIN §3)."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from flask import current_app, flash, redirect, request, session
from flask_admin import expose
from flask_babel import force_locale, ngettext
from flask_babel import gettext as _

from backoffice.config import Settings
from backoffice.db import db
from backoffice.domain import clock
from backoffice.domain.errors import DomainError, Forbidden, NotFound, Refused, Stale
from backoffice.domain.reviews import DECISION_MAIL_WAITS, Change, Reopens
from backoffice.domain.transitions import DUE_DAYS_MAX, DUE_DAYS_MIN, TRANSITIONS, Name
from backoffice.forms.reviews import ApproveForm, DecisionForm, ReturnForm, UnlockForm
from backoffice.mail import preview
from backoffice.mail.render import Message
from backoffice.models import Decision, Project, Submission
from backoffice.queries import submissions
from backoffice.queries.outlook import Outlook, outlook
from backoffice.queries.reviews import ItemView
from backoffice.queries.standing import Standing, obstacle, standing
from backoffice.services import decisions, people
from backoffice.services.decisions import Seen
from backoffice.services.outbox import Recipient
from backoffice.services.uow import UnitOfWork, unit_of_work
from backoffice.views import drafts
from backoffice.views.admin import review_effects, review_facts, review_items, review_phrases
from backoffice.views.admin.base import Guarded
from backoffice.views.admin.review_effects import Effects
from backoffice.views.listing import tongues
from backoffice.views.messages import refuse


@dataclass(frozen=True, slots=True, kw_only=True)
class _Letter:
    """What a preview of the mail is made from, beside what the form says."""

    settings: Settings
    case: Standing
    submission: Submission
    to: Recipient


@dataclass(frozen=True, slots=True, kw_only=True)
class _Act:
    """One of the three decisions: its words and what its button does."""

    name: Name
    template: str
    button: str
    icon: str
    effects: Callable[[Standing, Outlook, int], Effects]
    run: Callable[[UnitOfWork, int, Seen], Decision]
    mail: Callable[[_Letter], Message]
    done: Callable[[Standing, Outlook], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Refusal:
    """Why nothing was decided, and with which status the page answers."""

    error: DomainError | None = None
    is_stale: bool = False
    status: int = 200


class DecisionPages(Guarded):
    """Mixed into the review's view."""

    def _one(self, code: str) -> Project:
        raise NotImplementedError

    @expose("/<code>/return", methods=("GET", "POST"))
    def return_view(self, code: str) -> Any:
        form = ReturnForm()
        return self._confirm(code, form, _Act(
            name=Name.RETURN, template="admin/review/return.html", button=_("Return for additions"), icon="back",
            effects=lambda case, _outlook, mails: review_effects.give_back(case, mails=mails),
            run=lambda uow, project_id, seen: decisions.give_back(
                uow, actor=self.actor, project_id=project_id, seen=seen, reason=form.reason.data or "",
                reopens=_reopens(form), due_on=form.due_on.data,
            ),
            mail=lambda letter: preview.returned(
                db.session(), settings=letter.settings, now=clock.now(), project=letter.case.project,
                submission=letter.submission, items=letter.case.items, to=letter.to, reason=form.reason.data or "",
                reopens=_reopens(form), due_on=self._due(form, letter.case),
            ),
            done=lambda case, _outlook: _(
                "“%(title)s” is returned for additions. The mail leaves in a minute.", title=case.project.title
            ),
        ))

    @expose("/<code>/approve", methods=("GET", "POST"))
    def approve_view(self, code: str) -> Any:
        return self._confirm(code, ApproveForm(), _Act(
            name=Name.APPROVE, template="admin/review/approve.html", button=_("Approve"), icon="ok",
            effects=lambda case, outlook, mails: review_effects.approve(case, outlook, mails=mails),
            run=lambda uow, project_id, seen: decisions.approve(
                uow, actor=self.actor, project_id=project_id, seen=seen
            ),
            mail=lambda letter: preview.approved(
                db.session(), settings=letter.settings, now=clock.now(), project=letter.case.project,
                submission=letter.submission, to=letter.to,
            ),
            done=lambda case, outlook: " ".join((
                _("“%(title)s” is approved.", title=case.project.title),
                ngettext(
                    "%(num)s result is public now.", "%(num)s results are public now.", len(outlook.will_be_public)
                ),
                _("The mail leaves in a minute."),
            )),
        ))

    @expose("/<code>/unlock", methods=("GET", "POST"))
    def unlock_view(self, code: str) -> Any:
        form = UnlockForm()
        return self._confirm(code, form, _Act(
            name=Name.UNLOCK, template="admin/review/unlock.html", button=_("Unlock"), icon="unlock",
            effects=lambda case, outlook, mails: review_effects.unlock(case, outlook, mails=mails),
            run=lambda uow, project_id, seen: decisions.unlock(
                uow, actor=self.actor, project_id=project_id, seen=seen, reason=form.reason.data or "",
                scope=form.reopens.data or [], due_on=form.due_on.data,
            ),
            mail=lambda letter: preview.unlocked(
                db.session(), settings=letter.settings, now=clock.now(), project=letter.case.project,
                submission=letter.submission, to=letter.to, reason=form.reason.data or "",
                scope=[view.item.key for view in letter.case.items if view.item.key in (form.reopens.data or ())],
                due_on=self._due(form, letter.case),
            ),
            done=lambda case, _outlook: _(
                "“%(title)s” is unlocked. The mail leaves in a minute.", title=case.project.title
            ),
        ))

    def _confirm(self, code: str, form: DecisionForm, act: _Act) -> Any:
        """The one flow of the three pages. Whatever is refused, what was typed stands in the form again."""
        project = self._one(code)
        case = standing(db.session(), actor=self.actor, project=project, now=clock.now())
        self._prepare(form, case)
        refusal = _Refusal()
        if request.method == "POST" and "preview" not in request.form:
            if not form.validate():
                refusal = _Refusal(status=422)
            else:
                done = self._try(form, act, case)
                if not isinstance(done, _Refusal):
                    return done
                refusal = done
                project = self._one(code)
                case = standing(db.session(), actor=self.actor, project=project, now=clock.now())
        return self._page_of(form, act, case, refusal), refusal.status

    def _due(self, form: ReturnForm | UnlockForm, case: Standing) -> date:
        return form.due_on.data or case.today + timedelta(days=case.project.agency.due_days)

    def _mails(self, act: _Act, case: Standing, receivers: list[Recipient]) -> list[Message]:
        """The very mail in each language in which somebody reads, as it would go to the first of them."""
        if case.submission is None:
            return []
        first = {person.language: person for person in reversed(receivers)}
        settings: Settings = current_app.config["SETTINGS"]
        return [
            act.mail(_Letter(settings=settings, case=case, submission=case.submission, to=person))
            for person in receivers if first[person.language] is person
        ]

    def _prepare(self, form: DecisionForm, case: Standing) -> None:
        """Fresh hidden values on GET; what is chosen by default."""
        if isinstance(form, UnlockForm):
            names = review_effects.numbers_of(case, case.items)
            form.offer([
                (view.item.key, f"{name[:1].upper()}{name[1:]}" + (f": {view.item.title}" if view.item.title else ""))
                for view, name in zip(case.items, names, strict=True)
            ])
        if isinstance(form, ReturnForm | UnlockForm):
            form.default_due(self._due(form, case))
        if request.method == "GET":
            form.version.data = str(case.project.version)
            # The review page names what it showed: what came after needs a look of its own.
            form.digest.data = request.args.get("seen", "")[:64] or (case.submission.digest if case.submission else "")
            form.act_key.data = secrets.token_urlsafe(16)
            if isinstance(form, UnlockForm) and "request" in request.args:
                with force_locale(review_phrases.language(case.project)):
                    form.reason.data = _("You asked us to reopen the results.")
        drafts.opened(form)

    def _try(self, form: DecisionForm, act: _Act, case: Standing) -> Any:
        """Decide, and go back to the queue; or say why nothing was decided."""
        sentence = act.done(case, outlook(db.session(), case))
        try:
            with unit_of_work() as uow:
                decision = act.run(uow, case.project.id, self._seen(form))
                drafts.forget(uow, form)
                is_first = decision.decided_at == uow.now
                already = "" if is_first else review_facts.decided(decision, actor=self.actor)
        except (Forbidden, NotFound):
            raise
        except Stale as error:
            return _Refusal(error=error, is_stale=True, status=409)
        except Refused as error:
            if error.field is None:
                return _Refusal(error=error, status=409)
            refuse(form, error)
            return _Refusal(status=422)
        if is_first:
            flash(sentence, "success")
        elif not session.get("_flashes"):  # a double click: the first answer still waits to be shown
            flash(already, "info")
        return redirect(self.get_url(".index_view"))

    def _seen(self, form: DecisionForm) -> Seen:
        """What was on the screen; on a stale page, what was looked at there and ticked."""
        version, _dot, digest = request.form.get("looked", "").partition(".")
        if not digest:
            version, digest = form.version.data or "", form.digest.data or ""
        number = int(version) if version.isascii() and version.isdecimal() and len(version) < 10 else 0
        return Seen(version=number, digest=digest, act_key=form.act_key.data or "")

    def _page_of(self, form: DecisionForm, act: _Act, case: Standing, refusal: _Refusal) -> str:
        view = outlook(db.session(), case)
        receivers = people.coordinators(db.session(), project=case.project)
        seen = self._seen(form)
        digest = case.submission.digest if case.submission else ""
        is_over = case.project.status not in TRANSITIONS[act.name].sources
        is_stale = not is_over and (refusal.is_stale or seen.digest != digest)
        blocked = None if is_stale and not refusal.error else obstacle(case, act.name)
        first, last = (case.today + timedelta(days=days) for days in (DUE_DAYS_MIN, DUE_DAYS_MAX))
        page: str = self.render(
            act.template,
            form=form,
            act=act,
            button=act.button,
            heading=case.project.title,
            back=self.get_url(".page_view", code=case.project.code),
            back_label=_("Back to the review"),
            error_title=_("Nothing is decided yet"),
            project=case.project,
            case=case,
            outlook=view,
            effects=act.effects(case, view, len(receivers)),
            receivers=receivers,
            mails=[] if is_over else self._mails(act, case, receivers),
            refused=refusal.error if not is_over and not is_stale else None,
            blocked=blocked,
            already=review_facts.decided(case.last_decision, actor=self.actor)
            if is_over and case.last_decision else "",
            is_over=is_over,
            is_stale=is_stale,
            was_tried=refusal.is_stale,
            differences=self._differences(case, digest=form.digest.data or "") if is_stale else [],
            looked=f"{case.project.version}.{digest}",
            withheld_words=review_effects.WITHHELD_WORDS,
            numbers={item.key: number for number, item in enumerate((v.item for v in case.results), start=1)},
            type_of=review_effects.type_of,
            notes=review_effects.notes(case),
            reasons=review_phrases.of(
                case.project, review_phrases.RETURN if act.name is Name.RETURN else review_phrases.UNLOCK
            ),
            tongues=tongues,
            undo_seconds=int(DECISION_MAIL_WAITS.total_seconds()),
            due_limits={"min": first.isoformat(), "max": last.isoformat()},
        )
        return page

    def _differences(self, case: Standing, *, digest: str) -> list[review_items.ItemPage]:
        """The items that are not as they were on the screen."""
        seen = db.session.scalar(submissions.by_digest(case.project.id, digest))
        if seen is None or case.submission is None:
            return []
        views = [view for view in _since(case.items, seen) if view.change is not Change.UNCHANGED]
        return review_items.pages(views, findings=[], is_first=False, open_all=True, typed=None)


def _reopens(form: ReturnForm) -> Reopens:
    chosen = form.reopens.data or ""
    return Reopens(chosen) if chosen in set(Reopens) else Reopens.ADDITIONS


def _since(views: list[ItemView], seen: Submission) -> list[ItemView]:
    """The items compared with the submission that was on the screen instead of the one before."""
    before = {item.key: item for item in seen.items}
    changed = []
    for view in views:
        old = before.get(view.item.key)
        change = Change.NEW if old is None else Change.CHANGED if old.digest != view.item.digest else Change.UNCHANGED
        changed.append(replace(view, before=old, change=change))
    return changed
