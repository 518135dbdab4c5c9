"""The API's description (OpenAPI 3.1), made from the endpoints' own models; it answers no request."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from gateway.house import House
from gateway.web.api_models import ErrorShown, Shown
from gateway.web.api_queries import Asked
from storage.engine import UnitOfWork

_REFERENCE: Final = "#/components/schemas/{model}"
_ERRORS: Final = {
    "400": "A parameter cannot be understood.",
    "401": "No valid token: make one with `fourring token create NAME`.",
    "404": "There is no such thing.",
    "405": "The API only reads: GET and HEAD.",
    "500": "An error in the program; its log has the details.",
    "503": "The database cannot be reached at the moment.",
}


@dataclass(frozen=True, slots=True)
class Request:
    """What an endpoint works with: `asked` is an instance of its query model, `path` what the path names."""

    house: House
    work: UnitOfWork
    asked: Any
    path: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One thing that can be asked for, and who answers; `path` as OpenAPI and aiohttp both write it."""

    path: str
    summary: str
    query: type[Asked]
    answer: type[Shown]
    handler: Callable[[Request], Awaitable[Shown]]


def describe(endpoints: Sequence[Endpoint], prefix: str) -> dict[str, Any]:
    """Return the description of these endpoints below `prefix`."""
    shown: set[type[BaseModel]] = {ErrorShown, *(each.answer for each in endpoints)}
    asked: set[type[BaseModel]] = {each.query for each in endpoints}
    _, definitions = models_json_schema(
        [(model, "serialization") for model in sorted(shown, key=_name)]
        + [(model, "validation") for model in sorted(asked, key=_name)],
        ref_template=_REFERENCE,
    )
    schemas = definitions["$defs"]
    queries = {model: schemas.pop(model.__name__) for model in asked}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Fourring", "version": "1", "description": "Calls and tickets of the hotline."},
        "servers": [{"url": prefix}],
        "security": [{"token": []}],
        "paths": {each.path: {"get": _operation(each, queries[each.query])} for each in endpoints},
        "components": {
            "schemas": schemas,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _name(model: type[BaseModel]) -> str:
    return model.__name__


def _operation(endpoint: Endpoint, query: dict[str, Any]) -> dict[str, Any]:
    in_path = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", endpoint.path)
    ]
    in_query = [_parameter(name, dict(schema)) for name, schema in query.get("properties", {}).items()]
    answers = {"200": _answer("What was asked for.", endpoint.answer)}
    answers |= {status: _answer(text, ErrorShown) for status, text in _ERRORS.items()}
    return {"summary": endpoint.summary, "parameters": in_path + in_query, "responses": answers}


def _parameter(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """Return a query parameter; one that may be left out is not null when it is there."""
    text = schema.pop("description", None)
    schema.pop("title", None)
    choices = [choice for choice in schema.pop("anyOf", []) if choice != {"type": "null"}]
    if choices:
        schema = choices[0]
    parameter = {"name": name, "in": "query", "required": False, "schema": schema}
    return parameter | ({"description": text} if text else {})


def _answer(text: str, model: type[Shown]) -> dict[str, Any]:
    schema = {"$ref": _REFERENCE.format(model=model.__name__)}
    return {"description": text, "content": {"application/json": {"schema": schema}}}
