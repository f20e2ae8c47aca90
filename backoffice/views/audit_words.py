"""Audit actions in words, for the trail and for the history beside a project."""

from collections.abc import Mapping
from types import MappingProxyType

from flask_babel import gettext

from backoffice.domain.errors import N_
from backoffice.domain.staff_facts import DIFFERENCE_WORDS
from backoffice.views.messages import say

ACTION_WORDS: Mapping[str, str] = MappingProxyType({
    "access:ended": N_("Access ended"),
    "access:granted": N_("Access given"),
    "access:sent-again": N_("Access sent again"),
    "access:moved": N_("Access moved"),
    "agency:created": N_("Agency added"),
    "contact:agreed": N_("Contact person agreed again"),
    "contact:added": N_("Contact person added"),
    "contact:changed": N_("Contact person changed"),
    "contact:hidden": N_("Contact person hidden"),
    "contact:made-private": N_("Contact person made private"),
    "contact:made-public": N_("Contact person made public"),
    "contact:override-cleared": N_("Override of a contact person cleared"),
    "contact:removed": N_("Contact person removed"),
    "contact:shown": N_("Contact person shown"),
    "contact:withdrew": N_("Contact person withdrew"),
    "file:added": N_("File added"),
    "file:checked": N_("File checked"),
    "file:infected": N_("File found infected"),
    "file:passed": N_("File let pass without a check"),
    "file:refused": N_("File refused"),
    "file:restored": N_("File restored"),
    "file:removed": N_("File removed"),
    "identity:linked": N_("EU Login account tied to a person"),
    "identity:rebound": N_("EU Login account of a person exchanged"),
    "identity:released": N_("EU Login account of a person let go"),
    "import:finished": N_("Import done"),
    "import:stopped": N_("Import stopped half-way"),
    "notices:held": N_("Mails held"),
    "notices:released": N_("Held mails released"),
    "outbox:resent": N_("Mail sent again"),
    "logo:changed": N_("Logo changed"),
    "logo:hidden": N_("Logo hidden"),
    "logo:override-cleared": N_("Override of the logo cleared"),
    "logo:removed": N_("Logo removed"),
    "fact:kept": N_("Fact kept against an import"),
    "fact:released": N_("Fact given back to the import"),
    "person:erased": N_("Person erased"),
    "project:approved": N_("Approved"),
    "project:assigned": N_("Responsible specialist changed"),
    "project:changed": N_("Facts changed"),
    "project:reminded": N_("Reminded by hand"),
    "project:results-required": N_("Results required again"),
    "project:waived": N_("Results not required"),
    "project:hidden": N_("Project hidden"),
    "project:import-changed": N_("Changed by an import"),
    "project:imported": N_("Project imported"),
    "project:override-cleared": N_("Override of the project cleared"),
    "project:returned": N_("Returned for additions"),
    "project:submitted": N_("Submitted"),
    "project:undone": N_("Decision undone"),
    "project:unlocked": N_("Unlocked"),
    "reopening:asked": N_("Asked to reopen"),
    "reopening:declined": N_("Request to reopen declined"),
    "reopening:returned": N_("Request to reopen answered by a return"),
    "reopening:unlocked": N_("Request to reopen answered by an unlock"),
    "retention:swept": N_("What was kept long enough was deleted"),
    "report:marked": N_("Final report dates changed"),
    "result:added": N_("Result added"),
    "result:changed": N_("Result changed"),
    "result:deleted": N_("Result deleted"),
    "result:hidden": N_("Result hidden"),
    "result:moved": N_("Order of results changed"),
    "result:override-cleared": N_("Override of a result cleared"),
    "result:restored": N_("Result restored"),
    "review:asked": N_("Coordinator asked"),
    "review:claimed": N_("Review claimed"),
    "review:judged": N_("Verdict given"),
    "review:noted": N_("Note for colleagues"),
    "review:released": N_("Review released"),
    "review:taken-over": N_("Review taken over"),
    "settings:changed": N_("Settings changed"),
    "summary:changed": N_("Final summary changed"),
    "system:restored": N_("Restored from a backup"),
    "terms:accepted": N_("Terms of use accepted"),
    "text:changed": N_("Text changed"),
    "ticket:assigned": N_("Ticket assigned"),
    "ticket:closed": N_("Ticket closed"),
    "ticket:cured": N_("Cure of a ticket done"),
    "ticket:merged": N_("Tickets merged"),
    "ticket:message-received": N_("Message of the requester"),
    "ticket:noted": N_("Note on a ticket"),
    "ticket:opened": N_("Ticket opened"),
    "ticket:picture-blacked-out": N_("Part of a picture blacked out"),
    "ticket:replied": N_("Ticket answered"),
    "ticket:reply-taken-back": N_("Reply taken back"),
    "ticket:reopened": N_("Ticket opened again"),
    "ticket:routed": N_("Ticket given to an agency"),
    "ticket:set-waiting": N_("Ticket waits for its requester"),
    "ticket:solved": N_("Ticket solved"),
    "ticket:solved-by-requester": N_("Ticket solved, says its requester"),
    "ticket:sorted": N_("Category or project of a ticket changed"),
    "ticket:unlock-asked": N_("A specialist was asked to unlock"),
    "canned-reply:changed": N_("Ready reply changed"),
    "canned-reply:deleted": N_("Ready reply deleted"),
    "token:created": N_("Token created"),
    "token:revoked": N_("Token revoked"),
    "user:link-sent": N_("Link for a new password sent"),
    "user:sessions-ended": N_("Sessions ended"),
    "user:absence-set": N_("Absence set"),
    "user:created": N_("User created"),
    "user:deactivated": N_("User deactivated"),
    "user:password-set": N_("Password set"),
    "user:recovery-code-used": N_("Recovery code used"),
    "user:reset": N_("Sign-in of a user reset"),
    "user:role-changed": N_("Role of a user changed"),
    "user:second-factor-set": N_("Second factor set up"),
    "website:changed": N_("Website changed"),
    "website:hidden": N_("Website hidden"),
    "website:override-cleared": N_("Override of the website cleared"),
})

