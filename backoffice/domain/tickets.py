"""States of a ticket and directions of its messages (GLOSSARY)."""

from enum import StrEnum


class TicketState(StrEnum):
    NEW = "new"
    OPEN = "open"
    WAITING = "waiting"
    SOLVED = "solved"
    CLOSED = "closed"


class Direction(StrEnum):
    IN = "in"
    OUT = "out"
    INTERNAL = "internal"
