"""The pages' own modules: their types and their tests."""

import subprocess
from pathlib import Path

import pytest

CONSOLE = Path(__file__).parents[2] / "console"


@pytest.mark.parametrize("script", ["types", "test"])
def test_the_modules_of_the_pages_are_sound(script: str) -> None:
    done = subprocess.run(
        [CONSOLE / "npm", "run", "--silent", script], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_lock_file_names_what_is_installed_and_no_address() -> None:
    lock = (CONSOLE / "package-lock.json").read_text("utf-8")
    assert '"integrity"' in lock
    assert '"resolved"' not in lock
