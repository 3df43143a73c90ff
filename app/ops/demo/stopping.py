"""How the demonstration ends: at a signal, with everything cleaned up and without a traceback."""

import asyncio
import signal
from collections.abc import Coroutine
from contextlib import suppress

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


async def until_stopped(work: Coroutine[object, object, None]) -> None:
    """Run until the work ends or a signal comes; a second signal changes nothing. Raises what the work raised."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for sign in SIGNALS:
        loop.add_signal_handler(sign, stop.set)
    working, stopping = asyncio.ensure_future(work), asyncio.ensure_future(stop.wait())
    await asyncio.wait((working, stopping), return_when=asyncio.FIRST_COMPLETED)
    working.cancel()
    stopping.cancel()
    try:
        with suppress(asyncio.CancelledError):
            await working
    except BaseExceptionGroup as group:
        raise _first(group) from None


def _first(error: BaseException) -> BaseException:
    return _first(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else error
