"""The web application: every route and guard in one table, and the port it is served on."""

import asyncio
import errno
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from gateway import policy
from gateway.attaching import Attaching
from gateway.dismissals import Dismissals
from gateway.house import HOUSE, House
from gateway.sections import joined
from gateway.web import (
    api,
    arriving,
    assets,
    call_back,
    callbacks,
    calling,
    catalogue,
    choices,
    dead_letters,
    desk,
    dispatch_forms,
    endings,
    forms,
    harassment,
    health,
    holding,
    ledgers,
    live_desk,
    month_acts,
    month_pages,
    outage_pages,
    passing,
    push,
    quality,
    recorded,
    rendering,
    report_pages,
    sessions,
    sign_in,
    supervision,
    ticket_files,
    ticket_pages,
    unseen,
    wallboard,
)
from gateway.web.door import Door
from gateway.web.protection import add_headers, refuse_foreign_pages
from gateway.web.refusals import tell_people
from gateway.web.shelf import Shelf
from gateway.web.today import Today
from gateway.web.token_uses import TOKEN_USES, TokenUses
from gateway.web.visitors import cookies, recognise_office

_PAGES = (
    sign_in,
    desk,
    call_back,
    calling,
    endings,
    harassment,
    supervision,
    passing,
    holding,
    ledgers,
    recorded,
    quality,
    report_pages,
    ticket_files,  # before the acts, one of which its address could be
    ticket_pages,
    live_desk,
    arriving,
    month_pages,
    month_acts,
    dead_letters,
    outage_pages,
    forms,
    dispatch_forms,
    push,
    wallboard,
    assets,
    api,
    health,
)
_SHUTDOWN_TIMEOUT = 2.0  # seconds; pages come back by themselves


class PortTakenError(Exception):
    """The port is another program's: set [web] port in fourring.toml, or stop that program."""


def build_app(house: House, choices_file: Path | None = None) -> web.Application:
    """Return the application; raises CatalogueError, ChoicesError or AssetsMissingError with what to do."""
    catalogue.entries()
    assets.insist()
    app = web.Application(
        middlewares=[
            *health.MIDDLEWARES,
            sessions.kept_in(cookies(house)),
            recognise_office,
            tell_people,
            refuse_foreign_pages,
        ]
    )
    app[HOUSE] = house
    app[rendering.CHOICES] = choices.load(choices_file)
    app[rendering.QUALITY] = policy.quality(house.settings)
    app[rendering.DOOR] = Door(house.seats.check_password, house.clock)
    app[rendering.SHELF] = shelf = Shelf(house.storage, house.clock, house.live.changed)
    app[rendering.CALLBACKS] = owed = callbacks.Callbacks(house.storage, house.settings.promises.within)
    app[rendering.TODAY] = Today(house)
    app[rendering.ATTACHING] = attaching = Attaching.of(house.settings, house.storage)
    attaching.files.sweep()
    app[TOKEN_USES] = TokenUses(house.storage, house.clock)
    app[rendering.UNSEEN] = reported = unseen.Unseen(house.storage)
    for hears_of_tickets in (shelf, owed, reported):
        house.live.announce_to(hears_of_tickets)
    app[supervision.DISMISSALS] = Dismissals(house.seats, lambda number: house.board.talking_to(number) is not None)
    app.cleanup_ctx.append(_dismiss)
    rendering.set_up(app, house)
    for module in _PAGES:
        app.add_routes(module.ROUTES)
    app.on_response_prepare.append(add_headers)
    app.on_shutdown.append(_let_pages_go)
    app.on_cleanup.append(_stop_reading)
    return app


@asynccontextmanager
async def serve(app: web.Application, host: str, port: int) -> AsyncIterator[str]:
    """Serve at host and port (0: a free one) and give the address; raises PortTakenError."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=_SHUTDOWN_TIMEOUT)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        try:
            await site.start()
        except OSError as problem:
            raise PortTakenError(_explained(problem, host, port)) from None
        bound = runner.addresses[0][1]
        yield f"http://{joined(host, bound)}"
    finally:
        await runner.cleanup()


def _explained(problem: OSError, host: str, port: int) -> str:
    if problem.errno == errno.EADDRINUSE:
        return f"port {port} is taken: set [web] port in fourring.toml, or stop the program that uses it"
    if problem.errno == errno.EACCES:
        return f"port {port} is not allowed for this user: set [web] port to one above 1023"
    return f"the console cannot listen at {host}, port {port}: set [web] host and port ({problem.strerror})"


async def _dismiss(app: web.Application) -> AsyncIterator[None]:
    task = asyncio.create_task(app[supervision.DISMISSALS].run(), name="dismissals")
    yield
    task.cancel()


async def _let_pages_go(app: web.Application) -> None:
    app[HOUSE].live.close()


async def _stop_reading(app: web.Application) -> None:
    readers = (rendering.SHELF, rendering.CALLBACKS, rendering.UNSEEN, rendering.TODAY, TOKEN_USES)
    for reader in readers:
        await app[reader].close()
