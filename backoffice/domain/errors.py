"""Errors a person can act on: an English sentence with its values, translated where it is shown."""

from collections.abc import Mapping


def N_(text: str) -> str:
    """Mark a sentence for the catalogue; plain Python has no translator."""
    return text


class DomainError(Exception):
    """A rule said no.

    `message` is an English sentence with `%(name)s` places, `values` fills them, `field` names the form field
    that it concerns and `code` is the stable name that pages put into `data-error`.
    """

    default_code = "refused"

    def __init__(
        self,
        message: str,
        *,
        field: str | None = None,
        code: str | None = None,
        values: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.code = code or self.default_code
        self.values: dict[str, object] = dict(values or {})


class NotFound(DomainError):
    """No such row within the actor's scope: a stranger learns nothing."""

    default_code = "not-found"


class Forbidden(DomainError):
    """The row is there, the permission is not."""

    default_code = "forbidden"


class Refused(DomainError):
    """The state does not allow it, or a guard says no."""


class Stale(DomainError):
    """Decided on a version that is no longer the current one."""

    default_code = "stale"