GROUP_WORDS: Mapping[str, str] = MappingProxyType({
    "decisions": N_("Decisions"),
    "reviews": N_("Claims and verdicts"),
    "changes": N_("Changes of texts and files"),
    "visibility": N_("Who may see what"),
    "access": N_("Access and sign-ins"),
    "mails": N_("Mails"),
    "tickets": N_("Tickets"),
})


# How an action looks in a timeline: the kind of its colour and its icon; first by its name, then by its beginning.
MARKS: Mapping[str, tuple[str, str]] = MappingProxyType({
    "project:approved": ("good", "ok"), "project:returned": ("wait", "back"), "project:submitted": ("review", "half"),
    "project:unlocked": ("wait", "unlock"), "project:undone": ("open", "undo"), "project:hidden": ("open", "hide"),
    "project:assigned": ("open", "user"), "project:import-changed": ("open", "down"),
    "project:imported": ("open", "down"), "project:reminded": ("open", "mail"), "report:marked": ("open", "flag"),
    "reopening:asked": ("wait", "chat"), "reopening:declined": ("open", "x"), "review:asked": ("info", "chat"),
    "review:noted": ("open", "note"), "review:judged": ("open", "check"), "file:infected": ("bad", "warn"),
    "file:refused": ("bad", "file"), "access:granted": ("good", "key"), "access:ended": ("bad", "x"),
    "result:hidden": ("open", "hide"), "contact:hidden": ("open", "hide"), "contact:made-public": ("good", "eye"),
    "contact:shown": ("good", "eye"), "contact:made-private": ("open", "hide"), "contact:withdrew": ("open", "hide"),
    "access": ("open", "key"), "contact": ("open", "users"), "file": ("open", "file"), "import": ("open", "down"),
    "logo": ("open", "image"), "notices": ("open", "mail"), "outbox": ("open", "mail"), "project": ("open", "edit"),
    "reopening": ("open", "unlock"), "result": ("open", "edit"), "review": ("open", "user"),
    "summary": ("open", "edit"), "ticket": ("open", "chat"), "user": ("open", "user"), "website": ("open", "globe"),
})


def mark(name: str) -> tuple[str, str]:
    """The kind and the icon of an action."""
    return MARKS.get(name) or MARKS.get(name.partition(":")[0]) or ("open", "circle")


# Fields of the tables as a reader calls them; a rare one keeps its own name.
FIELD_WORDS: Mapping[str, str] = MappingProxyType({
    **DIFFERENCE_WORDS,
    "action_type_name": N_("Action type"), "answer": N_("Answer"), "assignee": N_("Assigned to"),
    "basis": N_("Basis"), "category": N_("Category"), "cause": N_("Cause"), "code": N_("Code"),
    "comment": N_("Comment"), "description": N_("Description in English"), "do_not_publish": N_("Do not publish"),
    "due_on": N_("Due date"), "email": N_("Email"), "fields": N_("What changed"), "file": N_("File"),
    "files": N_("Files"), "from": N_("Before"), "grant_cents": N_("Grant"), "key_action_name": N_("Key action"),
    "languages": N_("Languages"), "link": N_("Link"), "logo": N_("Logo"), "mail": N_("Mail"), "mails": N_("Mails"),
    "name": N_("Name"), "number": N_("Number"), "organisation": N_("Coordinating organisation"),
    "organisation_country": N_("Country"), "partners": N_("Partners"), "phone": N_("Phone"),
    "project": N_("Project"), "question": N_("Question"), "reason": N_("Reason"), "result": N_("Result"),
    "results": N_("Results"), "role": N_("Role"), "scopes": N_("Rights"), "subject": N_("Subject"),
    "summary": N_("Project description"), "title": N_("Title"), "to": N_("After"), "type": N_("Type"),
    "until": N_("Until"), "verdict": N_("Verdict"), "website": N_("Website"),
})


def field(name: str) -> str:
    """A field in words."""
    return str(gettext(FIELD_WORDS[name])) if name in FIELD_WORDS else name.replace("_", " ")


def action(name: str) -> str:
    """An action in words; a new one that has none yet keeps its own name."""
    return str(gettext(ACTION_WORDS[name])) if name in ACTION_WORDS else name


def details(values: Mapping[str, object]) -> list[tuple[str, str]]:
    """What an event keeps, as lines; digests of personal values say nothing to a reader and are left out. A refusal
    keeps its sentence and the words that fill it."""
    filling = values.get("values")
    if isinstance(filling, dict):
        rest = {name: value for name, value in values.items() if name != "values"}
        return details(rest | {"cause": say(str(values.get("cause", "")), filling)})
    return [
        (field(name), ", ".join(field(str(one)) if name == "fields" else str(one) for one in value)
            if isinstance(value, list) else str(value))
        for name, value in values.items()
        if value not in (None, "", []) and name != "ticket" and not name.endswith("_digest")
    ]
