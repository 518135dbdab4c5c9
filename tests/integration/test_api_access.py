"""The API's doors: who is let in, what is not there, and that nothing can be changed."""

import asyncio

import pytest
from api_house import API

from storage.gaps import mark
from storage.tokens import Token, create_token, revoke, tokens


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Bearer frt_wrong", "Basic dTpw", "Bearer {revoked}"]
)
@pytest.mark.parametrize("path", ["/tickets", "/tickets/1", "/calls", "/calls/a/b", "/gaps"])
async def test_without_a_valid_token_nothing_is_shown(path: str, header: str | None, embedded: API) -> None:
    """No token, a wrong one and a revoked one are 401, and the answer says how to ask."""
    async with embedded.house.storage.work() as work:
        revoked = await create_token(work, "gone")
        await revoke(work, "gone")
        await work.commit()
    headers = {} if header is None else {"Authorization": header.format(revoked=revoked)}
    answer = await embedded.client.get(f"/api/v1{path}", headers=headers)
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="fourring"'
    assert "fourring token create NAME" in (await answer.json())["error"]


async def test_a_token_is_known_to_be_used(running: API) -> None:
    """The first use is noted; those right after it are not, so that reading does not write."""
    await running.get("/tickets")
    first = await _used_token(running)
    await running.get("/tickets")
    async with running.house.storage.reading() as work:
        (second,) = await tokens(work)
    assert first == second


async def test_no_answer_waits_for_a_locked_database_to_note_that(running: API) -> None:
    """While another writer holds the database an answer comes at once, and the token's use is noted afterwards."""
    async with running.house.storage.work() as other:
        await mark(other, "held", other.now())
        async with asyncio.timeout(2):
            await running.get("/tickets")
            await running.get("/tickets")
    assert (await _used_token(running)).last_used_at is not None


async def _used_token(running: API) -> Token:
    """Return the one token as soon as it is noted that it was used."""
    async with asyncio.timeout(10):
        while True:
            async with running.house.storage.reading() as work:
                (token,) = await tokens(work)
            if token.last_used_at is not None:
                return token
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("path", ["/tickets/20200101-0001", "/calls/yq/none", "/calls/%2F/%3Cx%3E"])
async def test_what_is_not_there_is_404(path: str, embedded: API) -> None:
    """A ticket or call that does not exist is 404, whatever its name."""
    answer = await embedded.ask("GET", f"/api/v1{path}", embedded.token)
    assert answer.status == 404
    assert set(await answer.json()) == {"error"}


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/v1", "/api/v2/tickets", "/api/v1/ticket", "/api/v1/tickets/"])
async def test_a_path_that_is_not_there_is_404_in_json(path: str, embedded: API) -> None:
    """Also outside the endpoints the answer is JSON and says where the description is."""
    answer = await embedded.ask("GET", path, embedded.token)
    assert answer.status == 404
    assert "/api/v1/openapi.json says what there is" in (await answer.json())["error"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
@pytest.mark.parametrize("path", ["/tickets", "/calls/a/b", "/openapi.json"])
async def test_the_api_only_reads(method: str, path: str, embedded: API) -> None:
    """Any other method than GET and HEAD is 405 and says which are allowed."""
    answer = await embedded.ask(method, f"/api/v1{path}", embedded.token)
    assert answer.status == 405
    assert answer.headers["Allow"] == "GET, HEAD"
    assert set(await answer.json()) == {"error"}


async def test_head_shows_what_get_would_without_the_body(embedded: API) -> None:
    """HEAD has the same status and length."""
    got = await embedded.ask("GET", "/api/v1/tickets", embedded.token)
    answer = await embedded.ask("HEAD", "/api/v1/tickets", embedded.token)
    assert answer.status == got.status == 200
    assert answer.headers["Content-Length"] == str(len(await got.read()))


async def test_answers_are_kept_by_nobody(embedded: API) -> None:
    """Personal data stays out of caches, and no browser guesses another type."""
    answer = await embedded.ask("GET", "/api/v1/tickets", embedded.token)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.content_type == "application/json"
