"""Background work goes on whatever goes wrong with it, says so once, and ends when it is stopped."""

import asyncio
import logging
from collections.abc import Sequence

import pytest
from pymongo.errors import AutoReconnect

from app.store.retry import apart, run_forever, run_while


class Chore:
    """Work that goes wrong as the test says, each time in turn, and then goes well; `rests` is how long it paused."""

    def __init__(self, *going_wrong: Exception | None) -> None:
        self.going_wrong = list(going_wrong)
        self.times = 0
        self.rests: list[float] = []

    async def work(self) -> None:
        self.times += 1
        error = self.going_wrong.pop(0) if self.going_wrong else None
        if error is not None:
            raise error

    async def rest(self, seconds: float) -> None:
        self.rests.append(seconds)

    async def run(self, times: int) -> None:
        await run_while(lambda: self.times < times, "the chore", 3.0, self.work, self.rest)


def messages(caplog: pytest.LogCaptureFixture) -> Sequence[str]:
    return [record.message for record in caplog.records]


async def test_it_is_done_again_after_its_pause_for_as_long_as_it_is_wanted() -> None:
    chore = Chore()
    await chore.run(3)
    assert (chore.times, chore.rests) == (3, [3.0, 3.0, 3.0])


async def test_a_failure_that_repeats_itself_is_logged_once_and_again_after_it_went_well(
    caplog: pytest.LogCaptureFixture,
) -> None:
    chore = Chore(AutoReconnect(), AutoReconnect(), ValueError(), ValueError(), None, ValueError())
    await chore.run(8)
    waits, fails = "the chore waits for the database", "the chore failed; it goes on"
    assert messages(caplog) == [waits, fails, fails]
    assert [record.levelno for record in caplog.records] == [logging.WARNING, logging.ERROR, logging.ERROR]
    assert [record.exc_info is not None for record in caplog.records] == [False, True, True], "a bug with its trace"


async def test_it_is_stopped_by_cancelling_it_in_its_work_as_in_its_pause() -> None:
    begun = asyncio.Event()

    async def hang() -> None:
        begun.set()
        await asyncio.Event().wait()

    working = asyncio.create_task(run_forever("hanging", 0.0, hang))
    await begun.wait()
    chore = Chore()
    pausing = asyncio.create_task(run_forever("pausing", 3600.0, chore.work))
    await asyncio.sleep(0)
    for task in (working, pausing):
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert chore.times == 1


async def test_what_goes_wrong_with_one_holds_up_no_other_but_for_a_database_that_does_not_answer(
    caplog: pytest.LogCaptureFixture,
) -> None:
    await apart("a chore could not be done", Chore(ValueError()).work(), line="L")
    (logged,) = caplog.records
    assert (logged.message, logged.__dict__["line"]) == ("a chore could not be done", "L")
    with pytest.raises(AutoReconnect):
        await apart("a chore could not be done", Chore(AutoReconnect()).work())
