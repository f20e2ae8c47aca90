"""Contacts and access as an import brings them (DOMAIN §2): private contacts, access for the first one only.

A changed address is a new contact; the former one loses the access that an import gave. Who was removed, handed over
or erased here never comes back: the difference is a row in "Needs data".
"""

from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import update

from backoffice.domain.errors import N_
from backoffice.domain.imports import ImportedRow, Person
from backoffice.domain.visibility import OverrideKind, Subject
from backoffice.models import Access, Contact, Override, User
from backoffice.queries.imports import Known
from backoffice.services.access import Origin, address_digest
from backoffice.services.uow import UnitOfWork

REPLACED = N_("The agency's list names another contact person.")


@dataclass(slots=True, kw_only=True)
class Changes:
    """What changed about the people of a project."""

    said: set[str] = field(default_factory=set)
    fields: list[str] = field(default_factory=list)
    kept: dict[str, tuple[object, object]] = field(default_factory=dict)
    personal: dict[str, tuple[str, User | None]] = field(default_factory=dict)
    given: list[Access] = field(default_factory=list)
    ended: list[Access] = field(default_factory=list)
    is_told_at_once: bool = False  # the new contact of a project that runs already has no start to wait for


def write(
    uow: UnitOfWork, *, entry: Known, said: ImportedRow, users: dict[str, User], today: date
) -> Changes:
    """Contacts of both persons and access of the first; `users` gains who is new."""
    changes = Changes()
    wanted = [person.email for person in (said.contact, said.second_contact) if person is not None]
    if said.contact is not None:
        _contact(uow, entry=entry, person=said.contact, is_main=True, changes=changes)
        _end_former(uow, entry=entry, wanted=wanted, is_main=True, changes=changes)
        _access(uow, entry=entry, person=said.contact, users=users, changes=changes)
        start = entry.project.start_date
        changes.is_told_at_once = bool(changes.ended) and (start is None or start <= today)
    second = said.second_contact
    if second is not None and second.email != _main_address(said, entry):
        _contact(uow, entry=entry, person=second, is_main=False, changes=changes)
        _end_former(uow, entry=entry, wanted=wanted, is_main=False, changes=changes)
    return changes


def masked(email: str) -> str:
    """Enough to know a person by, too little to bring back who was erased."""
    name, _, host = email.partition("@")
    return f"{name[:1]}…@{host}"


def _main_address(said: ImportedRow, entry: Known) -> str:
    if said.contact is not None:
        return said.contact.email
    return next((row.email for row in entry.contacts.values() if row.is_main and row.ended_at is None), "")


def _is_barred(entry: Known, email: str) -> bool:
    return bool(entry.ended) and address_digest(project=entry.project, email=email) in entry.ended


def _contact(uow: UnitOfWork, *, entry: Known, person: Person, is_main: bool, changes: Changes) -> None:
    """A new contact, private; the one of an earlier list again; or name and phone of the one that is there."""
    name = "contact" if is_main else "second_contact"
    changes.said.add(name)
    row = entry.contacts.get(person.email)
    is_barred = _is_barred(entry, person.email)
    if row is None and not is_barred:
        row = Contact(
            project=entry.project, email=person.email, name=person.name, role="", phone=person.phone,
            position=0 if is_main else 1, is_main=is_main, is_imported=True, is_edited_here=False,
            coordinator_public=False, is_ended_by_import=False, created_at=uow.now,
        )
        uow.session.add(row)
        entry.contacts[person.email] = row
    elif row is not None and row.ended_at is None:
        if not _update(row, person=person, is_main=is_main):
            return
    elif row is not None and row.is_ended_by_import and not is_barred:
        _revive(uow, row=row)
        _update(row, person=person, is_main=is_main)
    else:
        changes.kept[name] = ("", masked(person.email))
        return
    changes.fields.append(name)
    changes.personal[name] = (person.email, None)


def _update(row: Contact, *, person: Person, is_main: bool) -> bool:
    """Bring name, phone and place up to date; what was edited here stays. True when anything changed."""
    theirs: dict[str, object] = {"is_main": is_main}
    if not row.is_edited_here:
        theirs |= {key: word for key, word in (("name", person.name), ("phone", person.phone)) if word}
    if row.is_imported:
        theirs["position"] = 0 if is_main else 1
    changed = {key: value for key, value in theirs.items() if getattr(row, key) != value}
    for key, value in changed.items():
        setattr(row, key, value)
    return bool(changed)


def _revive(uow: UnitOfWork, *, row: Contact) -> None:
    """Back from an earlier list, as private as a new one: neither switch nor override of then holds now."""
    row.ended_at, row.is_ended_by_import = None, False
    row.coordinator_public, row.coordinator_at = False, None
    uow.session.execute(
        update(Override)
        .where(
            Override.subject == Subject.CONTACT, Override.subject_id == row.id, Override.kind == OverrideKind.SHOW,
            Override.cleared_at.is_(None),
        )
        .values(cleared_at=uow.now)
    )


def _end_former(uow: UnitOfWork, *, entry: Known, wanted: list[str], is_main: bool, changes: Changes) -> None:
    """Whom an earlier list named in this place, and this one no more. The audit keeps who it was."""
    for row in entry.contacts.values():
        if row.ended_at is None and row.is_imported and row.is_main is is_main and row.email not in wanted:
            row.ended_at, row.is_ended_by_import, row.coordinator_public = uow.now, True, False
            changes.fields.append("former_contact")
            changes.personal[f"former_contact_{row.id}"] = (row.email, None)


def _access(
    uow: UnitOfWork, *, entry: Known, person: Person, users: dict[str, User], changes: Changes
) -> None:
    """Access for the first contact; it takes away only what an import gave, and only for somebody who may come."""
    changes.said.add("access")
    if person.email not in entry.accesses:
        if _is_barred(entry, person.email):
            changes.kept["access"] = ("", masked(person.email))
            return
        user = users.get(person.email)
        if user is None:
            user = User(email=person.email, name=person.name[:200], created_at=uow.now)
            uow.session.add(user)
            users[person.email] = user
        row = Access(project=entry.project, user=user, origin=Origin.IMPORT.value, granted_at=uow.now)
        uow.session.add(row)
        changes.given.append(row)
        changes.fields.append("access")
        changes.personal["access"] = (person.email, user)
    for email, former in entry.accesses.items():
        if former.origin == Origin.IMPORT.value and email != person.email:
            former.ended_at, former.ended_reason = uow.now, REPLACED
            former.user.session_epoch += 1
            changes.ended.append(former)
            changes.fields.append("former_access")
            changes.personal[f"former_access_{former.id}"] = (email, former.user)
