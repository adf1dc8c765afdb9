"""Schemathesis goes through the whole document with all its checks, against the really started platform."""

import subprocess
import sys
from pathlib import Path

from support.people import SignUp
from support.server import Server

EXAMPLES = 15


def test_the_document_is_what_the_platform_does(server: Server, sign_up: SignUp, tmp_path: Path) -> None:
    person = sign_up(server.url)
    config = tmp_path / "schemathesis.toml"
    config.write_text((Path(__file__).parent / "schemathesis.toml").read_text(encoding="utf-8"))
    ran = subprocess.run(
        [
            str(Path(sys.executable).parent / "schemathesis"),
            f"--config-file={config}",
            "run",
            f"{server.url}/openapi.json",
            f"--header=Authorization:{person.headers['Authorization']}",
            f"--max-examples={EXAMPLES}",
            "--checks=all",
            "--phases=examples,coverage,fuzzing",
            "--no-color",
            "--seed=1",
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert ran.returncode == 0, ran.stdout[-20_000:] + ran.stderr[-2_000:]
