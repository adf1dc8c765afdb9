"""What of the tus protocol (version 1.0.0, https://tus.io/protocols/resumable-upload) is text in headers."""

import base64
import binascii
import hashlib
from typing import get_args

from .models import Checksum, ChecksumAlgorithm
from .refusals import BadChecksum, BadMetadata

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-defer-length,expiration,checksum,termination"
LONGEST_METADATA = 4096
_PAIR = r"[^ ,]+( [A-Za-z0-9+/]*={0,2})?"
METADATA_PATTERN = rf"^({_PAIR},)*video_id [A-Za-z0-9+/]{{48}}(,{_PAIR})*$"
"""Upload-Metadata as the document describes it: a UUID of 36 letters is 48 in Base64."""

_ALGORITHMS: dict[str, ChecksumAlgorithm] = {name: name for name in get_args(ChecksumAlgorithm)}
CHECKSUM_ALGORITHMS = ",".join(_ALGORITHMS)
CHECKSUM_PATTERN = r"^(md5 [A-Za-z0-9+/]{22}==|sha1 [A-Za-z0-9+/]{27}=|sha256 [A-Za-z0-9+/]{43}=)$"
"""Upload-Checksum as the document describes it."""


def read_metadata(field: str) -> dict[str, str]:
    """Return the pairs of Upload-Metadata; refuses with `BadMetadata`.

    Values are Base64 of UTF-8; a name may stand alone, with an empty value.
    """
    if len(field) > LONGEST_METADATA:
        raise BadMetadata(f"Upload-Metadata is longer than {LONGEST_METADATA} characters.")
    pairs: dict[str, str] = {}
    for part in field.split(","):
        name, _, value = part.strip().partition(" ")
        if not name or name in pairs:
            raise BadMetadata
        try:
            pairs[name] = base64.b64decode(value.strip(), validate=True).decode()
        except (binascii.Error, ValueError) as error:
            raise BadMetadata(
                f"The value of {name[:50]!r} in Upload-Metadata is not text in Base64."
            ) from error
    return pairs


def read_checksum(field: str | None) -> Checksum | None:
    """Return what Upload-Checksum says; refuses with `BadChecksum`."""
    if field is None:
        return None
    name, _, value = field.strip().partition(" ")
    algorithm = _ALGORITHMS.get(name.lower())
    if algorithm is None:
        raise BadChecksum
    try:
        digest = base64.b64decode(value.strip(), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadChecksum from error
    if len(digest) != hashlib.new(algorithm, usedforsecurity=False).digest_size:
        raise BadChecksum
    return Checksum(algorithm, digest)


def printable(text: str | None) -> str | None:
    """Return a file's name so that it can be stored and shown: at most 255 characters, none of control."""
    return "".join(letter for letter in text if letter.isprintable())[:255] if text else None
