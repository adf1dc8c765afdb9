"""The pages over HTTP. They are the same for everybody, and no part of the API's document."""

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request, Response

from ..http.declare import Access, declare
from ..http.etags import is_unchanged
from ..http.gate import gated_router
from ..http.request import provided
from .site import Asset, AssetNotFound, Site

router = gated_router(include_in_schema=False, default_response_class=Response)

SiteService = Annotated[Site, Depends(provided(Site))]

_NOT_BUILT = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Not built</title>
<h1>The pages are not built</h1>
<p>The API works; its reference is at <a href="/docs">/docs</a>. To build the pages, run in Kinetoscope's
directory:</p>
<pre>make console</pre>
<p>and start the server again.</p>
"""

# No script but our own files. Styles may stand in the page: the player's controls, web components of
# media-chrome, carry theirs inside. What an owner registers may lie anywhere: pictures and videos may too.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; "
    "img-src 'self' data: blob: http: https:; media-src 'self' blob: http: https:; "
    "connect-src 'self'{origin}; worker-src 'self'; manifest-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)


@router.get("/watch/{video_id}", **declare(Access.ANYONE))
async def watch(request: Request, site: SiteService) -> Response:
    """Return the page that plays a video."""
    return _page(request, site, "watch")


@router.get("/call", **declare(Access.ANYONE))
@router.get("/call/{session_id}", **declare(Access.ANYONE))
async def call(request: Request, site: SiteService) -> Response:
    """Return the page that starts a call, or joins one."""
    return _page(request, site, "call")


@router.get("/pages/assets/{name}", **declare(Access.ANYONE, AssetNotFound))
async def asset(name: str, request: Request, site: SiteService) -> Response:
    """Return a file that a page loads: its name is made of its content, so it may be kept for ever."""
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return _sent(request, site.asset(name), headers)


def _page(request: Request, site: Site, name: str) -> Response:
    page = site.find_page(name)
    if page is None:
        return Response(_NOT_BUILT, 503, media_type="text/html; charset=utf-8")
    headers = {"Cache-Control": "no-cache", "Content-Security-Policy": _policy(request)}
    return _sent(request, page, headers)


def _policy(request: Request) -> str:
    """Return what a page may load; playlists come from where the installation says that it is reached."""
    public = urlsplit(request.state.public_url or "")
    origin = f" {public.scheme}://{public.netloc}" if public.netloc else ""
    return _POLICY.format(origin=origin)


def _sent(request: Request, file: Asset, headers: dict[str, str]) -> Response:
    headers |= {"ETag": file.etag, "Vary": "Accept-Encoding"}
    if is_unchanged(request, file.etag):
        return Response(status_code=304, headers=headers)
    content = file.content
    if file.compressed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        content, headers["Content-Encoding"] = file.compressed, "gzip"
    return Response(content, headers=headers, media_type=file.content_type)
