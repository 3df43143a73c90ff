"""Who comes alone goes in at once; who comes while others are in goes in with others, or after them."""

import asyncio

import pytest

from app.store import admission as module
from app.store.admission import AdmissionGate, KeyedLocks


class PresenceChannel:
    """What happens inside, and who is there; each stays until let out."""

    def __init__(self) -> None:
        self.turns = AdmissionGate()
        self.inside: dict[str, asyncio.Event] = {}
        self.entered = asyncio.Event()

    async def visit(self, name: str) -> None:
        async with self.turns:
            self.inside[name] = asyncio.Event()
            self.entered.set()
            try:
                await self.inside[name].wait()
            finally:
                del self.inside[name]

    def send(self, *names: str) -> list[asyncio.Task[None]]:
        return [asyncio.create_task(self.visit(name)) for name in names]

    def let_all_out(self) -> None:
        for event in self.inside.values():
            event.set()


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody lose patience, or take breath, who is not meant to."""
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 60.0)
    monkeypatch.setattr(module, "BREATH_SECONDS", 0.0)


async def test_those_who_came_meanwhile_go_in_together_when_all_are_out() -> None:
    room = PresenceChannel()
    (first,) = room.send("a")
    await settled()
    assert set(room.inside) == {"a"}
    waiting = room.send("b", "c")
    await settled()
    assert set(room.inside) == {"a"}
    room.let_all_out()
    await first
    await settled()
    assert set(room.inside) == {"b", "c"}
    (last,) = room.send("d")
    room.inside["b"].set()
    await settled()
    assert set(room.inside) == {"c"}
    room.let_all_out()
    await asyncio.gather(*waiting)
    await settled()
    assert set(room.inside) == {"d"}
    room.let_all_out()
    await last


async def test_after_several_the_door_stays_shut_for_a_breath_and_after_one_it_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "BREATH_SECONDS", 0.05)
    room = PresenceChannel()
    alone = room.send("a")
    await settled()
    room.let_all_out()
    await asyncio.gather(*alone)
    first = room.send("b")
    await settled()
    assert set(room.inside) == {"b"}
    several = room.send("c", "d")
    await settled()
    room.let_all_out()
    await asyncio.gather(*first)
    await settled()
    assert set(room.inside) == {"c", "d"}
    waiting = room.send("e")
    room.let_all_out()
    await asyncio.gather(*several)
    waiting += room.send("c again", "d again")
    await settled()
    assert not room.inside
    await asyncio.sleep(0.06)
    assert set(room.inside) == {"e", "c again", "d again"}
    room.let_all_out()
    await asyncio.gather(*waiting)
    await asyncio.sleep(0.06)
    late = room.send("f")
    await settled()
    assert set(room.inside) == {"f"}
    room.let_all_out()
    await asyncio.gather(*late)


async def test_who_gives_up_inside_or_waiting_leaves_the_way_free() -> None:
    room = PresenceChannel()
    (first,) = room.send("a")
    await settled()
    gone, second = room.send("b", "c")
    await settled()
    gone.cancel()
    first.cancel()
    await settled()
    assert set(room.inside) == {"c"}
    second.cancel()
    await settled()
    (last,) = room.send("d")
    await settled()
    assert set(room.inside) == {"d"}
    room.let_all_out()
    await last


async def test_nobody_waits_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.0)
    room = PresenceChannel()
    first = room.send("a")
    await settled()
    room.entered.clear()
    second = room.send("b")
    await room.entered.wait()
    assert set(room.inside) == {"a", "b"}
    room.let_all_out()
    await asyncio.gather(*first, *second)


async def test_who_writes_to_one_key_waits_for_those_before_and_is_told_where_they_left_off() -> None:
    queues: KeyedLocks[int] = KeyedLocks()
    told: list[tuple[str, int | None]] = []

    async def write(key: str) -> None:
        async with queues.turn(key) as queue:
            before = queue.head
            await asyncio.sleep(0)
            told.append((key, before))
            queue.head = (before or 0) + 1

    await asyncio.gather(*(write(key) for key in "ababab"))
    assert [before for key, before in told if key == "a"] == [None, 1, 2]
    assert [key for key, _ in told] == list("ababab"), "keys do not wait for each other"
    assert len(queues) == 0, "what was left is forgotten with the last"


async def test_who_fails_or_gives_up_in_a_queue_leaves_the_way_free() -> None:
    queues: KeyedLocks[int] = KeyedLocks()
    inside = asyncio.Event()

    async def stay() -> None:
        async with queues.turn("a"):
            await inside.wait()
            raise ValueError

    first, gone = asyncio.create_task(stay()), asyncio.create_task(stay())
    await settled()
    gone.cancel()
    inside.set()
    assert isinstance((await asyncio.gather(first, gone, return_exceptions=True))[0], ValueError)
    async with queues.turn("a") as queue:
        assert queue.head is None
    assert len(queues) == 0


async def test_nobody_waits_long_behind_a_write_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "QUEUE_SECONDS", 0.01)
    queues: KeyedLocks[int] = KeyedLocks()
    async with queues.turn("a") as hanging:
        async with queues.turn("a") as queue:
            queue.head = 7
        assert hanging.head == 7
    assert len(queues) == 0
