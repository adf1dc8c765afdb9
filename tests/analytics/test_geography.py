"""Where addresses are, and that few people in a place are not shown."""

import os
from pathlib import Path

import pytest
from httpx import AsyncClient

from kinetoscope.analytics import Geography
from kinetoscope.analytics.models import NOWHERE, Place
from support.cast import Person
from support.mmdb import write_geography

from .conftest import analytics, tracked

PLACES = {
    "198.51.100.0/25": ("PT", "Lisboa"),
    "198.51.100.128/25": ("PT", ""),
    "2001:db8::/32": ("JP", "京都"),
    "203.0.113.0/24": ("?!", "Nowhere"),
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "places.mmdb"
    write_geography(path, PLACES)
    return path


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("198.51.100.7", Place("PT", "Lisboa")),
        ("198.51.100.200", Place("PT", "")),
        ("2001:db8::1", Place("JP", "京都")),
        ("203.0.113.1", NOWHERE),
        ("192.0.2.1", NOWHERE),
        ("unknown", NOWHERE),
        ("fe80::1%eth0", NOWHERE),
    ],
)
def test_an_address_is_looked_up(file: Path, address: str, place: Place) -> None:
    assert Geography(file).place_of(address) == place


def test_a_file_that_changes_is_loaded_anew(file: Path) -> None:
    geography = Geography(file)
    assert geography.place_of("198.51.100.7").city == "Lisboa"
    write_geography(file.with_suffix(".new"), {"198.51.100.0/24": ("ES", "Madrid")})
    os.utime(file.with_suffix(".new"), (1, 1))
    file.with_suffix(".new").replace(file)
    geography.load()
    assert geography.place_of("198.51.100.7") == Place("ES", "Madrid")


def test_what_cannot_be_read_leaves_what_was_there(file: Path) -> None:
    geography = Geography(file)
    geography.load()
    file.with_suffix(".new").write_bytes(b"no geography")
    file.with_suffix(".new").replace(file)
    geography.load()
    assert geography.place_of("198.51.100.7").city == "Lisboa"
    file.unlink()
    geography.load()
    assert geography.place_of("198.51.100.7").city == "Lisboa"


@pytest.mark.parametrize("path", [None, Path("/nowhere/places.mmdb")])
def test_without_a_file_all_places_are_unknown(path: Path | None) -> None:
    assert Geography(path).place_of("198.51.100.7") == NOWHERE


async def test_a_view_from_an_unknown_place_is_counted_as_that(
    client: AsyncClient, alice: Person, video: str
) -> None:
    await tracked(client, video)
    found = await analytics(alice, video, "geography")
    unknown = {"country_code": "unknown", "country": "Unknown", "views": 1, "percentage": 100.0}
    assert found["countries"] == [unknown]
    nowhere = {"city": "unknown", "country_code": None, "views": 1, "percentage": 100.0}
    assert found["cities"] == [nowhere]
