"""Load for a server under measurement, made by `wrk` (Debian: apt-get install wrk)."""

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

_SCRIPT = """
local paths = {{ {paths} }}
local tokens = {{ {tokens} }}
local body = {body}
local n = math.random(#paths)
if body then
    wrk.headers["Content-Type"] = "application/json"
    wrk.headers["User-Agent"] = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/126.0.0.0 Safari/537.36"
end
request = function()
    n = n + 1
    if #tokens > 0 then wrk.headers["Authorization"] = "Bearer " .. tokens[n % #tokens + 1] end
    return wrk.format(body and "POST" or "GET", paths[n % #paths + 1], nil, body)
end
"""


@dataclass(frozen=True, slots=True)
class Rate:
    """How quickly a server answered: requests a second, its CPU time for each, and how long each took."""

    per_second: float
    cpu_microseconds: float
    median_ms: float
    p99_ms: float
    count: int


@dataclass(frozen=True, slots=True)
class Load:
    """What is asked for, and by whom; with a `body`, it is posted."""

    paths: Sequence[str]
    tokens: Sequence[str] = ("none",)
    body: str | None = None
    connections: int = 64
    seconds: float = 4


def require_wrk() -> str:
    """Return where wrk is, or leave with what to do."""
    found = shutil.which("wrk")
    if found is None:
        sys.exit("This benchmark makes its load with wrk. Install it: apt-get install wrk")
    return found


def measure(base_url: str, load: Load, process: psutil.Process) -> Rate:
    """Return how quickly a server answers; leaves with what went wrong otherwise."""
    quoted = {
        "paths": ", ".join(f'"{path}"' for path in load.paths),
        "tokens": ", ".join(f'"{token}"' for token in load.tokens),
        "body": "nil" if load.body is None else f"[[{load.body}]]",
    }
    before = process.cpu_times()
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(_SCRIPT.format(**quoted))
        script.flush()
        command = [require_wrk(), "-t1", f"-c{load.connections}", f"-d{load.seconds:.0f}s", "--latency"]
        command += ["--timeout", "20s", "-s", script.name, base_url]
        output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in output or "Socket errors" in output:
        sys.exit(f"The server did not answer as it should:\n{output}")
    after = process.cpu_times()
    rate = re.search(r"Requests/sec:\s+([\d.]+)", output)
    count = re.search(r"(\d+) requests in", output)
    assert rate is not None, output
    assert count is not None, output
    cpu = after.user + after.system - before.user - before.system
    total = int(count[1])
    return Rate(float(rate[1]), cpu * 1e6 / total, _quantile(output, 50), _quantile(output, 99), total)


def _quantile(output: str, percent: int) -> float:
    """Return a quantile of the latencies that wrk has printed, in milliseconds."""
    found = re.search(rf"{percent}%\s+([\d.]+)(us|ms|s)", output)
    assert found is not None, output
    return float(found[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[found[2]]


def repository() -> Path:
    """Return the root of the checkout."""
    return Path(__file__).parent.parent
