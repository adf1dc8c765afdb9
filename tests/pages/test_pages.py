"""The pages are served as they were built, and nothing else is."""

import gzip
import re
from pathlib import Path
from uuid import uuid4

import pytest
from httpx import AsyncClient

from kinetoscope.pages import AssetNotFound, Site

WATCH = f"/watch/{uuid4()}"


async def asset_names(client: AsyncClient) -> list[str]:
    page = (await client.get(WATCH)).text
    return re.findall(r'(?:src|href)="(/pages/assets/[^"]+)"', page)


async def test_a_page_is_the_same_for_everybody_and_may_load_no_foreign_script(client: AsyncClient) -> None:
    answer = await client.get(WATCH)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert answer.headers["cache-control"] == "no-cache"


async def test_a_page_holds_no_script_of_its_own(client: AsyncClient) -> None:
    page = (await client.get(WATCH)).text
    assert re.findall(r"<script(?![^>]* src=)", page) == []
    assert re.findall(r"\son\w+=", page) == []


async def test_what_a_page_loads_is_there_and_may_be_kept_for_ever(client: AsyncClient) -> None:
    names = await asset_names(client)
    assert {name.rpartition(".")[2] for name in names} >= {"js", "css", "svg"}
    for name in names:
        answer = await client.get(name)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["x-content-type-options"] == "nosniff"


async def test_assets_are_compressed_for_those_who_ask(client: AsyncClient) -> None:
    name = next(name for name in await asset_names(client) if name.endswith(".js"))
    plain = await client.get(name, headers={"Accept-Encoding": "identity"})
    packed = await client.get(name, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == plain.content
    assert len(gzip.compress(plain.content)) < len(plain.content)


async def test_an_asset_that_is_known_is_not_sent_again(client: AsyncClient) -> None:
    name = (await asset_names(client))[0]
    etag = (await client.get(name)).headers["etag"]
    assert (await client.get(name, headers={"If-None-Match": etag})).status_code == 304


@pytest.mark.parametrize(
    "name",
    ["unknown.js", "..%2Fwatch.html", "%2e%2e/watch.html", "..", "%00", "watch.html", "C:%5Cx.js", "a%2Fb"],
)
async def test_nothing_else_is_served(client: AsyncClient, name: str) -> None:
    assert (await client.get(f"/pages/assets/{name}")).status_code == 404


async def test_without_built_pages_the_server_says_what_to_run(tmp_path: Path) -> None:
    site = Site(tmp_path)
    assert site.find_page("watch") is None
    with pytest.raises(AssetNotFound):
        site.asset("watch.js")
