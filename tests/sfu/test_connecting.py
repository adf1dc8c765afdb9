"""How a client gets in, and how it is found to be gone. In memory, on a clock that stands still."""

import asyncio
import time

import pytest

from kinetoscope_sfu.connection import CONSENT_US, Way
from kinetoscope_sfu.plane import (
    ConnectionState,
    Fingerprint,
    FingerprintChanged,
    IceCredentials,
    RemoteTransport,
    RepeatedTrack,
    TooMany,
    UnknownConnection,
)
from kinetoscope_sfu.probe import Probe
from kinetoscope_sfu.transport.certificates import fingerprint
from kinetoscope_sfu.wire import stun
from support.media import KEY, Client, World, rtp, subscription

ELSEWHERE = ("127.0.0.1", 50_000)


def test_a_client_with_the_announced_certificate_is_connected(world: World) -> None:
    states: list[tuple[str, ConnectionState]] = []
    world.plane.on_state = lambda name, state: states.append((name, state))
    client = world.client("alice")
    assert client.probe.is_connected
    assert states == [("alice", ConnectionState.CONNECTING), ("alice", ConnectionState.CONNECTED)]


def test_another_certificate_fails(world: World) -> None:
    client = Client(world.plane, "mallory", ELSEWHERE)
    credentials = world.plane.open("mallory")
    world.plane.set_remote("mallory", RemoteTransport((Fingerprint("sha-256", "AA:BB"),)))
    client.connect(credentials)
    assert world.plane.state("mallory") is ConnectionState.CLOSED
    assert world.plane.statistics().connections == ()


@pytest.mark.parametrize("algorithm", ["sha-256", "SHA-384", "sha-512"])
def test_the_usual_digests_are_known(world: World, algorithm: str) -> None:
    client = Client(world.plane, "alice", ELSEWHERE)
    credentials = world.plane.open("alice")
    digest = fingerprint(client.probe.identity[0], algorithm.lower())
    other = Fingerprint("md5", "AA")
    world.plane.set_remote("alice", RemoteTransport((other, Fingerprint(algorithm, digest.value.lower()))))
    client.connect(credentials)
    assert world.plane.state("alice") is ConnectionState.CONNECTED


def test_media_stays_closed_until_the_certificate_is_confirmed(world: World) -> None:
    alice = world.client("alice", confirmed=False)
    world.plane.subscribe("alice", subscription("bob"))
    assert world.plane.state("alice") is ConnectionState.CONNECTING
    bob = world.publisher("bob")
    bob.probe.send_rtp(rtp(1, KEY))
    assert alice.rtp() == []
    world.plane.set_remote("alice", RemoteTransport((alice.probe.fingerprint,)))
    assert world.plane.state("alice") is ConnectionState.CONNECTED
    bob.probe.send_rtp(rtp(2, KEY))
    assert len(alice.rtp()) == 1


def test_a_later_description_cannot_name_another_certificate(world: World) -> None:
    alice = world.client("alice")
    world.plane.set_remote("alice", RemoteTransport((alice.probe.fingerprint,)))
    with pytest.raises(FingerprintChanged):
        world.plane.set_remote("alice", RemoteTransport((Fingerprint("sha-256", "AA"),)))


def test_a_wrong_password_is_refused_and_does_not_move_anybody(world: World) -> None:
    alice = world.client("alice")
    connection = world.plane.connections["alice"]
    thief = Client(world.plane, "thief", ELSEWHERE)
    thief.probe.check(IceCredentials(connection.credentials[-1].ufrag, "x" * 24))
    thief.read()
    assert thief.probe.answers[0].type == stun.BINDING_ERROR
    assert connection.peer.address == alice.address


def test_a_client_may_move_to_another_network(world: World) -> None:
    alice = world.publisher()
    bob = world.receiver()
    moved = Client(world.plane, "bob", ELSEWHERE)
    moved.probe.check(world.credentials)
    alice.probe.send_rtp(rtp(1, KEY))
    assert bob.rtp() == []
    assert any(127 < datagram[0] < 192 for datagram in moved.queue)


def test_restarted_ice_answers_old_checks_until_the_first_new_one(world: World) -> None:
    alice = world.client("alice")
    old, new = world.credentials, world.plane.restart_ice("alice")
    answered = alice.probe.checks_answered
    for credentials in (old, new, old):
        alice.probe.check(credentials)
    alice.read()
    assert alice.probe.checks_answered == answered + 2
    assert world.plane.state("alice") is ConnectionState.CONNECTED


def test_restarts_without_an_end_leave_nothing_behind(world: World) -> None:
    world.client("alice")
    for _ in range(50):
        world.plane.restart_ice("alice")
    assert len(world.plane.ice.by_ufrag) == 2


def test_a_goodbye_ends_the_connection(world: World) -> None:
    world.client("alice").probe.say_goodbye()
    assert world.plane.state("alice") is ConnectionState.CLOSED
    assert (world.plane.ice.by_ufrag, world.plane.ice.by_address) == ({}, {})


