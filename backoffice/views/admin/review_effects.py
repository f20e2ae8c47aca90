"""What a decision will do, in words, for its confirm page: most important first (look §4)."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from backoffice.domain.errors import N_
from backoffice.domain.projects import PublicationRule
from backoffice.domain.results import TYPE_WORDS
from backoffice.domain.reviews import VERDICT_WORDS
from backoffice.domain.visibility import Withheld
from backoffice.models import SubmissionItem
from backoffice.queries import projects
from backoffice.queries.outlook import Outlook
from backoffice.queries.reviews import ItemView
from backoffice.queries.standing import Standing

WITHHELD_WORDS: Mapping[Withheld, str] = MappingProxyType({
    Withheld.PROJECT: N_("The project itself is not public"),
    Withheld.DO_NOT_PUBLISH: N_("Do not publish"),
    Withheld.HIDDEN: N_("Hidden by the agency"),
    Withheld.REPORT: N_("Published once the final report is approved"),
})
Effects = list[dict[str, Any]]


def approve(case: Standing, outlook: Outlook, *, mails: int) -> Effects:
    lines = [_accepted(case)]
    if case.files:
        lines.append(_files(case))
    lines.append(_published(case, outlook))
    if outlook.gone:
        gone = ngettext(
            "%(num)s result that is public now vanishes: it was taken out",
            "%(num)s results that are public now vanish: they were taken out", len(outlook.gone),
        )
        lines.append(_line("wait", "hide", gone))
    if case.project.final_summary:
        lines.append(_line("info", "book", _("The final summary replaces the project description in public")))
    if projects.results_required(case.project):
        lines.append(_line("info", "flag", _("The final report may be approved")))
    else:
        lines.append(_line("open", "flag", _("The final report does not wait for results here")))
    return [
        *lines, _mail(mails),
        _line("open", "hist", _("Later, Unlock reopens it, and what is public stays public")),
    ]


def give_back(case: Standing, *, mails: int) -> Effects:
    numbers = numbers_of(case, case.asked)
    if case.asked:
        opens = _("The coordinator reads “Additions requested” and can change: %(what)s. New results can be added.",
                  what=", ".join(numbers))
    else:
        opens = _("The coordinator reads “Additions requested”. New results can be added; the rest as you choose.")
    return [
        _line("wait", "back", opens),
        _mail(mails),
        _line("open", "eye", _("Nothing changes for the public")),
        _line("open", "hist", _("The audit trail keeps your words")),
    ]


def unlock(case: Standing, outlook: Outlook, *, mails: int) -> Effects:
    public = len(outlook.public_now)
    if public:
        stays = ngettext(
            "What is public stays public until the next approval: %(num)s result",
            "What is public stays public until the next approval: %(num)s results", public,
        )
    else:
        stays = _("No result is public now, and none becomes public")
    lines = [
        _line("wait", "unlock", _("What you tick can be changed; the coordinator reads “Additions requested”")),
        _line("good", "globe", stays),
    ]
    if projects.results_required(case.project):
        waits = _("The final report may not be approved until the results are approved again")
        lines.append(_line("bad", "flag", waits))
    return [
        *lines, _mail(mails),
        _line("open", "hist", _("Your reason stays in the audit trail; the verdicts so far are kept, and the "
                                "coordinator does not see them")),
    ]


def decline(*, mails: int) -> Effects:
    return [
        _line("open", "lock", _("The results stay closed, and the coordinator may ask again")), _mail(mails),
        _line("open", "hist", _("The audit trail keeps your words")),
    ]


def ask(*, mails: int) -> Effects:
    lines = [
        _line("review", "half", _("The results stay under review: nothing opens for the coordinator")),
        _line("wait", "clock", _("The review waits behind the others until the answer brings it to the front")),
    ]
    told = _mail(mails) if not mails else _line("info", "mail", ngettext(
        "%(num)s mail leaves at once", "%(num)s mails leave at once", mails
    ))
    return [*lines, told, _line("open", "chat", _("Question and answer stand on the review page and in a ticket"))]


def numbers_of(case: Standing, views: Sequence[ItemView]) -> list[str]:
    """ "result 2", "the final summary" of some items, as the coordinator counts them."""
    places = {view.item.key: number for number, view in enumerate(case.results, start=1)}
    return [
        _("the final summary") if view.is_summary else _("result %(number)s", number=places[view.item.key])
        for view in views
    ]


def type_of(item: SubmissionItem) -> str:
    return str(_(TYPE_WORDS[item.type])) if item.type else ""


def notes(case: Standing) -> dict[str, str]:
    """What stands below each item that may reopen: its type, files and verdict."""
    found = {}
    for view in case.items:
        parts = [type_of(view.item)]
        if view.item.files:
            parts.append(ngettext("%(num)s file", "%(num)s files", len(view.item.files)))
        if not view.is_summary:
            parts.append(_(VERDICT_WORDS[view.verdict]))
        found[view.item.key] = " · ".join(part for part in parts if part)
    return found


def _accepted(case: Standing) -> dict[str, Any]:
    left = sum(not view.is_accepted for view in case.items)
    if left:
        return _line("bad", "stop", ngettext(
            "%(num)s part is not accepted yet", "%(num)s parts are not accepted yet", left
        ))
    count = len(case.results)
    return _line("good", "ok", ngettext("%(num)s result accepted", "All %(num)s results accepted", count))


def _files(case: Standing) -> dict[str, Any]:
    if case.blocking_files:
        words = ngettext(
            "%(num)s file is not checked or not clean", "%(num)s files are not checked or not clean",
            len(case.blocking_files),
        )
        return _line("bad", "shield", words)
    if case.passed_files:
        words = ngettext(
            "%(num)s file could not be checked and was let pass",
            "%(num)s files could not be checked and were let pass",
            len(case.passed_files),
        )
        return _line("wait", "shield", words)
    return _line("good", "shield", ngettext(
        "%(num)s file, nothing against it", "%(num)s files, nothing against them", len(case.files)
    ))


def _published(case: Standing, outlook: Outlook) -> dict[str, Any]:
    count = len(outlook.will_be_public)
    if count:
        return _line("info", "globe", ngettext(
            "%(num)s result appears in the catalogue at once", "%(num)s results appear in the catalogue at once", count
        ))
    late = [row for row in outlook.will_not if row.withheld is Withheld.REPORT]
    if late and case.project.agency.publication_rule is PublicationRule.ON_REPORT_APPROVAL:
        return _line("info", "clock", ngettext(
            "%(num)s result becomes public once the final report is approved",
            "%(num)s results become public once the final report is approved", len(late),
        ))
    return _line("open", "hide", _("No result becomes public"))


def _mail(count: int) -> dict[str, Any]:
    if not count:
        return _line("wait", "mail", _("Nobody has access to the project, so nobody is mailed"))
    return _line("info", "mail", ngettext(
        "%(num)s mail leaves after 60 seconds", "%(num)s mails leave after 60 seconds", count
    ))


def _line(kind: str, icon: str, text: str) -> dict[str, Any]:
    return {"kind": kind, "icon": icon, "text": text}
