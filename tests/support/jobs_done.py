"""Background work, done while a test waits for it."""

from kinetoscope.kernel.runner import Runner
from kinetoscope.wiring import Platform


class JobsDone:
    """Runs the platform's jobs until none is due."""

    def __init__(self, platform: Platform, dsn: str) -> None:
        self._platform = platform
        self._dsn = dsn

    async def __call__(self) -> None:
        """Do everything that is due now, one job after the other."""
        runner = Runner(
            self._platform.db,
            dsn=self._dsn,
            clock=self._platform.clock,
            worker="test/1",
            lanes=self._platform.lanes,
        )
        while await runner.run_due():
            pass
