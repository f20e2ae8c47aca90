import itertools
from datetime import date

from backoffice.models import Agency
from backoffice.services.uow import unit_of_work

_numbers = itertools.count(1)


def agency(*, code: str | None = None, language: str = "en", time_zone: str = "Europe/Riga") -> int:
    """An agency that mails from the year 2000 on."""
    number = next(_numbers)
    with unit_of_work() as uow:
        row = Agency(
            code=code or f"X{chr(ord('A') + number // 100 % 26)}{number % 100:02}",
            name=f"Agency {number}",
            language=language,
            time_zone=time_zone,
            created_at=uow.now,
            notices_from=date(2000, 1, 1),
            review_address=f"review{number}@agency.example",
            helpdesk_address=f"help{number}@agency.example",
        )
        uow.session.add(row)
        uow.session.flush()
        return row.id
