"""How a child learns that its parent is gone, however it died: a pipe whose other end only the parent holds.

Unlike PR_SET_PDEATHSIG it works on every Unix, does not depend on the thread that started the child,
and leaves no gap between the child's start and its watch.
"""

import os
import signal
import threading
import time


def hold_lifeline(descriptor: int, *, patience_seconds: float) -> None:
    """Stop this process in order when the parent is gone; end it outright if that takes too long."""
    os.set_inheritable(descriptor, False)
    threading.Thread(target=_watch, args=(descriptor, patience_seconds), name="lifeline", daemon=True).start()


def _watch(descriptor: int, patience_seconds: float) -> None:
    os.read(descriptor, 1)  # nothing is ever written: this returns when the pipe has no writer any more
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(patience_seconds)
    os._exit(1)
