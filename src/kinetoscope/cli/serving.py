"""From settings to a running supervisor, for `serve` and `demo`."""

import contextlib
import os
import resource
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

import typer

from ..kernel.embedded_postgres import PostgresUnavailable
from ..kernel.settings import Settings
from ..kernel.telemetry import set_up_logging, share_metrics
from ..supervisor import (
    CannotListen,
    DataDirTaken,
    Plan,
    Program,
    ServingFailed,
    Supervisor,
    claim_data_dir,
    environment_of,
    listen,
)
from .chosen import chosen_settings
from .failing import CommandFailed
from .reaching import database_url, embedded, migrated

API_DRAIN_SECONDS = 20.0
WORKER_DRAIN_SECONDS = 30.0
SFU_DRAIN_SECONDS = 5.0
_MOST_DESCRIPTORS = 65536


def serve_until_stopped(
    *,
    host: str | None,
    port: int | None,
    data_dir: Path | None,
    workers: int | None,
    once_ready: Program | None = None,
    log_name: str | None = None,
) -> None:
    """Serve until a signal says stop. With `log_name`, children log into that file of the data directory."""
    settings = chosen_settings(host=host, port=port, data_dir=data_dir, workers=workers)
    set_up_logging(settings.log_level, settings.log_format)
    raise_descriptor_limit()
    try:
        with contextlib.ExitStack() as stack:
            _serve(settings, once_ready, log_name, stack)
    except (CannotListen, DataDirTaken, PostgresUnavailable) as refusal:
        raise CommandFailed(str(refusal)) from refusal
    except OSError as error:
        raise CommandFailed(
            f"{error.filename or settings.data_dir} cannot be used: {error.strerror}. Run as the user that "
            "owns the data directory, or choose another: --data-dir DIR"
        ) from error
    except ServingFailed as failure:
        raise CommandFailed(str(failure), exit_code=failure.exit_code) from failure


def api_processes(settings: Settings) -> int:
    """Return how many API processes to run: as set, else one on up to two cores, else cores − 1."""
    if settings.workers is not None:
        return settings.workers
    # Those that this process may use, where the system tells; macOS does not.
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, cores - 1)


def raise_descriptor_limit() -> None:
    """Let this process and its children hold as many connections as the machine allows them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, _MOST_DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _serve(
    settings: Settings, once_ready: Program | None, log_name: str | None, stack: contextlib.ExitStack
) -> None:
    data_dir = settings.data_dir.expanduser().resolve()
    claim = claim_data_dir(data_dir)
    listener = stack.enter_context(listen(settings.host, settings.port))
    share_metrics(data_dir / "metrics")
    log: IO[bytes] | None = None
    if log_name is not None:
        log = stack.enter_context((data_dir / log_name).open("ab"))
    plan = Plan(
        prepare=lambda: migrated(database_url(settings)),
        programs=_programs(settings),
        environment=environment_of(str(data_dir), settings.host),
        once_ready=once_ready,
        log=log,
    )
    postgres = None if settings.database_url else embedded(settings)
    announce = announcer(settings, data_dir, is_brief=once_ready is not None)
    Supervisor(plan, claim=claim, listener=listener, postgres=postgres, announce=announce).run()


def _programs(settings: Settings) -> Sequence[Program]:
    api = Program("api", ["api"], drain_seconds=API_DRAIN_SECONDS, listens=True)
    worker = Program("worker", ["worker"], drain_seconds=WORKER_DRAIN_SECONDS)
    media = range(settings.sfu_processes if settings.realtime_url is None else 0)
    sfus = [Program("sfu", ["sfu", f"--number={n}"], drain_seconds=SFU_DRAIN_SECONDS) for n in media]
    return [*[api] * api_processes(settings), worker, *sfus]


def announcer(settings: Settings, data_dir: Path, *, is_brief: bool) -> Callable[[str], None]:
    """Return what tells the person at the terminal that all is up; the first line never changes its form."""

    def announce(address: str) -> None:
        lines = [f"Kinetoscope is ready on {address}"]
        if not is_brief:
            lines += [
                f"  Reference  {address}/docs",
                f"  Database   {'an external one' if settings.database_url else 'PostgreSQL, embedded'}",
                f"  Data       {data_dir}",
                "  Stop       Ctrl-C",
            ]
        with contextlib.suppress(BrokenPipeError):  # nobody has to read it
            typer.echo("\n".join(lines))

    return announce
