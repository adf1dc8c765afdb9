"""STUN against an independent implementation (aioice), and against garbage."""

import struct
from typing import Any, cast

from aioice import stun as theirs
from hypothesis import given
from hypothesis import strategies as st

from kinetoscope_sfu.wire import stun

KEY = b"a password of more than 22 letters"
TRANSACTION = bytes(range(12))


def check(key: bytes = KEY) -> bytes:
    return stun.request(TRANSACTION, {stun.USERNAME: b"ours:theirs", stun.USE_CANDIDATE: b""}, key)


def test_a_check_of_another_implementation_is_read() -> None:
    message = theirs.Message(theirs.Method.BINDING, theirs.Class.REQUEST, TRANSACTION)
    message.attributes["USERNAME"] = "ours:theirs"
    message.attributes["PRIORITY"] = 7
    message.add_message_integrity(KEY)
    read = stun.parse(bytes(message))
    assert read is not None
    assert (read.type, read.local_ufrag) == (stun.BINDING_REQUEST, "ours")
    assert stun.is_authentic(bytes(message), read, KEY)
    assert not stun.is_authentic(bytes(message), read, b"another key")


def test_another_implementation_reads_our_answer() -> None:
    for address in (("192.0.2.7", 1234), ("2001:db8::7", 65535)):
        answer = theirs.parse_message(stun.success(TRANSACTION, address, KEY))
        assert answer.check_message_integrity(KEY)
        assert cast("Any", answer).attributes["XOR-MAPPED-ADDRESS"] == address


def test_an_ipv4_address_on_an_ipv6_socket_is_told_as_ipv4() -> None:
    answer = theirs.parse_message(stun.success(TRANSACTION, ("::ffff:192.0.2.7", 9, 0, 0)))
    assert cast("Any", answer).attributes["XOR-MAPPED-ADDRESS"] == ("192.0.2.7", 9)


def test_an_error_says_its_code() -> None:
    answer = theirs.parse_message(stun.error(TRANSACTION, 401, "Unauthenticated"))
    assert cast("Any", answer).attributes["ERROR-CODE"] == (401, "Unauthenticated")


def test_without_integrity_nothing_is_authentic() -> None:
    bare = stun.request(TRANSACTION, {stun.USERNAME: b"ours:theirs"})
    message = stun.parse(bare)
    assert message is not None
    assert not stun.is_authentic(bare, message, KEY)


def test_of_repeated_attributes_the_first_counts() -> None:
    one = struct.pack("!HH4s", stun.USERNAME, 4, b"good")
    two = struct.pack("!HH4s", stun.USERNAME, 4, b"evil")
    datagram = struct.pack("!HHI12s", 1, 16, stun.MAGIC_COOKIE, TRANSACTION) + one + two
    message = stun.parse(datagram)
    assert message is not None
    assert message.local_ufrag == "good"


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(datagram: bytes) -> None:
    stun.parse(datagram)


@given(st.integers(0, len(check()) - 1), st.integers(1, 255))
def test_a_changed_check_is_not_authentic(at: int, change: int) -> None:
    changed = bytearray(check())
    changed[at] ^= change
    message = stun.parse(bytes(changed))
    in_fingerprint = at >= len(changed) - 8
    assert message is None or in_fingerprint or not stun.is_authentic(bytes(changed), message, KEY)


@given(st.integers(0, len(check())))
def test_a_cut_check_is_refused(size: int) -> None:
    cut = check()[:size]
    assert stun.parse(cut) is None or size == len(check())
