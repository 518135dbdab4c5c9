"""Trouble in the API, and what watches the service: health, readiness, metrics."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from api_house import API, shown_now

from routing.vocabulary import FactKind
from storage.errors import StorageUnavailableError


async def test_an_error_in_the_program_shows_no_traceback(
    embedded: API, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was not foreseen is 500 with one line; the details are in the log alone."""
    monkeypatch.setattr(embedded.house, "board", None)
    shown = await embedded.get("/calls", status=500, live="true")
    assert shown == {"error": "an error in the program: its log has the details"}
    assert "AttributeError" in "".join(capsys.readouterr())


async def test_a_database_that_is_away_is_503(embedded: API, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the database cannot be reached the API says so, and what to do."""

    def away() -> None:
        raise StorageUnavailableError("database x is not reachable: start it")

    monkeypatch.setattr(embedded.house, "storage", SimpleNamespace(reading=away))
    assert await embedded.get("/tickets", status=503) == {"error": "database x is not reachable: start it"}


async def test_healthz_says_that_the_process_lives(embedded: API) -> None:
    """It needs no token and asks nobody."""
    answer = await embedded.ask("GET", "/healthz")
    assert (answer.status, await answer.json()) == (200, {"status": "ok"})


async def test_readyz_is_ready_with_database_and_pbx(running: API) -> None:
    """200, with each part."""
    answer = await running.ask("GET", "/readyz")
    shown = await answer.json()
    assert (answer.status, shown["ready"]) == (200, True)
    assert shown["database"]["ok"]
    assert shown["ami"] == {"ok": True, "detail": "connected to 127.0.0.1:5038"}


async def test_readyz_says_which_part_is_missing(embedded: API, monkeypatch: pytest.MonkeyPatch) -> None:
    """503 while the PBX or the database is away, with what to do."""
    embedded.house.ami.connected = False  # type: ignore[misc] # it is a stand-in
    answer = await embedded.ask("GET", "/readyz")
    shown = await answer.json()
    assert (answer.status, shown["ready"], shown["database"]["ok"]) == (503, False, True)
    assert shown["ami"] == {"ok": False, "detail": "not connected to 127.0.0.1:5038: run fourring doctor"}

    async def check() -> None:
        raise StorageUnavailableError("database x has no tables yet: run fourring db upgrade")

    monkeypatch.setattr(embedded.house, "storage", SimpleNamespace(check=check))
    shown = await (await embedded.ask("GET", "/readyz")).json()
    assert shown["database"] == {"ok": False, "detail": "database x has no tables yet: run fourring db upgrade"}


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded"])
async def test_who_asks_through_a_proxy_gets_no_details(header: str, embedded: API) -> None:
    """A proxy on this machine does not open figures and details to the world."""
    headers = {header: "192.0.2.9"}
    assert await (await embedded.client.get("/readyz", headers=headers)).json() == {"ready": True}
    assert (await embedded.client.get("/metrics", headers=headers)).status == 403
    assert (await embedded.client.get("/healthz", headers=headers)).status == 200


async def test_metrics_show_the_calls_of_this_moment(embedded: API) -> None:
    """Prometheus reads figures that are true now, without a token."""
    queued = (FactKind.QUEUED, "", {})
    shown_now(embedded.house.board, "yq/1", queued)
    shown_now(embedded.house.board, "yq/2", queued, (FactKind.ANSWERED, "leg", {"operator": "1001"}))
    embedded.house.metrics.show("fourring_ami_frames", "AMI frames received", lambda: 3)
    embedded.house.metrics.facts.labels(FactKind.QUEUED).inc()
    embedded.house.metrics.push_seconds.observe(timedelta(milliseconds=7).total_seconds())
    await embedded.get("/tickets")
    await embedded.ask("GET", "/api/v1/tickets/20261123-0001")
    await embedded.ask("GET", "/nowhere")
    answer = await embedded.ask("GET", "/metrics")
    lines = (await answer.text()).splitlines()
    assert answer.content_type == "text/plain"
    for expected in (
        "fourring_calls_in_progress 2.0",
        "fourring_queue_waiting 1.0",
        "fourring_ami_connected 1.0",
        "fourring_ami_frames_total 3.0",
        'fourring_facts_total{kind="queued"} 1.0',
        'fourring_screen_pop_push_seconds_bucket{le="0.01"} 1.0',
        'fourring_http_requests_total{method="GET",route="/api/v1/tickets",status="200"} 1.0',
        'fourring_http_requests_total{method="GET",route="/api/v1/tickets/{number}",status="401"} 1.0',
        'fourring_http_requests_total{method="GET",route="unknown",status="404"} 1.0',
    ):
        assert expected in lines
