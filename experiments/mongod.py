"""A mongod to be killed, frozen and started again on the same data."""

import os
import signal
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from app.ops.embedded.mongod import Running, embedded_mongod
from experiments.process import freeze


@dataclass
class DatabaseProcess:
    """The bundled mongod on a data directory; it keeps its port from start to start where that stays free."""

    data_dir: Path
    running: Running | None = None
    _life: ExitStack = field(default_factory=ExitStack)

    @property
    def url(self) -> str:
        assert self.running is not None, "it was started"
        return self.running.url

    def start(self) -> None:
        """Start it and wait until it is primary. From the main thread: mongod dies with the thread that made it."""
        self.running = self._life.enter_context(embedded_mongod(self.data_dir))

    def kill(self) -> None:
        """End it without a word; what it has acknowledged stands in its journal."""
        self._signal(signal.SIGKILL)
        self._life.close()

    def freeze(self) -> None:
        """Stop it where it is; its connections stay open and silent."""
        assert self.running is not None, "it was started"
        freeze(self.running.pid)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def stop(self) -> None:
        self._life.close()

    def _signal(self, sign: signal.Signals) -> None:
        assert self.running is not None, "it was started"
        os.kill(self.running.pid, sign)
