"""What the document says of a kind of text is what is taken: the two are read by different engines."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema_rs import validator_for
from pydantic import TypeAdapter, ValidationError

from kinetoscope.http.values import Email, Name, ShortName, WebUrl

# Where engines differ: what is white space, what is a control character, where a line ends.
_AWKWARD = st.text("ab@.: /[]\t\n\x1c\x7f\x85\x9f\xa0\u200b\u2028\u3000\ufeff\uff0f", max_size=8)
_TEXTS = _AWKWARD | _AWKWARD.map("http://{}".format) | st.text(max_size=60)


@pytest.mark.parametrize("kind", [Name, ShortName, Email, WebUrl], ids=["name", "short", "email", "url"])
@given(text=_TEXTS)
def test_the_document_and_the_platform_take_the_same(kind: Any, text: str) -> None:
    adapter: TypeAdapter[str] = TypeAdapter(kind)
    assert validator_for(adapter.json_schema()).is_valid(text) == (_taken(adapter, text) is not None)


@given(text=_TEXTS)
def test_a_name_is_a_trimmed_line(text: str) -> None:
    name = _taken(TypeAdapter(Name), text)
    assert name is None or (name and name == text.strip() and len(name.splitlines()) == 1)


@given(text=_AWKWARD.map("https://{}".format))
def test_a_web_address_can_be_taken_apart(text: str) -> None:
    if _taken(TypeAdapter(WebUrl), text) is not None:
        assert urlsplit(text).hostname


@pytest.mark.parametrize(
    "host", ["example.org", "müller.example:8443", "[::1]:80", "[2001:db8::8:800:200c:417a]"]
)
def test_hosts_are_taken_in_every_usual_form(host: str) -> None:
    assert _taken(TypeAdapter(WebUrl), f"https://{host}/a?b=c#d")


def _taken(adapter: "TypeAdapter[str]", text: str) -> str | None:
    try:
        return adapter.validate_python(text)
    except ValidationError:
        return None
