"""Signed addresses."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from kinetoscope.kernel.secrets import Keyring
from kinetoscope.media.refusals import AddressExpired, AddressForged
from kinetoscope.media.signing import AddressSigner, Grant

NOW = datetime(2027, 3, 1, tzinfo=UTC)
VIDEO, RUN, OTHER = UUID(int=11), UUID(int=12), UUID(int=13)
SIGNER = AddressSigner(Keyring(b"a" * 32))


def parts(address: str) -> tuple[str, str, str]:
    _, _, signed, video_id, processing_id, _ = address.split("/")
    return signed, video_id, processing_id


def test_an_address_gives_what_it_was_signed_for_until_it_expires() -> None:
    until = NOW + timedelta(hours=1)
    address = parts(SIGNER.folder(VIDEO, RUN, until=until))
    assert SIGNER.verify(*address, at=NOW) == Grant(VIDEO, RUN, int(until.timestamp()))
    with pytest.raises(AddressExpired):
        SIGNER.verify(*address, at=until)


def test_a_posters_address_never_expires_and_is_for_the_poster() -> None:
    grant = SIGNER.verify(*parts(SIGNER.poster(VIDEO, RUN)), at=NOW + timedelta(days=10_000))
    assert grant.is_for_poster
    assert not SIGNER.verify(
        *parts(SIGNER.folder(VIDEO, RUN, until=NOW)), at=NOW - timedelta(1)
    ).is_for_poster


@pytest.mark.parametrize("video_id", [str(VIDEO), str(OTHER), "..", "", "\x00"])
@pytest.mark.parametrize(
    "signed", ["1772323200.", "9999999999.x", "x.y", "", ".", "0.", "-1.x", "²." + "A" * 43, "é"]
)
def test_what_was_not_signed_is_refused(signed: str, video_id: str) -> None:
    with pytest.raises(AddressForged):
        SIGNER.verify(signed, video_id, str(RUN), at=NOW)


def test_no_part_of_an_address_can_be_changed() -> None:
    signed, video_id, run = parts(SIGNER.folder(VIDEO, RUN, until=NOW + timedelta(hours=1)))
    expiry, _, signature = signed.partition(".")
    forged = [
        (f"{int(expiry) + 1}.{signature}", video_id, run),
        (f"0.{signature}", video_id, run),
        (signed, str(UUID(int=1)), run),
        (signed, video_id, str(UUID(int=1))),
        (signed[:-1], video_id, run),
    ]
    for address in forged:
        with pytest.raises(AddressForged):
            SIGNER.verify(*address, at=NOW)


def test_after_a_rotation_old_addresses_are_still_good() -> None:
    address = parts(SIGNER.folder(VIDEO, RUN, until=NOW + timedelta(hours=1)))
    assert AddressSigner(Keyring(b"b" * 32, b"a" * 32)).verify(*address, at=NOW)
    with pytest.raises(AddressForged):
        AddressSigner(Keyring(b"b" * 32)).verify(*address, at=NOW)
