"""Scripts, styles and pictures: our own from static/, and of npm's packages exactly the files listed here."""

from pathlib import Path
from typing import Final

from aiohttp import hdrs, web

ROUTES = web.RouteTableDef()

_STATIC: Final = Path(__file__).with_name("static")
_PACKAGES: Final = Path(__file__).parents[2] / "node_modules"
_LIBRARIES: Final = {
    "htmx.js": _PACKAGES / "htmx.org/dist/htmx.min.js",
    "ws.js": _PACKAGES / "htmx-ext-ws/dist/ws.min.js",
    "jssip.js": _PACKAGES / ".fourring/jssip.js",
}
_OURS: Final = {file.name: file for file in sorted(_STATIC.iterdir()) if file.is_file()}


class AssetsMissingError(Exception):
    """What the pages use in the browser is not installed: run npm ci and npm run build."""


def insist() -> None:
    """Raise AssetsMissingError unless every library is there."""
    for file in _LIBRARIES.values():
        if not file.is_file():
            raise AssetsMissingError(f"{file} is missing: run `npm ci` and `npm run build` in {_PACKAGES.parent}")


@ROUTES.get("/static/{name}")
async def ours(request: web.Request) -> web.StreamResponse:
    """Return one of our own files."""
    return _file(_OURS, request)


@ROUTES.get("/lib/{name}")
async def library(request: web.Request) -> web.StreamResponse:
    """Return one of the listed files of a library."""
    return _file(_LIBRARIES, request)


def _file(files: dict[str, Path], request: web.Request) -> web.StreamResponse:
    file = files.get(request.match_info["name"])
    if file is None:
        raise web.HTTPNotFound
    # asked for again each time, answered "not modified": after an upgrade no page runs an old script
    return web.FileResponse(file, headers={hdrs.CACHE_CONTROL: "no-cache"})
