"""A fake behind a real socket, for programs that only know addresses."""

import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Literal

import uvicorn
from starlette.types import ASGIApp

_PATIENCE_SECONDS = 10.0
_STEP_SECONDS = 0.01


@contextmanager
def served(app: ASGIApp, *, lifespan: Literal["on", "off"] = "off") -> Generator[str]:
    """Serve an application on a free port of this machine, from a thread; give its address."""
    config = uvicorn.Config(
        app, port=0, lifespan=lifespan, access_log=False, log_config=None, timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not server.started:
        assert time.monotonic() < deadline, "the fake did not start"
        time.sleep(_STEP_SECONDS)
    host, port = server.servers[0].sockets[0].getsockname()[:2]
    try:
        yield f"http://{host}:{port}"
    finally:
        server.should_exit = True
        thread.join(_PATIENCE_SECONDS)
