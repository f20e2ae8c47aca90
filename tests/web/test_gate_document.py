"""The OpenAPI document of the gate is true: what a program makes of it meets no answer that it does not name."""

import contextvars

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import checks
from sqlalchemy.orm import Session

from backoffice.models import Agency
from backoffice.services import tokens
from backoffice.services.tokens import Scope
from backoffice.services.uow import unit_of_work
from tests.factories import reviews as make

# The same requests in every run; enough of them to find a wrong word, few enough for each push.
FEW = settings(
    max_examples=40, derandomize=True, database=None, deadline=None, phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
# No failure, and nothing that the document does not name. What a valid field may mean is ours to refuse (a cursor that
# was not made here, a day to come), so "valid by the schema" is no promise of 200.
TRUE = [
    checks.not_a_server_error, checks.status_code_conformance, checks.content_type_conformance,
    checks.response_schema_conformance,
]
CODE = "2023-1-LV01-KA220-SCH-000000001"
OPERATIONS = (
    ("/api/v1/projects/{code}/final-report-gate", "GET"), ("/api/v1/final-report-gate", "GET"),
    ("/api/v1/projects/{code}/final-report", "PUT"), ("/api/v1/openapi.json", "GET"),
)


@pytest.mark.one_engine
@pytest.mark.slow
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_no_request_made_from_the_document_gets_an_answer_beside_it(
    app: Flask, session: Session, path: str, method: str
) -> None:
    scene = make.scene(code=CODE)
    make.submit(scene)
    with unit_of_work() as uow:
        agency = uow.session.get_one(Agency, scene.agency_id)
        token = tokens.create(uow, actor=None, agency=agency, name="Grants", scopes=tuple(Scope))
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    operation = schema[path][method]

    @FEW
    @given(case=operation.as_strategy())
    def each(case: schemathesis.Case) -> None:
        if case.path_parameters and len(str(case.path_parameters["code"])) % 2:
            case.path_parameters["code"] = CODE
        headers = {"Authorization": f"Bearer {token}"}
        answer = contextvars.Context().run(case.call, headers=headers)  # as in a thread of its own
        case.validate_response(answer, checks=TRUE)
        assert answer.headers["cache-control"] == ["no-store"]

    each()
