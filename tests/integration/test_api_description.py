"""The API's own description: what is in it, and that an answer that differs from it would be noticed."""

import json
from typing import Any

import pytest
from answered_calls import answered
from api_house import API, recorded
from described import NotAsDescribedError, insist


async def test_the_description_is_open_to_all_and_names_every_path(embedded: API) -> None:
    """OpenAPI 3.1 without a token; every path in it is answered."""
    answer = await embedded.ask("GET", "/api/v1/openapi.json")
    described = await answer.json()
    assert answer.status == 200
    assert described["openapi"] == "3.1.0"
    assert set(described["paths"]) == {
        "/tickets",
        "/tickets/{number}",
        "/calls",
        "/calls/{system}/{uniqueid}",
        "/gaps",
        "/reports/{period}/{which}",
        "/tickets/{number}/matter",
        "/tickets/{number}/entries",
        "/tickets/{number}/acts",
        "/tickets/{number}/attachments",
        "/tickets/{number}/attachments/{id}",
        "/desk",
        "/notices",
        "/departments",
        "/topics",
        "/months/{month}",
        "/outages",
    }
    assert described["components"]["securitySchemes"]["token"] == {"type": "http", "scheme": "bearer"}
    references = {part.split('"')[0] for part in json.dumps(described).split("#/components/schemas/")[1:]}
    assert references <= set(described["components"]["schemas"])


@pytest.mark.parametrize(
    ("path", "change"),
    [
        ("number", 1),
        ("state", "lovely"),
        ("opened_at", "2026-11-23T12:00:00+08:00"),
        ("opened_at", None),
        ("rings", -1),
        ("offered_to", [1]),
        ("further", "x"),
        ("number", ...),
    ],
)
async def test_a_ticket_that_is_not_as_described_would_be_noticed(path: str, change: Any, embedded: API) -> None:
    """The check that stands behind every test here can fail."""
    await recorded(embedded.house.storage, answered("yq/yq-1.1"))
    (shown,) = (await embedded.get("/tickets"))["tickets"]
    shown[path] = change
    if change is ...:
        del shown[path]
    schema = {"$ref": "#/components/schemas/TicketShown"}
    with pytest.raises(NotAsDescribedError):
        insist(shown, schema, embedded.description)
