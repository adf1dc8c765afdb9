"""STUN for everybody, TURN for a while and by name."""

import base64
import hashlib
import hmac

from httpx import AsyncClient

from kinetoscope_fakes.realtime import STUN_URL
from support.cast import Person
from support.clock import FakeClock
from support.rooms import BASE, Member


async def test_the_anonymous_get_no_turn(client: AsyncClient) -> None:
    answer = await client.get(f"{BASE}/ice-servers/")
    assert answer.status_code == 200
    assert answer.json() == {"ice_servers": [{"urls": [STUN_URL]}]}


async def test_a_credential_gives_turn_for_ten_minutes(alice: Person, host: Member, clock: FakeClock) -> None:
    for who, holder in ((alice, alice.id), (host, host.id)):
        turn = (await who.get(f"{BASE}/ice-servers")).json()["ice_servers"][-1]
        assert turn["urls"] == ["turn:turn.example.org:3478"]
        assert turn["username"] == f"{int(clock().timestamp()) + 600}:{holder}"
        mac = hmac.digest(b"secret of the turn servers", turn["username"].encode(), hashlib.sha1)
        assert turn["credential"] == base64.b64encode(mac).decode()


async def test_a_bad_credential_is_never_anonymous(client: AsyncClient) -> None:
    answer = await client.get(f"{BASE}/ice-servers", headers={"Authorization": "Bearer x"})
    assert (answer.status_code, answer.json()["code"]) == (401, "bad_token")
