"""The OpenAPI document of the gate; a test holds it against the routes and their answers."""

from typing import Any

_PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


def _problems(*codes: int) -> dict[str, Any]:
    words = {
        400: "A parameter cannot be read", 401: "No token in force", 403: "The token lacks the scope",
        404: "No such project in the agency", 422: "A field is refused; `field` names it",
    }
    return {str(code): {"description": words[code], "content": _PROBLEM} for code in codes}


def _answer(schema: str, description: str) -> dict[str, Any]:
    return {
        "200": {
            "description": description,
            "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}},
        }
    }


_LIST = (
    "Ordered by the last change of anything in the answer: state, report date, whether results are required. That can "
    "be later than `since` of an item, which is the instant of its state. To hear of every change, keep the time at "
    "which you began to ask, and pass it, less a minute, as `since` the next time."
)
_CODE = {
    "name": "code", "in": "path", "required": True, "description": "Project code, any case",
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9-]+$"},
}


def document(*, base_url: str) -> dict[str, Any]:
    """OpenAPI 3.1."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Project results: final-report gate",
            "version": "1",
            "description": "May the final report of a project be approved, as far as its results go?",
        },
        "servers": [{"url": base_url}],
        "security": [{"token": []}],
        "paths": {
            "/api/v1/projects/{code}/final-report-gate": {
                "get": {
                    "operationId": "getGate", "summary": "The gate of one project (scope gate:read)",
                    "parameters": [_CODE],
                    "responses": {**_answer("Gate", "The gate"), **_problems(401, 403, 404)},
                }
            },
            "/api/v1/final-report-gate": {
                "get": {
                    "operationId": "listGates",
                    "summary": "All gates by the instant of their last change (scope gate:read)",
                    "description": _LIST,
                    "parameters": [
                        {
                            "name": "since", "in": "query", "schema": {"type": "string", "format": "date-time"},
                            "description": "Only projects whose answer changed at this instant or later",
                        },
                        {
                            "name": "cursor", "in": "query", "schema": {"type": "string"},
                            "description": "`next` of the page before; null there means that this was the last one",
                        },
                    ],
                    "responses": {**_answer("Gates", "A page of gates"), **_problems(400, 401, 403)},
                }
            },
            "/api/v1/projects/{code}/final-report": {
                "put": {
                    "operationId": "putReport", "summary": "Dates of the final report (scope report:write)",
                    "description": (
                        "A field that is absent stays as it is; null takes its date back, which wants a reason. "
                        "No day to come."
                    ),
                    "parameters": [_CODE],
                    "requestBody": {
                        "required": True,
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Report"}}},
                    },
                    "responses": {**_answer("Gate", "The gate afterwards"), **_problems(400, 401, 403, 404, 422)},
                }
            },
            "/api/v1/openapi.json": {
                "get": {
                    "operationId": "getDocument", "summary": "This document", "security": [],
                    "responses": {"200": {"description": "OpenAPI 3.1", "content": {"application/json": {}}}},
                }
            },
        },
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {
                "Gate": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": [
                        "project", "may_approve", "state", "results_required", "since", "by", "submission", "digest",
                        "report_approved_on", "url",
                    ],
                    "properties": {
                        "project": {"type": "string"},
                        "may_approve": {"type": "boolean"},
                        "state": {"enum": ["not_submitted", "under_review", "returned", "approved", "reopened"]},
                        "results_required": {"type": "boolean"},
                        "since": {"type": "string", "format": "date-time"},
                        "by": {"enum": ["agency", "coordinator"]},
                        "submission": {"type": ["integer", "null"]},
                        "digest": {"type": ["string", "null"]},
                        "report_approved_on": {"type": ["string", "null"], "format": "date"},
                        "url": {"type": "string", "format": "uri"},
                    },
                },
                "Gates": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["items", "next"],
                    "properties": {
                        "items": {"type": "array", "items": {"$ref": "#/components/schemas/Gate"}},
                        "next": {"type": ["string", "null"]},
                    },
                },
                "Report": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {
                        "handed_in_on": {"type": ["string", "null"], "format": "date"},
                        "approved_on": {"type": ["string", "null"], "format": "date"},
                        "reason": {"type": ["string", "null"], "maxLength": 2000},
                    },
                },
                "Problem": {
                    "type": "object",
                    "required": ["type", "status", "title"],
                    "properties": {
                        "type": {"type": "string"}, "status": {"type": "integer"}, "title": {"type": "string"},
                        "field": {"type": "string"},
                    },
                },
            },
        },
    }
