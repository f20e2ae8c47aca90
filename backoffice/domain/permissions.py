"""Who may do what: one table (DOMAIN §6). Every route, button and test reads it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from backoffice.domain.errors import N_


class Permission(StrEnum):
    """`resource:verb`, in the order of the alphabet."""

    ACCESS_GRANT = "access:grant"
    ACCESS_READ = "access:read"
    AGENCY_MANAGE = "agency:manage"
    AUDIT_READ = "audit:read"
    CONTACT_OVERRIDE = "contact:override"
    CONTACT_READ = "contact:read"
    DASHBOARD_READ = "dashboard:read"
    FILE_PASS = "file:pass"
    FILE_READ = "file:read"
    HEALTH_READ = "health:read"
    IMPORT_RUN = "import:run"
    OUTBOX_READ = "outbox:read"
    OUTBOX_RELEASE = "outbox:release"
    OUTBOX_RESEND = "outbox:resend"
    OWN_ACCESS = "own:access"
    OWN_EDIT = "own:edit"
    OWN_READ = "own:read"
    OWN_REOPEN = "own:reopen"
    OWN_SUBMIT = "own:submit"
    PERMISSION_READ = "permission:read"
    PERSON_ERASE = "person:erase"
    PROJECT_ASSIGN = "project:assign"
    PROJECT_EDIT = "project:edit"
    PROJECT_HIDE = "project:hide"
    PROJECT_MARK = "project:mark"
    PROJECT_READ = "project:read"
    PROJECT_REMIND = "project:remind"
    PROJECT_WAIVE = "project:waive"
    REPORT_MARK = "report:mark"
    RESULT_HIDE = "result:hide"
    RESULT_READ = "result:read"
    REVIEW_CLAIM = "review:claim"
    REVIEW_DECIDE = "review:decide"
    REVIEW_READ = "review:read"
    SETTINGS_EDIT = "settings:edit"
    TEXT_EDIT = "text:edit"
    TICKET_NOTE = "ticket:note"
    TICKET_READ = "ticket:read"
    TICKET_WORK = "ticket:work"
    TOKEN_MANAGE = "token:manage"
    USER_MANAGE = "user:manage"
    USER_READ = "user:read"


class Role(StrEnum):
    """Coordinator is never stored with a user: it is the role in which an active access row lets a person act."""

    COORDINATOR = "coordinator"
    SPECIALIST = "specialist"
    HELPDESK = "helpdesk"
    AGENCY_ADMIN = "agency_admin"
    PLATFORM_ADMIN = "platform_admin"


class StaffRole(StrEnum):
    """The roles that a user row may hold."""

    SPECIALIST = "specialist"
    HELPDESK = "helpdesk"
    AGENCY_ADMIN = "agency_admin"
    PLATFORM_ADMIN = "platform_admin"


ROLE_WORDS: Mapping[Role, str] = MappingProxyType({
    Role.COORDINATOR: N_("Coordinator"),
    Role.SPECIALIST: N_("Programme specialist"),
    Role.HELPDESK: N_("Helpdesk"),
    Role.AGENCY_ADMIN: N_("Agency admin"),
    Role.PLATFORM_ADMIN: N_("Platform admin"),
})

P = Permission

_READ = frozenset({
    P.ACCESS_READ, P.AUDIT_READ, P.CONTACT_READ, P.DASHBOARD_READ, P.FILE_READ, P.OUTBOX_READ, P.PERMISSION_READ,
    P.PROJECT_READ, P.RESULT_READ, P.REVIEW_READ, P.TICKET_NOTE, P.TICKET_READ, P.USER_READ,
})
_SPECIALIST = _READ | {
    P.CONTACT_OVERRIDE, P.FILE_PASS, P.PROJECT_ASSIGN, P.PROJECT_EDIT, P.PROJECT_HIDE, P.PROJECT_MARK,
    P.PROJECT_REMIND, P.PROJECT_WAIVE, P.REPORT_MARK, P.RESULT_HIDE, P.REVIEW_CLAIM, P.REVIEW_DECIDE,
}
_HELPDESK = _READ | {P.ACCESS_GRANT, P.CONTACT_OVERRIDE, P.OUTBOX_RESEND, P.TICKET_WORK}

GRANTS: Mapping[Role, frozenset[Permission]] = MappingProxyType({
    Role.COORDINATOR: frozenset({P.OWN_ACCESS, P.OWN_EDIT, P.OWN_READ, P.OWN_REOPEN, P.OWN_SUBMIT}),
    Role.SPECIALIST: _SPECIALIST,
    Role.HELPDESK: _HELPDESK,
    Role.AGENCY_ADMIN: _SPECIALIST | _HELPDESK | {
        P.IMPORT_RUN, P.OUTBOX_RELEASE, P.PERSON_ERASE, P.SETTINGS_EDIT, P.TEXT_EDIT, P.TOKEN_MANAGE, P.USER_MANAGE,
    },
    Role.PLATFORM_ADMIN: frozenset({P.AGENCY_MANAGE, P.HEALTH_READ, P.PERMISSION_READ}),
})


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts: ids, role and scope as plain values; no row, no session.

    A person who is coordinator and staff acts as one of the two at a time: rights never mix (DOMAIN §3).
    """

    user_id: int
    role: Role
    agency_id: int | None = None
    project_ids: frozenset[int] = frozenset()

    def can(self, permission: Permission) -> bool:
        """Does the table give this permission to the actor's role?"""
        return permission in GRANTS[self.role]
