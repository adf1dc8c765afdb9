"""All routes × all callers: each answers exactly as its declaration says."""

import re
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response

from kinetoscope.app import create_api
from kinetoscope.http.allow import flattened
from kinetoscope.http.declare import NEEDS_CALLER, Access
from kinetoscope.http.gate import GatedRoute
from kinetoscope.kernel.db import Tx
from kinetoscope.wiring import Platform
from support.cast import Person, registered_video, signed_up
from support.clock import FakeClock
from support.promise import PAGES

# A body that is well-formed for each route that takes one; the rest of this test is about who sends it.
BODIES: dict[str, Any] = {
    "click_related": {"recommended_video_id": str(uuid4()), "rank": 1},
    "register": {"email": "new@example.org", "password": "correct horse battery"},
    "log_in": {"email": "alice@example.org", "password": "wrong"},
    "refresh": {"refresh_token": "unknown"},
    "create_api_key": {"name": "k"},
    "create_project": {"name": "p"},
    "change_project": {"description": "d"},
    "create_video": {"title": "t"},
    "update_video": {"title": "t"},
    "patch_video": {"title": "t"},
    "search_videos": {"query": "tea"},
    "index_video": {"title": "t"},
    "bulk_index_videos": [],
    "change_search_settings": {"language": "english"},
    "generate_embeddings": {"texts": ["t"]},
    "create_embeddings": {"input": "t"},
    "add_comment": {"text": "t"},
    "change_comment": {"text": "t"},
    "create_album": {"title": "t"},
    "update_album": {"title": "t"},
    "add_album_item": {"media_type": "video", "media_id": str(uuid4())},
    "reorder_album": {"item_orders": []},
    "create_session": {"session_name": "t"},
    "update_session": {"session_name": "t"},
    "patch_session": {"session_name": "t"},
    "publish_track": {"sdp": "", "type": "audio"},
    "change_track": {"muted": True},
    "subscribe": {"track_ids": [str(uuid4())]},
    "change_subscription": {"preferred_rid": "h"},
    "renegotiate": {"sdp": ""},
    "track_view": {"watch_duration": 1, "completion_percentage": 1},
    "change_analytics_settings": {"count_owner_views": False},
    "create_annotation": {"timestamp": 1, "title": "t", "annotation_type": "info"},
    "change_annotation": {"title": "t"},
}

OWN_FAILURES = {"log_in": 401, "refresh": 401}
"""Routes for anyone whose own answer to the body above is a 401."""

OF_OTHERS = {"list_user_sessions"}
"""Routes about an account that administrators may see, and nobody else."""


@dataclass(frozen=True)
class Operation:
    """One method of one route."""

    route: GatedRoute
    method: str

    @property
    def name(self) -> str:
        return self.route.name


def operations(api: FastAPI) -> list[Operation]:
    found: list[Operation] = []
    for route in flattened(api.routes):
        assert isinstance(route, GatedRoute), f"{route} bypasses the gate"
        found += (Operation(route, method) for method in sorted(route.methods or ()))
    return found


class Stage:
    """Alice's things, and requests for them."""

    def __init__(self, video_id: str, project_id: str) -> None:
        self._ids = {
            "video_id": video_id,
            "project_id": project_id,
            "key_id": str(uuid4()),
            "comment_id": str(uuid4()),
            "album_id": str(uuid4()),
            "item_id": str(uuid4()),
            "photo_id": str(uuid4()),
            "session_id": str(uuid4()),
            "participant_id": str(uuid4()),
            "track_id": str(uuid4()),
            "connection_id": str(uuid4()),
            "user_id": str(uuid4()),
            "annotation_id": str(uuid4()),
        }

    async def send(self, client: AsyncClient, operation: Operation, **options: Any) -> Response:
        path = operation.route.path
        for name in operation.route.param_convertors:
            path = path.replace(f"{{{name}}}", self._ids.get(name, "unknown"))
        path = path.replace("{path:path}", "unknown") + ("?q=t" if path.endswith("/suggest") else "")
        body = BODIES.get(operation.name)
        return await client.request(operation.method, path, json=body, **options)


