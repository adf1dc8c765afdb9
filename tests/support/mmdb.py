"""A small geography file of our own making, in MaxMind's format (its specification, version 2.0)."""

import ipaddress
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

Value: TypeAlias = "str | int | list[str] | Mapping[str, Value]"
Place = tuple[str, str]

_MARKER = b"\xab\xcd\xefMaxMind.com"
_SEPARATOR = bytes(16)
_LARGE = {"node_count": 6, "build_epoch": 9}


def write_geography(path: Path, places: Mapping[str, Place]) -> None:
    """Write which networks are in which country and city; the city may be empty."""
    nodes: list[list[int | None]] = [[None, None]]
    data = bytearray()
    for network, (country, city) in places.items():
        offset = len(data)
        record: dict[str, Value] = {"country": {"iso_code": country}}
        if city:
            record["city"] = {"names": {"en": city}}
        data += _encoded(record)
        _insert(nodes, network, -1 - offset)
    count = len(nodes)
    tree = b"".join(_record(value, count) for node in nodes for value in node)
    metadata: Mapping[str, Value] = {
        "binary_format_major_version": 2,
        "binary_format_minor_version": 0,
        "build_epoch": 1_800_000_000,
        "database_type": "Test-City",
        "description": {"en": "made by a test"},
        "ip_version": 6,
        "languages": ["en"],
        "node_count": count,
        "record_size": 24,
    }
    path.write_bytes(tree + _SEPARATOR + bytes(data) + _MARKER + _encoded(metadata))


def _insert(nodes: list[list[int | None]], text: str, leaf: int) -> None:
    network = ipaddress.ip_network(text)
    is_v4 = network.version == 4
    length = network.prefixlen + (96 if is_v4 else 0)
    address, at = int(network.network_address), 0
    for depth in range(length):
        bit = address >> (127 - depth) & 1
        if depth == length - 1:
            nodes[at][bit] = leaf
            return
        below = nodes[at][bit]
        if below is None:
            nodes.append([None, None])
            below = nodes[at][bit] = len(nodes) - 1
        at = below


def _record(value: int | None, count: int) -> bytes:
    if value is None:
        return count.to_bytes(3)
    return (value if value >= 0 else count + len(_SEPARATOR) - 1 - value).to_bytes(3)


def _encoded(value: Value, kind: int = 5) -> bytes:
    """Return a value; `kind` is how a number is written, by default in 16 bits."""
    if isinstance(value, str):
        content = value.encode()
        return _control(2, len(content)) + content
    if isinstance(value, int):
        content = value.to_bytes((value.bit_length() + 7) // 8)
        return _control(kind, len(content)) + content
    if isinstance(value, list):
        return _control(11, len(value)) + b"".join(_encoded(item) for item in value)
    items = [_encoded(key) + _encoded(item, _LARGE.get(key, 5)) for key, item in value.items()]
    return _control(7, len(value)) + b"".join(items)


def _control(kind: int, size: int) -> bytes:
    more = b""
    if size >= 29:
        size, more = 29, bytes([size - 29])
    if kind < 8:
        return bytes([kind << 5 | size]) + more
    return bytes([size, kind - 7]) + more
