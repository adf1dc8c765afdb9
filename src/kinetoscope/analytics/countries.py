"""English names of countries, by their ISO 3166 code (from the public domain file of the tz database)."""

from functools import cache
from importlib import resources


def country_name(code: str) -> str:
    """Return the name of a country; the code itself where it is not known."""
    return _names().get(code, code)


@cache
def _names() -> dict[str, str]:
    text = resources.files("kinetoscope.analytics").joinpath("countries.tsv").read_text(encoding="utf-8")
    return {code: name for code, _, name in (line.partition("\t") for line in text.splitlines())}
