"""The front answers exactly as its FastAPI twin."""

from uuid import uuid4

import pytest
from httpx import AsyncClient, Response

from kinetoscope.app import create_api
from kinetoscope.http.edge import BodyLimits, Edge
from kinetoscope.kernel.telemetry import RequestLog
from kinetoscope.wiring import Platform
from support.cast import Person, browser, registered_video
from support.in_process import running

SAME_ID = {"X-Request-ID": "the-same"}


def shown(answer: Response) -> tuple[int, dict[str, str], bytes]:
    return answer.status_code, dict(answer.headers), answer.content


async def test_front_and_twin_answer_the_same(
    second_platform: Platform, alice: Person, bob: Person, client: AsyncClient
) -> None:
    public = (await registered_video(alice, title='Quotes " and ünïcode </script>'))["id"]
    private = (await registered_video(alice, visibility="private"))["id"]
    etag = (await alice.get(f"/api/v1/videos/{public}")).headers["etag"]
    key = (await alice.post("/api/v1/api-keys", json={"name": "w", "scopes": ["write"]})).json()["key"]
    paths = [
        f"/api/v1/videos/{public}", f"/api/v1/videos/{public}/", f"/api/v1/videos/{private}",
        f"/api/v1/videos/{public.upper()}", f"/api/v1/videos/{uuid4()}", f"/api/v1/videos/{'x' * 36}",
        f"/api/v1/videos/{public}?x=1", "/api/v1/videos", "/api/v1/videos/",
        "/api/v1/videos?page=1&page_size=20",
        "/api/v1/videos?page=2", "/api/v1/videos?limit=1", "/api/v1/videosx", "/api/v1/videos?page=x",
    ]  # fmt: skip
    headers = [
        {"Authorization": alice.headers["authorization"]},
        {"Authorization": bob.headers["authorization"]},
        {"Authorization": bob.headers["authorization"], "If-None-Match": etag},
        {"Authorization": alice.headers["authorization"], "If-None-Match": '"0-0-0-0", W/' + etag},
        {"X-API-Key": key},
        {"Authorization": "Bearer nonsense"},
        {"Authorization": "bearer " + alice.tokens["access_token"]},
        {"Authorization": alice.headers["authorization"], "X-API-Key": "sk_bad"},
        {"Authorization": "Basic eA==", "X-API-Key": alice.tokens["access_token"]},
        {},
    ]
    async with running(_twin(second_platform)) as transport, browser(transport) as twin:
        for path in paths:
            for sent in headers:
                front_answer, twin_answer = (
                    shown(await client.get(path, headers=sent | SAME_ID)),
                    shown(await twin.get(path, headers=sent | SAME_ID)),
                )
                assert front_answer == twin_answer, (path, sent)


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "POST"])
async def test_other_methods_go_to_the_twin(alice: Person, method: str) -> None:
    path = f"/api/v1/videos/{(await registered_video(alice))['id']}"
    assert (await alice.request(method, path)).status_code == 405


def _twin(platform: Platform) -> Edge:
    return Edge(
        create_api(platform, public_url=None),
        limits=BodyLimits(1 << 20, {}),
        trusted_proxies=(),
        request_log=RequestLog("json"),
    )
