"""What operators see (CONTRACT, Pages): numbers for who brings the token, and nobody's name."""

from dataclasses import replace

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text
from sqlalchemy.orm import Session

from backoffice.domain.files import FileCheck
from backoffice.jobs import outbox
from backoffice.services.uow import unit_of_work
from tests import factories
from tests.factories import reviews
from tests.support.client import Client

TOKEN = "a token of the operators"


def numbers(client: Client) -> dict[tuple[str, ...], float]:
    response = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert response.status_code == 200
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(response.text) for sample in family.samples
    }


def test_metrics_are_there_only_for_the_token(app: Flask, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert client.get("/metrics").status_code == 404
    settings = app.config["SETTINGS"]
    monkeypatch.setitem(app.config, "SETTINGS", replace(settings, metrics_token=TOKEN))
    for brought in ("", "Bearer wrong", f"Basic {TOKEN}", "Bearer ķļ"):
        assert client.get("/metrics", headers={"Authorization": brought.encode()}).status_code == 401
    assert numbers(client)["backoffice_database_up",] == 1
    monkeypatch.setitem(app.config, "SETTINGS", replace(settings, env="demo"))
    assert client.get("/metrics").status_code == 200


@pytest.mark.both_engines
def test_metrics_tell_what_waits_and_name_nobody(
    app: Flask, client: Client, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], metrics_token=TOKEN))
    scene = reviews.scene()
    reviews.submit(scene)
    factories.file(project_id=scene.project_id, result_id=scene.result_ids[0], check=FileCheck.WAITING)
    client.get("/my/2023-1-LV01-KA220-SCH-000000001/?secret=1")
    before = numbers(client)
    assert before["backoffice_mails", "waiting"] > 0
    assert before["backoffice_files_unchecked",] == 1
    assert before["backoffice_requests_total", "coordinator.project", "GET", "302"] >= 1
    assert ("backoffice_queue_length",) not in before
    assert before["backoffice_queue_up",] == 0
    outbox.sweep()
    after = numbers(client)
    assert after["backoffice_mails", "sent"] > 0
    assert after["backoffice_duty_age_seconds", "mails"] < 60
    words = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text
    assert "@" not in words
    assert "LV01" not in words
    assert "secret" not in words


def test_database_that_waits_for_its_migration_is_not_ready(app: Flask, client: Client, session: Session) -> None:
    assert client.get("/readyz").status_code == 200
    app.extensions["older-revisions"], kept = frozenset({"0001"}), app.extensions["older-revisions"]
    try:
        assert client.get("/readyz").status_code == 503
    finally:
        app.extensions["older-revisions"] = kept
    with unit_of_work() as uow:
        assert uow.session.scalar(text("SELECT count(*) FROM alembic_version")) == 1
