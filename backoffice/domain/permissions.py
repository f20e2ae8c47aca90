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

# Each in words, for the page that shows the table.
PERMISSION_WORDS: Mapping[Permission, str] = MappingProxyType({
    Permission.ACCESS_GRANT: N_("Give, send again, move and end access to projects"),
    Permission.ACCESS_READ: N_("See who has access"),
    Permission.AGENCY_MANAGE: N_("Add agencies and their admins"),
    Permission.AUDIT_READ: N_("Read the audit trail"),
    Permission.CONTACT_OVERRIDE: N_("Hide and show contact persons"),
    Permission.CONTACT_READ: N_("See contact persons"),
    Permission.DASHBOARD_READ: N_("See what waits today"),
    Permission.FILE_PASS: N_("Let a file pass that could not be checked"),
    Permission.FILE_READ: N_("Open files that are not published"),
    Permission.HEALTH_READ: N_("See whether the system is well"),
    Permission.IMPORT_RUN: N_("Import projects"),
    Permission.OUTBOX_READ: N_("See who was told what"),
    Permission.OUTBOX_RELEASE: N_("Release held mails"),
    Permission.OUTBOX_RESEND: N_("Send a mail again"),
    Permission.OWN_ACCESS: N_("Give and end access to the own project"),
    Permission.OWN_EDIT: N_("Enter results of the own project"),
    Permission.OWN_READ: N_("See the own project"),
    Permission.OWN_REOPEN: N_("Ask to reopen the own results"),
    Permission.OWN_SUBMIT: N_("Submit the own results"),
    Permission.PERMISSION_READ: N_("See this table"),
    Permission.PERSON_ERASE: N_("Erase a person"),
    Permission.PROJECT_ASSIGN: N_("Say who is responsible for a project"),
    Permission.PROJECT_EDIT: N_("Set facts of a project"),
    Permission.PROJECT_HIDE: N_("Hide a project, its website or logo"),
    Permission.PROJECT_MARK: N_("Mark good practice and success stories"),
    Permission.PROJECT_READ: N_("See the projects of the agency"),
    Permission.PROJECT_REMIND: N_("Remind coordinators"),
    Permission.PROJECT_WAIVE: N_("Say that results are not required"),
    Permission.REPORT_MARK: N_("Enter the dates of the final report"),
    Permission.RESULT_HIDE: N_("Hide results"),
    Permission.RESULT_READ: N_("See results before they are published"),
    Permission.REVIEW_CLAIM: N_("Claim a review"),
    Permission.REVIEW_DECIDE: N_("Approve, return and unlock"),
    Permission.REVIEW_READ: N_("Follow a review"),
    Permission.SETTINGS_EDIT: N_("Change the settings of the agency"),
    Permission.TEXT_EDIT: N_("Word the agency's texts"),
    Permission.TICKET_NOTE: N_("Write notes on tickets"),
    Permission.TICKET_READ: N_("Read tickets"),
    Permission.TICKET_WORK: N_("Answer tickets and mend their causes"),
    Permission.TOKEN_MANAGE: N_("Make and revoke tokens"),
    Permission.USER_MANAGE: N_("Add, reset and deactivate users"),
    Permission.USER_READ: N_("See the staff"),
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