@pytest.fixture
async def stage(alice: Person) -> Stage:
    video = await registered_video(alice, visibility="private")
    return Stage(video["id"], video["project_id"])


@pytest.fixture(scope="session")
def api(platform: Platform) -> FastAPI:
    return create_api(platform, public_url=None)


async def test_every_route_declares_its_caller(api: FastAPI) -> None:
    assert len(operations(api)) > 25


async def test_the_anonymous_get_in_only_where_declared(
    api: FastAPI, client: AsyncClient, stage: Stage
) -> None:
    for operation in operations(api):
        answer = await stage.send(client, operation)
        if operation.route.access in NEEDS_CALLER:
            assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in"), operation
        else:
            assert answer.status_code != 401 or operation.name in OWN_FAILURES, operation


@pytest.mark.parametrize("kind", ["forged", "expired", "revoked", "erased", "key"])
async def test_a_bad_credential_gets_in_nowhere_and_is_never_anonymous(
    api: FastAPI, client: AsyncClient, stage: Stage, bob: Person, clock: FakeClock, kind: str
) -> None:
    credential = bob.tokens["access_token"]
    if kind == "forged":
        head, _, signature = credential.rpartition(".")
        credential = f"{head}.{signature[::-1]}"
    elif kind == "expired":
        clock.advance(hours=1)
    elif kind == "revoked":
        await bob.post("/api/v1/auth/logout")
    elif kind == "erased":
        await bob.delete("/api/v1/auth/me")
    else:
        credential = "sk_" + "7" * 43
    for operation in operations(api):
        answer = await stage.send(client, operation, headers={"Authorization": f"Bearer {credential}"})
        if operation.route.access in NEEDS_CALLER | {Access.OPTIONAL}:
            assert (answer.status_code, answer.json()["code"]) == (401, "bad_token"), operation
        else:
            assert answer.status_code != 401 or operation.name in OWN_FAILURES, operation


@pytest.mark.parametrize("role", ["USER", "ADMIN"])
async def test_another_account_learns_nothing_of_what_is_private_and_changes_nothing(
    api: FastAPI, alice: Person, stage: Stage, transport: ASGITransport, tx: Tx, role: str
) -> None:
    async with await signed_up(transport, "mallory") as mallory:
        await tx.execute("UPDATE accounts SET role = $1 WHERE email_key LIKE 'mallory%'", role)
        before = (await alice.get("/api/v1/videos")).json()
        for operation in operations(api):
            if operation.name in {"log_out", "erase"} or operation.route.path.startswith(PAGES):
                continue
            answer = await stage.send(mallory, operation)
            if operation.name in OF_OTHERS:
                assert answer.status_code == (200 if role == "ADMIN" else 403), operation
                continue
            owned = operation.route.access is Access.OWNER or "{" in operation.route.path
            if owned and operation.route.access is not Access.ADDRESS:
                assert answer.status_code == 404, (operation, answer.text)
            else:
                assert answer.status_code < 500, operation
        after = (await alice.get("/api/v1/videos")).json()
    mine = [video for video in after["videos"] if video["user_id"] == alice.id]
    assert mine == before["videos"]


async def test_a_key_does_only_what_its_scopes_say(api: FastAPI, client: AsyncClient, alice: Person) -> None:
    created = await alice.post("/api/v1/api-keys", json={"name": "reader", "scopes": ["read"]})
    reading = {"X-API-Key": created.json()["key"]}
    assert (await client.get("/api/v1/videos", headers=reading)).status_code == 200
    for operation in operations(api):
        if operation.route.access not in NEEDS_CALLER or operation.method == "GET":
            continue
        answer = await client.request(operation.method, _filled(operation.route.path), headers=reading)
        assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope"), operation


def _filled(path: str) -> str:
    return re.sub(r"\{\w+\}", lambda _: str(uuid4()), path)
    return re.sub(r"\{\w+_id\}|\{token\}", str(uuid4()), path)