def test_closing_says_goodbye(world: World) -> None:
    alice = world.client("alice")
    world.plane.close("alice")
    alice.read()
    assert alice.probe.is_dismissed
    world.plane.close("alice")
    with pytest.raises(UnknownConnection):
        world.plane.restart_ice("alice")


def test_a_client_that_falls_silent_loses_its_consent(world: World) -> None:
    alice, _bob = world.client("alice"), world.client("bob")
    alice.is_cut_off = True
    world.pass_seconds(CONSENT_US / 1e6 + 1.1)
    assert world.plane.state("alice") is ConnectionState.CLOSED
    assert world.plane.state("bob") is ConnectionState.CONNECTED


def test_lost_flights_are_repeated(world: World) -> None:
    client = Client(world.plane, "alice", ELSEWHERE)
    credentials = world.plane.open("alice")
    world.plane.set_remote("alice", RemoteTransport((client.probe.fingerprint,)))
    client.probe.check(credentials)
    client.read()
    client.probe.handshake()
    client.queue.clear()  # the server's whole flight is lost
    deadline = time.monotonic() + 5  # OpenSSL repeats after a second of its own clock
    while not client.queue and time.monotonic() < deadline:
        time.sleep(0.05)
        world.plane.tick()
    for _ in range(4):
        client.read()
    assert world.plane.state("alice") is ConnectionState.CONNECTED


def test_an_unfinished_handshake_does_not_last(world: World) -> None:
    client = Client(world.plane, "alice", ELSEWHERE)
    credentials = world.plane.open("alice")
    client.probe.check(credentials)
    client.probe.handshake()
    assert world.plane.statistics().handshakes == 1
    world.clients["alice"] = client
    world.pass_seconds(32)
    assert world.plane.state("alice") is ConnectionState.CLOSED
    assert world.plane.statistics().handshakes == 0


def test_handshakes_in_flight_are_bounded(world: World) -> None:
    for number in range(80):
        client = Client(world.plane, str(number), ("127.0.0.1", number + 1))
        client.probe.check(world.plane.open(str(number)))
        client.probe.handshake()
    assert world.plane.statistics().handshakes == 64


def test_dtls_from_an_unchecked_address_is_ignored(world: World) -> None:
    stranger = Client(world.plane, "stranger", ELSEWHERE)
    world.plane.open("alice")
    stranger.probe.handshake()
    assert stranger.queue == []


def test_connections_are_bounded(world: World) -> None:
    for number in range(100):
        world.plane.open(str(number))
    with pytest.raises(TooMany):
        world.plane.open("one more")


def test_a_connection_is_opened_once(world: World) -> None:
    world.plane.open("alice")
    with pytest.raises(RepeatedTrack):
        world.plane.open("alice")


def test_addresses_of_one_client_are_bounded(world: World) -> None:
    world.client("alice")
    for port in range(200):
        Client(world.plane, "alice", ("127.0.0.2", port)).probe.check(world.credentials, nominates=False)
    assert len(world.plane.ice.by_address) == 16


def test_a_plain_stun_request_is_answered(world: World) -> None:
    answers: list[bytes] = []
    way = Way(("203.0.113.9", 4321), lambda datagram, _address: answers.append(bytes(datagram)))
    world.plane.other(stun.request(bytes(12), {}), way)
    message = stun.parse(answers[0])
    assert message is not None
    assert message.type == stun.BINDING_SUCCESS
    assert stun.XOR_MAPPED_ADDRESS in message.attributes


def test_strangers_get_a_bounded_number_of_answers(world: World) -> None:
    answers: list[bytes] = []
    way = Way(("203.0.113.9", 4321), lambda datagram, _address: answers.append(bytes(datagram)))
    for _ in range(1000):
        world.plane.other(stun.request(bytes(12), {}), way)
    assert len(answers) == 200
    world.plane.tick()
    world.plane.other(stun.request(bytes(12), {}), way)
    assert len(answers) == 201


async def test_waiting_ends_as_soon_as_it_is_connected(world: World) -> None:
    client = Client(world.plane, "alice", ELSEWHERE)
    credentials = world.plane.open("alice")
    waiting = asyncio.create_task(world.plane.wait_connected("alice", 60))
    await asyncio.sleep(0)
    world.plane.set_remote("alice", RemoteTransport((client.probe.fingerprint,)))
    client.connect(credentials)
    assert await waiting
    assert await world.plane.wait_connected("alice", 60)


async def test_waiting_ends_when_it_is_closed_or_takes_too_long(world: World) -> None:
    world.plane.open("alice")
    assert not await world.plane.wait_connected("alice", 0.01)
    waiting = asyncio.create_task(world.plane.wait_connected("alice", 60))
    await asyncio.sleep(0)
    world.plane.close("alice")
    assert not await waiting
    assert world.plane.waiters == {}


def test_a_probe_that_is_nobody_changes_nothing(world: World) -> None:
    sent: list[bytes] = []
    Probe(sent.append).check(IceCredentials("unknown", "unknown"))
    world.plane.other(sent[0], Way(ELSEWHERE, lambda datagram, _: sent.append(bytes(datagram))))
    assert len(sent) == 1
