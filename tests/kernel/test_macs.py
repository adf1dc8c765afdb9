"""A Mac is HMAC-SHA-256, whatever the key and the message."""

import hmac

from hypothesis import given
from hypothesis import strategies as st

from kinetoscope.kernel.macs import Mac


@given(key=st.binary(max_size=200), messages=st.lists(st.binary(max_size=300), min_size=2, max_size=4))
def test_it_is_what_the_standard_library_says(key: bytes, messages: list[bytes]) -> None:
    mac = Mac(key)
    assert [mac.digest(message) for message in messages] == [
        hmac.digest(key, message, "sha256") for message in messages
    ]
