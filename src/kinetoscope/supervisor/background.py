"""Work beside the main thread, which stays free for signals and children."""

import threading
from collections.abc import Callable


class Background:
    """One piece of work in a thread; `wake` is called when it has ended.

    `error` is what it raised. The thread does not keep the process from ending.
    """

    def __init__(self, name: str, work: Callable[[], object], wake: Callable[[], None]) -> None:
        self.is_running = False
        self.error: Exception | None = None
        self._name = name
        self._work = work
        self._wake = wake

    def start(self) -> None:
        """Begin, or begin again."""
        self.is_running = True
        self.error = None
        threading.Thread(target=self._run, name=self._name, daemon=True).start()

    def _run(self) -> None:
        try:
            self._work()
        except Exception as error:  # noqa: BLE001 - handed to the main thread, which decides
            self.error = error
        finally:
            self.is_running = False
            self._wake()
