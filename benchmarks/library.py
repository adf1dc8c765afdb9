"""A really started platform for the benchmarks of search, and projects on it, through the HTTP API."""

import signal
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psutil

READY = "Kinetoscope is ready on "
AT_ONCE = 200
RANKED = 100

Document = dict[str, Any]


@dataclass
class Library:
    """A project on the platform, and who asks for it."""

    client: httpx.Client
    path: str
    pid: int

    def fill(self, documents: Sequence[Document]) -> "Filled":
        """Index documents and wait until all have their vectors; return how fast that was."""
        began, cpu = time.perf_counter(), cpu_seconds(self.pid)
        for start in range(0, len(documents), AT_ONCE):
            sent = self.client.post(f"{self.path}/bulk-index", json=documents[start : start + AT_ONCE])
            assert sent.json()["failed_count"] == 0, sent.text
        while self.client.get(self.path.removesuffix("/videos") + "/search").json()["pending"]:
            time.sleep(0.5)
        seconds, used = time.perf_counter() - began, cpu_seconds(self.pid) - cpu
        # The process that answers may still load its model; until then it answers by words alone.
        while self.client.post(f"{self.path}/search", json={"query": "ready?"}).json()["mode"] == "text":
            time.sleep(0.5)
        return Filled(len(documents) / seconds, len(documents) / used)

    def results(self, query: str, mode: str = "hybrid") -> list[dict[str, Any]]:
        """Return the best results of a query."""
        asked = {"query": query[:500], "limit": RANKED, "mode": mode}
        answer = self.client.post(f"{self.path}/search", json=asked)
        assert answer.status_code == 200, answer.text
        assert answer.json()["mode"] == mode, "the model does not answer"
        found: list[dict[str, Any]] = answer.json()["results"]
        return found


@dataclass(frozen=True)
class Filled:
    """How fast documents became ready: by the clock, and by what all processes of the platform used."""

    a_second: float
    a_cpu_second: float

    def __str__(self) -> str:
        """Return it as a report says it."""
        return f"{self.a_second:.0f} videos a second, {self.a_cpu_second:.0f} a second of one core"


def cpu_seconds(pid: int) -> float:
    """Return what a process and all below it have used; PostgreSQL's too."""
    whole = psutil.Process(pid)
    times = [process.cpu_times() for process in (whole, *whole.children(recursive=True))]
    return sum(one.user + one.system + one.children_user + one.children_system for one in times)


@dataclass
class Platform:
    """Where it answers, and an account on it."""

    client: httpx.Client
    pid: int

    def new_project(self) -> Library:
        """Make an empty project."""
        made = self.client.post("/api/v1/projects", json={"name": f"Measured {uuid4()}"})
        return Library(self.client, f"/api/v1/projects/{made.json()['id']}/videos", self.pid)


@contextmanager
def started_platform(folder: Path) -> Generator[Platform]:
    """Start a platform with an empty database and sign up."""
    command = [sys.executable, "-m", "kinetoscope", "serve", "--port", "0", "--data-dir", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as serve:
        try:
            yield Platform(_signed_up(_address(serve)), serve.pid)
        finally:
            serve.send_signal(signal.SIGTERM)


def _address(serve: "subprocess.Popen[str]") -> str:
    assert serve.stdout is not None
    for line in serve.stdout:
        if line.startswith(READY):
            return line.removeprefix(READY).strip()
    sys.exit("The platform did not start.")


def _signed_up(address: str) -> httpx.Client:
    client = httpx.Client(base_url=address, timeout=60)
    person = {"email": "bench@example.org", "password": "correct horse battery"}
    token = client.post("/api/v1/auth/register", json=person).json()["access_token"]
    key = client.post(
        "/api/v1/api-keys", json={"name": "bench"}, headers={"Authorization": f"Bearer {token}"}
    ).json()["key"]
    client.headers["X-API-Key"] = key
    return client
