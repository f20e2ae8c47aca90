"""Every table, so that mapper configuration and migrations see all of them."""

from backoffice.models.agency import Agency, AgencyText, ApiToken
from backoffice.models.audit import AuditEvent, AuditPersonal, AuditSeal
from backoffice.models.contact import Access, Contact, ContactLink, EndedAddress, Override
from backoffice.models.draft import FormDraft
from backoffice.models.file import StoredFile
from backoffice.models.import_run import ImportRun
from backoffice.models.inbound import LostMail, MutedList, ReceivedMail
from backoffice.models.link_check import LinkCheck
from backoffice.models.operation import DutyRun, Restoration
from backoffice.models.outbox import OutboxRow
from backoffice.models.project import ImportDifference, Partner, Project, StaffFact
from backoffice.models.result import Result
from backoffice.models.submission import (
    ChangeRequest,
    Decision,
    ItemVerdict,
    ReopenRequest,
    ReviewClaim,
    ReviewNote,
    Submission,
    SubmissionFile,
    SubmissionItem,
)
from backoffice.models.ticket import (
    CannedReply,
    Ticket,
    TicketAttachment,
    TicketDraft,
    TicketMessage,
)
from backoffice.models.upload import PendingUpload, UploadPiece
from backoffice.models.user import (
    ActKey,
    AddressState,
    Identity,
    PasswordLink,
    RecoveryCode,
    SignInAttempt,
    TermsAcceptance,
    User,
)

__all__ = [
    "Access",
    "ActKey",
    "AddressState",
    "Agency",
    "AgencyText",
    "ApiToken",
    "AuditEvent",
    "AuditPersonal",
    "AuditSeal",
    "CannedReply",
    "ChangeRequest",
    "Contact",
    "ContactLink",
    "Decision",
    "DutyRun",
    "EndedAddress",
    "FormDraft",
    "Identity",
    "ImportDifference",
    "ImportRun",
    "ItemVerdict",
    "LinkCheck",
    "LostMail",
    "MutedList",
    "OutboxRow",
    "Override",
    "Partner",
    "PasswordLink",
    "PendingUpload",
    "Project",
    "ReceivedMail",
    "RecoveryCode",
    "ReopenRequest",
    "Restoration",
    "Result",
    "ReviewClaim",
    "ReviewNote",
    "SignInAttempt",
    "StaffFact",
    "StoredFile",
    "Submission",
    "SubmissionFile",
    "SubmissionItem",
    "TermsAcceptance",
    "Ticket",
    "TicketAttachment",
    "TicketDraft",
    "TicketMessage",
    "UploadPiece",
    "User",
]
