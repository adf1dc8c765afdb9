"""What is made from the code and checked in is fresh."""

import pytest

from support.generate import GENERATED, ROOT


@pytest.mark.parametrize("name", list(GENERATED))
def test_a_generated_file_is_fresh(name: str) -> None:
    written = (ROOT / name).read_text(encoding="utf-8")
    assert written == GENERATED[name](), f"{name} is stale: run make generate"
