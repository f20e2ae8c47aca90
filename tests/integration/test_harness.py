"""The ground on which the other tests stand."""

import socket

import pytest
from pytest_socket import SocketConnectBlockedError
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from backoffice.domain import clock
from backoffice.models import Agency, Project, Result
from backoffice.services.uow import unit_of_work
from tests import factories


def count(session: Session, table: type) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(table)) or 0


@pytest.mark.parametrize("_again", range(2))
def test_what_a_test_commits_is_gone_for_the_next(session: Session, _again: int) -> None:
    agency_id = factories.agency()
    project_id = factories.project(agency_id=agency_id)
    factories.result(project_id=project_id)
    assert (count(session, Agency), count(session, Project), count(session, Result)) == (1, 1, 1)


def test_a_write_outside_a_unit_of_work_is_refused_by_the_engine(session: Session) -> None:
    session.add(Agency(code="XA01", name="X", created_at=clock.now(), notices_from=clock.now().date()))
    with pytest.raises(DBAPIError, match=r"read.?only"):
        session.flush()
    session.rollback()


def test_a_unit_of_work_inside_another_is_refused(session: Session) -> None:
    with pytest.raises(RuntimeError), unit_of_work(), unit_of_work():
        pass


def test_a_socket_to_another_machine_is_refused() -> None:
    with (
        pytest.warns(UserWarning, match="tried to use"),
        pytest.raises(SocketConnectBlockedError),
        socket.socket() as opened,
    ):
        opened.connect(("192.0.2.1", 80))
