"""Each decision names the check that holds it, and the check is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs" / "decisions").glob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_decision_names_a_check_that_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert "**Held by**" in text
    held_by = text.rpartition("**Held by**")[2]
    files = re.findall(r"`([\w/.]+\.(?:py|toml|ts))`", held_by)
    assert files
    assert [name for name in files if not (ROOT / name).exists()] == []
    source = "".join((ROOT / name).read_text(encoding="utf-8") for name in files)
    for test in re.findall(r"`(test_\w+)", held_by):
        assert f"def {test}" in source, test
