"""What the whole platform takes while it idles: seconds until it is ready, and memory of each process.

Memory is given twice: resident (RSS, which counts pages that PostgreSQL's processes share once for each of
them) and proportional (PSS, which counts every page once). The goal is 400 MB for all of it.

    python -m benchmarks.idle
"""

import signal
import subprocess
import sys
import tempfile
import time

import psutil

READY = "Kinetoscope is ready on "
SETTLED_AFTER_SECONDS = 5.0
MIB = 1 << 20


def main() -> None:
    """Start the platform twice, cold and warm, and print what it took."""
    with tempfile.TemporaryDirectory() as folder:
        for start in ("cold", "warm"):
            _measure(folder, start)


def _measure(folder: str, start: str) -> None:
    began = time.monotonic()
    command = [sys.executable, "-m", "kinetoscope", "serve", "--port", "0", "--data-dir", folder]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as serve:
        assert serve.stdout is not None
        for line in serve.stdout:
            if line.startswith(READY):
                break
        print(f"{start} start: ready after {time.monotonic() - began:.1f} s")
        time.sleep(SETTLED_AFTER_SECONDS)
        _print_memory(psutil.Process(serve.pid))
        serve.send_signal(signal.SIGTERM)


def _print_memory(parent: psutil.Process) -> None:
    sums: dict[str, list[float]] = {}
    for process in [parent, *parent.children(recursive=True)]:
        words = " ".join(process.cmdline())
        known = ("postgres", "kinetoscope serve", "kinetoscope api", "kinetoscope worker", "kinetoscope sfu")
        name = next((word for word in known if word in words), "other")
        memory = process.memory_full_info()
        row = sums.setdefault(name, [0, 0])
        row[0] += memory.rss / MIB
        row[1] += memory.pss / MIB
    for name, (resident, proportional) in sums.items():
        print(f"  {name:20} RSS {resident:6.0f} MiB   PSS {proportional:6.0f} MiB")
    total = [sum(column) for column in zip(*sums.values(), strict=True)]
    print(f"  {'all of it':20} RSS {total[0]:6.0f} MiB   PSS {total[1]:6.0f} MiB")


if __name__ == "__main__":
    main()
