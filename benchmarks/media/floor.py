"""The least that forwarding can cost: copying a packet, encrypting it, and handing it to the kernel."""

import socket
import statistics
import time

from kinetoscope_sfu.transport.srtp import PROFILES, SrtpCipher, SrtpContexts, SrtpKeys
from kinetoscope_sfu.wire.rtp import FIXED

from .load import own_address

_PACKETS = 4000
_ROUNDS = 9


def floor_a_packet(size: int) -> float:
    """Return microseconds of CPU, the median of some rounds."""
    _, profile, key, salt = PROFILES[0]
    cipher, contexts = SrtpCipher(), SrtpContexts(SrtpKeys(profile, bytes(key + salt), bytes(key + salt)))
    packet, view = bytes(size - 16), memoryview(cipher.outbox)
    place = view[: len(packet)]
    with _bound() as receiver, _bound() as sender:
        address, sequence, rounds = receiver.getsockname(), 0, list[float]()
        for _ in range(_ROUNDS):
            began = time.process_time()
            for _ in range(_PACKETS):
                place[:] = packet
                FIXED.pack_into(cipher.outbox, 0, 0x80, 96, sequence & 0xFFFF, 0, 7)
                cipher.length[0] = len(packet)
                assert cipher.protect(contexts.outbound) == 0
                sender.sendto(view[: cipher.length[0]], address)
                sequence += 1
            rounds.append((time.process_time() - began) * 1e6 / _PACKETS)
    return statistics.median(rounds)


def _bound() -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((own_address(), 0))
    return sock
