"""Audit actions in words, for the trail and for the history beside a project."""

from collections.abc import Mapping
from types import MappingProxyType

from flask_babel import gettext

from backoffice.domain.errors import N_
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
    "file:replaced": N_("File replaced"),
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
        (name.replace("_", " "), ", ".join(map(str, value)) if isinstance(value, list) else str(value))
        for name, value in values.items()
        if value not in (None, "", []) and name != "ticket" and not name.endswith("_digest")
    ]
