"""The API's description (OpenAPI 3.1), made from the endpoints' own models; it answers no request."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from aiohttp import hdrs, web
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from gateway.house import House
from gateway.web.api_callers import Caller, Needs
from gateway.web.api_models import ErrorShown, Shown
from gateway.web.api_queries import Asked
from storage.unit_of_work import UnitOfWork

_REFERENCE: Final = "#/components/schemas/{model}"
_FILE: Final = {"type": "string", "contentMediaType": "application/octet-stream"}
_FOR: Final = {
    Needs.READS: "For a token that reads everything.",
    Needs.ANY: "For any token; one that stands for a person shows what he may see.",
    Needs.PERSON: "For a token that stands for a person.",
    Needs.ACTS: "For a token that does what a person may do, in his name.",
}
_ERRORS: Final = {
    "400": "A parameter, or the body, cannot be understood.",
    "401": "No valid token: make one with `fourring token create NAME`.",
    "403": "This token is not for that.",
    "404": "There is no such thing, or it is not for you.",
    "405": "This cannot be done here; the header Allow says what can.",
    "500": "An error in the program; its log has the details.",
    "503": "The database cannot be reached at the moment.",
}


@dataclass(frozen=True, slots=True)
class Asking:
    """What an endpoint works with: `asked` is an instance of its query model, `path` what the path names."""

    house: House
    who: Caller
    asked: Any
    path: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One thing that can be asked for, and who answers from one view of the database.

    `path` as OpenAPI and aiohttp both write it.
    """

    path: str
    summary: str
    query: type[Asked]
    answer: type[Shown]
    handler: Callable[[Asking, UnitOfWork], Awaitable[Shown]]
    needs: Needs = Needs.READS
    method: ClassVar[str] = "GET"


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that leaves a trace, and who does it in transactions of its own.

    `body`: a model of JSON; None where GET has none, or POST has the bytes of a file. `answers`: status → what it says
    and how it looks, None for the bytes of a file.
    """

    method: str
    path: str
    summary: str
    query: type[Asked]
    body: type[BaseModel] | None
    answers: Mapping[int, tuple[str, type[Shown] | None]]
    handler: Callable[[Asking, web.Request], Awaitable[web.StreamResponse]]
    needs: Needs = Needs.ACTS


def describe(endpoints: Sequence[Endpoint | Deed], prefix: str) -> dict[str, Any]:
    """Return the description of these endpoints below `prefix`."""
    shown: set[type[BaseModel]] = {ErrorShown}.union(*(_shown(each) for each in endpoints))
    bodies = {each.body for each in endpoints if isinstance(each, Deed) and each.body}
    asked: set[type[BaseModel]] = {each.query for each in endpoints}
    _, definitions = models_json_schema(
        [(model, "serialization") for model in sorted(shown, key=_name)]
        + [(model, "validation") for model in sorted(asked | bodies, key=_name)],
        ref_template=_REFERENCE,
    )
    schemas = definitions["$defs"]
    queries = {model: schemas.pop(model.__name__) for model in asked}
    paths: dict[str, dict[str, Any]] = {}
    for each in endpoints:
        paths.setdefault(each.path, {})[each.method.lower()] = _operation(each, queries[each.query])
    return {
        "openapi": "3.1.0",
        "info": {"title": "Fourring", "version": "1", "description": "Calls and tickets of the hotline."},
        "servers": [{"url": prefix}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _shown(endpoint: Endpoint | Deed) -> set[type[Shown]]:
    if isinstance(endpoint, Endpoint):
        return {endpoint.answer}
    return {model for _, model in endpoint.answers.values() if model is not None}


def _name(model: type[BaseModel]) -> str:
    return model.__name__


def _operation(endpoint: Endpoint | Deed, query: dict[str, Any]) -> dict[str, Any]:
    in_path = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", endpoint.path)
    ]
    in_query = [_parameter(name, dict(schema)) for name, schema in query.get("properties", {}).items()]
    found = {"200": ("What was asked for.", endpoint.answer)} if isinstance(endpoint, Endpoint) else endpoint.answers
    answers = {status: _answer(text, ErrorShown) for status, text in _ERRORS.items()}
    answers |= {str(status): _answer(text, model) for status, (text, model) in found.items()}
    operation = {
        "summary": endpoint.summary,
        "description": _FOR[endpoint.needs],
        "parameters": in_path + in_query,
        "responses": dict(sorted(answers.items())),
    }
    if endpoint.method != hdrs.METH_GET:
        operation["requestBody"] = {"required": True, "content": _body(endpoint)}
    return operation


def _body(endpoint: Endpoint | Deed) -> dict[str, Any]:
    if isinstance(endpoint, Deed) and endpoint.body:
        return {"application/json": {"schema": {"$ref": _REFERENCE.format(model=endpoint.body.__name__)}}}
    return {"application/octet-stream": {"schema": _FILE}}


def _parameter(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """Return a query parameter; one that may be left out is not null when it is there."""
    text = schema.pop("description", None)
    schema.pop("title", None)
    choices = [choice for choice in schema.pop("anyOf", []) if choice != {"type": "null"}]
    if choices:
        schema = choices[0]
    parameter = {"name": name, "in": "query", "required": False, "schema": schema}
    return parameter | ({"description": text} if text else {})


def _answer(text: str, model: type[Shown] | None) -> dict[str, Any]:
    if model is None:
        return {"description": text, "content": {"application/octet-stream": {"schema": _FILE}}}
    schema = {"$ref": _REFERENCE.format(model=model.__name__)}
    return {"description": text, "content": {"application/json": {"schema": schema}}}
