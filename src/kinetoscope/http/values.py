"""Kinds of text that requests carry, each with its JSON schema and the same check on every route."""

import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, StringConstraints

# Every class of characters is spelled out: what \s means differs between the engines that read the document.
_SPACE = r"\t-\r\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_CONTROL = r"\x00-\x1f\x7f-\x9f\u2028\u2029"
_BLANK = _SPACE + _CONTROL + r"\ufeff"
# PostgreSQL cannot store U+0000, and no line of text needs control characters. What is around it is trimmed.
_LINE = rf"^[{_SPACE}]*[^{_BLANK}]([^{_CONTROL}]*[^{_BLANK}])?[{_SPACE}]*$"
_TEXT = r"^[^\x00]*$"
_PROSE = rf"^[^\x00]*[^{_BLANK}][^\x00]*$"
_EMAIL = rf"^[{_SPACE}]*[^@{_BLANK}]+@[^@{_BLANK}]+[{_SPACE}]*$"
# Letters that Unicode's compatibility forms turn into one of / ? # @ : would move the end of a host.
_MOVING = (
    r"\u2047-\u2049\u2100\u2101\u2105\u2106\u2a74\ufe13\ufe16\ufe55\ufe56\ufe5f\ufe6b"
    r"\uff03\uff0f\uff1a\uff1f\uff20"
)
_HOST_NAME = rf"[^/?#\\<>\"@:\[\]{_BLANK}{_MOVING}]+"
_GROUP = r"[0-9A-Fa-f]{1,4}"
_IPV6 = rf"\[({_GROUP}(:{_GROUP}){{7}}|({_GROUP}(:{_GROUP}){{0,2}})?::({_GROUP}(:{_GROUP}){{0,3}})?)\]"
_WEB_URL = rf"^https?://({_HOST_NAME}|{_IPV6})(:[0-9]{{1,5}})?([/?#][^\\<>\"{_BLANK}]*)?$"
_is_instant = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII | re.IGNORECASE
).fullmatch


def _require_number(value: object) -> object:
    """Refuse what would only be turned into a number: JSON has numbers of its own."""
    if isinstance(value, bool | str):
        raise ValueError("a number is needed, not text or a truth value")  # noqa: TRY004 - pydantic wants it
    return value


def _require_instant(value: object) -> object:
    """Refuse other spellings of time, such as seconds since 1970."""
    if not isinstance(value, str) or not _is_instant(value):
        raise ValueError("an instant such as 2027-03-17T12:00:00Z is needed, with its offset")
    return value


def _in_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("the instant is outside the years 1 to 9999") from error


OnlyNumbers = BeforeValidator(_require_number)
"""Says of a number in a body that nothing else may be read as one. It stands behind the bounds."""

Instant = Annotated[AwareDatetime, BeforeValidator(_require_instant), AfterValidator(_in_utc)]
"""A point in time as RFC 3339 writes it, with its offset; given in UTC."""

_trimmed = AfterValidator(str.strip)

Name = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=_LINE), _trimmed]
"""A name or title: one line of 1 to 255 characters, trimmed."""

ShortName = Annotated[str, StringConstraints(min_length=1, max_length=50, pattern=_LINE), _trimmed]
"""A word or two, such as a tag: one line of 1 to 50 characters, trimmed."""

LongText = Annotated[str, StringConstraints(max_length=10_000, pattern=_TEXT)]
"""Text of several lines, at most 10,000 characters."""

Prose = Annotated[str, StringConstraints(min_length=1, max_length=5000, pattern=_PROSE), _trimmed]
"""What somebody has to say: 1 to 5,000 characters on any number of lines, trimmed."""

Question = Annotated[
    str,
    StringConstraints(min_length=1, max_length=500, pattern=rf"^[^\x00]*[^{_SPACE}\x00][^\x00]*$"),
    Field(examples=["python machine learning tutorial for beginners"]),
]
"""What somebody asks for in words: 1 to 500 characters, of which one is no space; kept as it was given."""

WebUrl = Annotated[
    str,
    StringConstraints(max_length=2048, pattern=_WEB_URL),
    Field(examples=["https://example.org/clips/42.mp4"]),
]
"""An http or https address, at most 2,048 characters; kept as it was given."""

Email = Annotated[
    str,
    StringConstraints(min_length=3, max_length=254, pattern=_EMAIL),
    _trimmed,
    Field(examples=["alice@example.org"]),
]
"""An e-mail address. That it works is shown only by a message that arrives, so its form is not judged."""

Password = Annotated[
    str,
    StringConstraints(min_length=10, max_length=1024, pattern=_TEXT),
    Field(examples=["correct horse battery"]),
]
"""A new password: 10 to 1,024 characters."""

Query = Annotated[str, StringConstraints(max_length=200, pattern=_TEXT)]
"""Words to look for, or a comma-separated list, in an address."""
