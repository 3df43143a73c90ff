"""The one append: decided on a head, written once, and decided anew where another writer was first."""

from dataclasses import dataclass, field

import pytest

from app.actions.journal import Appended, NothingToAppend, append
from app.domain.shared.refusal import NotAllowed
from app.store.journal import Overtaken, Repeated, SequenceTaken


@dataclass
class Log:
    """A journal of words by number, which others write to between a look at it and a write."""

    words: list[str] = field(default_factory=list)
    others: list[list[str]] = field(default_factory=list)
    keys: dict[str, str] = field(default_factory=dict)
    looks: int = 0

    async def read_head(self) -> int:
        self.looks += 1
        return len(self.words)

    async def write(self, head: int, word: str) -> None:
        if self.others:
            self.words += self.others.pop(0)
        if word in self.keys.values():
            raise Repeated
        if head != len(self.words):
            raise SequenceTaken
        self.words.append(word)

    async def find_made(self) -> str | None:
        return self.keys.get("key")


def word(head: int) -> str:
    return f"mine at {head}"


async def test_it_is_written_behind_the_head_that_it_was_decided_on() -> None:
    log = Log(["first"])
    assert await append(1, word, log.write, log.read_head) == Appended("mine at 1", 1)
    assert (log.words, log.looks) == (["first", "mine at 1"], 0)


async def test_where_others_were_first_it_is_decided_anew_as_often_as_that_happens() -> None:
    log = Log(others=[["theirs"], ["theirs", "theirs"]])
    done = await append(0, word, log.write, log.read_head)
    assert (done, log.looks) == (Appended("mine at 3", 3), 2)
    assert log.words == ["theirs", "theirs", "theirs", "mine at 3"]


async def test_what_is_decided_anew_may_be_refused_or_be_nothing_any_more() -> None:
    def unless_there(head: int) -> str:
        if head:
            raise NothingToAppend
        return "mine"

    def while_allowed(head: int) -> str:
        if head:
            raise NotAllowed("too late")
        return "mine"

    log = Log(others=[["theirs"]])
    assert await append(0, unless_there, log.write, log.read_head) == Appended(None, 1)
    log = Log(others=[["theirs"]])
    with pytest.raises(NotAllowed):
        await append(0, while_allowed, log.write, log.read_head)
    assert log.words == ["theirs"]


async def test_a_repetition_answers_what_was_made_the_first_time_whatever_would_be_decided_now() -> None:
    def never(head: int) -> str:
        raise NotAllowed("never")

    log = Log(["made before", "theirs"], keys={"key": "made before"})
    for decide in (lambda head: "made before", never):
        done = await append(0, decide, log.write, log.read_head, log.find_made)
        assert done == Appended("made before", 2)
    assert log.words == ["made before", "theirs"]
    with pytest.raises(NotAllowed):
        await append(2, never, log.write, log.read_head, Log().find_made)


async def test_a_repetition_without_a_key_is_decided_anew() -> None:
    def next_word(head: int) -> str:
        return "taken" if head == 0 else "free"

    log = Log(["taken"], keys={"other": "taken"})
    assert await append(0, next_word, log.write, log.read_head) == Appended("free", 1)


async def test_what_goes_wrong_otherwise_is_raised_and_not_tried_again() -> None:
    async def broken(head: int, word: str) -> None:
        raise ConnectionError

    log = Log()
    with pytest.raises(ConnectionError):
        await append(0, word, broken, log.read_head, log.find_made)
    assert log.looks == 0
    assert issubclass(SequenceTaken, Overtaken)
