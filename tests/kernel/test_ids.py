"""Identifiers: UUID version 7 as RFC 9562 has it."""

import time
from uuid import RFC_4122, UUID

from hypothesis import given
from hypothesis import strategies as st

from kinetoscope.kernel.ids import parse_uuid, uuid7


def test_an_id_has_the_bits_of_version_7() -> None:
    for _ in range(1000):
        made = uuid7()
        assert (made.version, made.variant) == (7, RFC_4122)


def test_ids_sort_by_their_millisecond() -> None:
    before = time.time_ns() // 1_000_000
    made = [uuid7() for _ in range(5000)]
    after = time.time_ns() // 1_000_000
    milliseconds = [one.int >> 80 for one in made]
    assert milliseconds == sorted(milliseconds)
    assert before <= milliseconds[0] <= milliseconds[-1] <= after
    assert [str(one)[:13] for one in made] == sorted(str(one)[:13] for one in made)


def test_no_id_is_made_twice_and_every_random_bit_is_used() -> None:
    made = [uuid7().int for _ in range(5000)]
    assert len(set(made)) == 5000
    random_bits = (0xFFF << 64) | ((1 << 62) - 1)
    ones, zeros = 0, 0
    for number in made:
        ones |= number
        zeros |= ~number
    assert ones & random_bits == zeros & random_bits == random_bits


@given(st.uuids())
def test_an_id_is_read_back_from_its_text(one: UUID) -> None:
    assert parse_uuid(str(one)) == one
