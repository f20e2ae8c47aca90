"""Tickets of the demo (S16): one in each state, with screenshots, an answer and a note among colleagues."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from sqlalchemy import select

from backoffice.domain.permissions import Actor, Role
from backoffice.domain.tickets import Category, Channel, TicketState
from backoffice.models import Ticket, User
from backoffice.queries import users
from backoffice.services import ticket_files, ticket_replies, ticket_triage, tickets
from backoffice.services.tickets import NewTicket
from backoffice.services.uow import UnitOfWork
from backoffice.storage.intake import Upload

HELPER = "helpdesk@demo.example"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoTicket:
    """`note`, `answer` and `then` are the helpdesk's; without an answer and with the state new nobody has begun."""

    subject: str
    text: str
    email: str
    name: str
    category: Category
    days: int  # from today
    answered: int = 0
    language: str = "en"
    pictures: tuple[str, ...] = ()
    context: tuple[tuple[str, str], ...] = ()
    note: str = ""
    answer: str = ""
    then: TicketState = TicketState.NEW
    is_taken: bool = False


TICKETS = (
    DemoTicket(
        subject="Paldies!", name="Anna Ozola", email="coordinator@demo.example", language="lv", days=-6, answered=-5,
        category=Category.OTHER, text="Viss izdevās, rezultāti ir iesniegti. Paldies par palīdzību!",
        answer="Labdien!\n\nPaldies par ziņu, lai veicas ar gala pārskatu.", then=TicketState.SOLVED,
    ),
    DemoTicket(
        subject="Video longer than 100 MB: what can we do?", name="Ieva Paraudziņa", email="partner@demo.example",
        days=-4, answered=-3, category=Category.UPLOAD,
        text="What I tried: to upload our film of one lesson, 240 MB.\nWhat happened: the page says that one result "
             "takes at most 100 MB.\nWhat I expected: a way to publish it all the same.",
        answer="Good morning,\n\nput the film on a video platform and enter its address as the link of the result, or "
               "cut it into parts of less than 100 MB. Would one of the two help?",
        then=TicketState.WAITING,
    ),
    DemoTicket(
        subject="How do I hide one of the results?", name="Anna Ozola", email="coordinator@demo.example", days=-1,
        category=Category.PUBLISHING, is_taken=True,
        text="One result holds interviews that our partners do not want to see in public. How do I mark that in "
             "2023-1-LV01-KA220-SCH-000000002?",
        note="They have not submitted yet: “Do not publish” in the form is enough.",
    ),
    DemoTicket(
        subject="Piekļuve liegta: cannot sign in after changing school e-mail", name="Kristīne Testiņa",
        email="k.test@new-school.example", language="lv", days=-1, category=Category.ACCESS,
        text="Ko mēģināju: ienācu ar EU Login, ar jauno adresi skolā.\nKas notika: “Access forbidden”, telefonā tas "
             "pats.\nKo gaidīju: redzēt mūsu projektu 2023-1-LV01-KA220-SCH-000000004.",
        pictures=("access-forbidden.png",), context=(("page", "/login"), ("last_error", "not-invited")),
    ),
    DemoTicket(
        subject="Upload stops at 60 %", name="Jānis Kalniņš", email="second@demo.example", days=0,
        category=Category.UPLOAD, pictures=("upload-stopped.png",),
        text="What I tried: to upload the trainer handbook, 38 MB, from the library.\nWhat happened: it stops at 60 % "
             "and says the connection was lost.\nWhat I expected: that it goes on where it stopped.",
        context=(("page", "/my/2023-1-LV01-KA220-SCH-000000002/results/new"), ("last_error", "connection-lost")),
    ),
)
PICTURES = tuple(name for ticket in TICKETS for name in ticket.pictures)


def steps(pictures: Mapping[str, Upload]) -> Iterator[tuple[int, Callable[[UnitOfWork], object]]]:
    """A day, counted from today, and what happens on it to one of the tickets."""
    for demo in TICKETS:
        yield demo.days, partial(_write, demo=demo, pictures=pictures)
        if demo.answer or demo.note:
            yield demo.answered or demo.days, partial(_work, demo=demo)


def _write(uow: UnitOfWork, *, demo: DemoTicket, pictures: Mapping[str, Upload]) -> None:
    account = uow.session.scalar(users.by_email(demo.email))
    rows = ticket_files.store_pictures(uow, uploads=[pictures[name] for name in demo.pictures])
    tickets.open_ticket(uow, actor=None, new=NewTicket(
        subject=demo.subject, text=demo.text, email=demo.email, name=demo.name, language=demo.language,
        requester_id=account.id if account else None, category=demo.category, channel=Channel.FORM,
        context=dict(demo.context), files=[row.id for row in rows],
    ))


def _work(uow: UnitOfWork, *, demo: DemoTicket) -> None:
    actor = _helper(uow)
    ticket = uow.session.scalars(select(Ticket).where(Ticket.subject == demo.subject)).one()
    if demo.is_taken:
        ticket_triage.take(uow, actor=actor, ticket_id=ticket.id)
    if demo.note:
        ticket_replies.note(uow, actor=actor, ticket_id=ticket.id, text=demo.note)
    if demo.answer:
        ticket_replies.reply(
            uow, actor=actor, ticket_id=ticket.id, text=demo.answer, then=demo.then, seen_version=ticket.version
        )


def _helper(uow: UnitOfWork) -> Actor:
    user: User = uow.session.scalars(users.by_email(HELPER)).one()
    return Actor(user_id=user.id, role=Role.HELPDESK, agency_id=user.agency_id)
