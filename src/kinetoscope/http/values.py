"""Kinds of text that requests carry, each with its JSON schema and the same check on every route."""

from typing import Annotated

from pydantic import Field, StringConstraints

# PostgreSQL cannot store U+0000, and no line of text needs control characters.
_LINE = r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$"
_TEXT = r"^[^\x00]*$"
_WEB_URL = r"^https?://[^\s/?#\\<>\"@\x00-\x1f\x7f]+([/?#][^\s\\<>\"\x00-\x1f\x7f]*)?$"
_EMAIL = r"^[^\s@\x00-\x1f\x7f]+@[^\s@\x00-\x1f\x7f]+$"

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=255, pattern=_LINE)]
"""A name or title: one line of 1 to 255 characters, trimmed."""

ShortName = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50, pattern=_LINE)
]
"""A word or two, such as a tag: one line of 1 to 50 characters, trimmed."""

LongText = Annotated[str, StringConstraints(max_length=10_000, pattern=_TEXT)]
"""Text of several lines, at most 10,000 characters."""

WebUrl = Annotated[
    str,
    StringConstraints(max_length=2048, pattern=_WEB_URL),
    Field(examples=["https://example.org/clips/42.mp4"]),
]
"""An http or https address, at most 2,048 characters; kept as it was given."""

Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=3, max_length=254, pattern=_EMAIL),
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
