"""Schemathesis goes through the whole document with all its checks, against the really started platform."""

import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.generate import ROOT
from support.people import SignUp
from support.server import Server

from .things import THINGS, Dictionaries, Stage, made

HERE = Path(__file__).parent
OPTIONS = ["--max-examples=30", "--seed=1", "--no-color", *os.environ.get("CONTRACT_OPTIONS", "").split()]
"""More can be given by hand, such as another seed; the last one counts."""

NOT_CARRIED_OUT = {
    ("DELETE", "/api/v1/auth/me"),  # taken out: see accounts.toml
    ("POST", "/api/v1/photos"),  # no schema makes a photo; those that are there came this way
}

Operation = tuple[str, str]


def operations_by_tag() -> dict[str, set[Operation]]:
    """Return what the checked-in document promises; another test holds it fresh."""
    paths: dict[str, dict[str, Any]] = json.loads((ROOT / "openapi.json").read_text())["paths"]
    found: dict[str, set[Operation]] = {}
    for path, item in paths.items():
        for method, operation in item.items():
            found.setdefault(operation["tags"][0], set()).add((method.upper(), path))
    return found


PROMISED = operations_by_tag()


def test_every_part_of_the_document_is_tried() -> None:
    assert set(PROMISED) == set(THINGS)


@pytest.mark.timeout(480)  # a hundred requests an operation, beside whatever else the machine does
@pytest.mark.parametrize("tag", sorted(PROMISED))
def test_the_document_is_what_the_platform_does(
    server: Server, sign_up: SignUp, tmp_path: Path, tag: str
) -> None:
    stage = Stage(sign_up(server.url), sign_up(server.url), tmp_path)
    known = THINGS[tag](stage)
    alice, bob = _key(stage.alice), _key(stage.bob)
    people = [_identity("alice", alice), _identity("bob", bob)]
    (tmp_path / "people.json").write_text(json.dumps({"auth": people}))
    config = tmp_path / "schemathesis.toml"
    config.write_text(_settings(tag, known))
    kept = [alice["id"], *_kept(known)]
    before = carried_out(server)
    ran = subprocess.run(
        [
            str(Path(sys.executable).parent / "schemathesis"),
            f"--config-file={config}",
            "run",
            f"{server.url}/openapi.json",
            f"--include-tag={tag}",
            *OPTIONS,
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env=os.environ
        | {"SCHEMATHESIS_HOOKS": str(HERE / "hooks.py"), "CONTRACT_KEPT": " ".join(map(str, kept))},
    )
    assert ran.returncode == 0, ran.stdout[-20_000:] + ran.stderr[-2_000:]
    assert PROMISED[tag] - set(carried_out(server) - before) - NOT_CARRIED_OUT == set(), ran.stdout


def carried_out(server: Server) -> "Counter[Operation]":
    """Return how often each operation has succeeded since the start."""
    found: Counter[Operation] = Counter()
    for line in httpx.get(f"{server.url}/metrics").text.splitlines():
        if line.startswith("kinetoscope_http_request_seconds_count"):
            labels = dict(re.findall(r'(\w+)="([^"]*)"', line))
            if labels["status"].startswith("2"):
                route = labels["route"].replace(":path}", "}")
                found[labels["method"], route] += int(float(line.rpartition(" ")[2]))
    return found


def _kept(known: Dictionaries) -> list[str]:
    """Return what everything else is about, which the run must not end: what is not there to be ended."""
    ended = ("to delete", "to fill", "to cancel", "keys")
    return [str(value) for name, values in known.items() if not name.endswith(ended) for value in values]


def _settings(tag: str, known: Dictionaries) -> str:
    own = HERE / f"{tag.replace(' ', '_')}.toml"
    texts = [(HERE / "base.toml").read_text(), own.read_text() if own.exists() else ""]
    texts += [
        f"\n[dictionaries.{json.dumps(name)}]\nvalues = {json.dumps(values)}\n"
        for name, values in known.items()
    ]
    return "\n".join(texts)


def _key(person: httpx.Client) -> dict[str, Any]:
    """Make an API key with all scopes; unlike an access token, signing out leaves it good."""
    return made(person, "api-keys", {"name": "contract", "scopes": ["read", "write", "account"]})


def _identity(name: str, key: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "fixedHeaders": [{"name": "Authorization", "value": f"Bearer {key['key']}"}]}
