"""How the demonstration ends: at a signal, with everything cleaned up and without a traceback."""

import asyncio
import signal
from collections.abc import Coroutine
from contextlib import suppress

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


async def until_stopped(work: Coroutine[object, object, None]) -> None:
    """Run until the work ends or a signal comes; a second signal changes nothing. Raises what the work raised."""
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    for sign in SIGNALS:
        loop.add_signal_handler(sign, task.cancel)
    with suppress(asyncio.CancelledError):
        await task
