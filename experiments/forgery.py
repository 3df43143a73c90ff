"""What somebody may do to an exported journal before they hand it on."""

import hashlib
import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from random import Random
from typing import Any

from app.auth.keys import Keys
from app.auth.seal import sign_head
from app.domain.shared.chain import Head
from docs.verify import canonical, parse
from experiments.alteration import NotPossible, other_value

Json = dict[str, Any]


@dataclass(frozen=True)
class Hand:
    """`exports` are good journals of several units; `keys` are false ones by the name of ours."""

    random: Random
    exports: list[Json]
    keys: Keys

    def hashed(self, step: Json) -> None:
        """Hash a step anew, and sign it or leave its signature."""
        content = step["content"]
        step["hash"] = hashlib.sha256(canonical(content).encode()).hexdigest()
        if self.random.random() < 0.5:
            step["signature"] = sign_head(self.keys, Head(content["product"], content["sequence"], step["hash"]))

    def chained(self, journal: Json, start: int) -> None:
        """Number and hash the steps behind a place anew, each on the one before."""
        for place, step in list(enumerate(journal["steps"]))[start:]:
            step["content"]["sequence"] = place + 1
            if place:
                step["content"]["previousHash"] = journal["steps"][place - 1]["hash"]
            self.hashed(step)


Forgery = Callable[[Hand, Json], None]
"""Alters an exported journal, in place."""


def _place(hand: Hand, journal: Json) -> int:
    return hand.random.randrange(len(journal["steps"]))


def _value(hand: Hand, journal: Json) -> None:
    place = _place(hand, journal)
    journal["steps"][place] = other_value(hand.random, journal["steps"][place])


def _byte(hand: Hand, journal: Json) -> None:
    """One bit of the file flips."""
    raw = bytearray(json.dumps(journal, ensure_ascii=False).encode())
    raw[hand.random.randrange(len(raw))] ^= 1 << hand.random.randrange(8)
    try:
        altered = parse(raw.decode())
    except ValueError:
        altered = {}  # no JSON any more: the checker says so
    journal.clear()
    journal |= altered


def _removed(hand: Hand, journal: Json) -> None:
    del journal["steps"][hand.random.randrange(len(journal["steps"]) - 1)]


def _removed_and_chained(hand: Hand, journal: Json) -> None:
    place = hand.random.randrange(1, len(journal["steps"]) - 1)
    del journal["steps"][place]
    hand.chained(journal, place)


def _cut_off(hand: Hand, journal: Json) -> None:
    del journal["steps"][-hand.random.randint(1, len(journal["steps"]) - 1) :]


def _swapped(hand: Hand, journal: Json) -> None:
    steps = journal["steps"]
    one, other = hand.random.sample(range(len(steps)), 2)
    steps[one], steps[other] = steps[other], steps[one]


def _inserted(hand: Hand, journal: Json) -> None:
    place = _place(hand, journal) + 1
    false = deepcopy(journal["steps"][place - 1])
    false["content"]["eventId"] = f"false-{hand.random.random()}"
    journal["steps"].insert(place, false)
    hand.chained(journal, place)


def _moved(hand: Hand, journal: Json) -> None:
    """A step of another unit takes the place of one of this."""
    other = hand.random.choice([each for each in hand.exports if each["product"] != journal["product"]])
    place = hand.random.randrange(min(len(journal["steps"]), len(other["steps"])))
    journal["steps"][place] = deepcopy(other["steps"][place])
    if hand.random.random() < 0.5:
        journal["steps"][place]["content"]["product"] = journal["product"]


def _renamed(hand: Hand, journal: Json) -> None:
    """The journal of another unit is shown for this one."""
    other = hand.random.choice([each for each in hand.exports if each["product"] != journal["product"]])
    journal["steps"] = deepcopy(other["steps"])


def _hashed(hand: Hand, journal: Json) -> None:
    step = journal["steps"][_place(hand, journal)]
    step["content"]["eventId"] = other_value(hand.random, step["content"]["eventId"])
    hand.hashed(step)


def _chained(hand: Hand, journal: Json) -> None:
    place = _place(hand, journal)
    content = journal["steps"][place]["content"]
    content["occurredAt"] = other_value(hand.random, content["occurredAt"])
    hand.chained(journal, place)


def _stripped(hand: Hand, journal: Json) -> None:
    for step in journal["steps"][: _place(hand, journal) + 1]:
        step |= {"hash": None, "signature": None}
        step["content"].pop("previousHash", None)


FORGERIES: Mapping[str, Forgery] = {
    "value altered": _value,
    "bit flipped": _byte,
    "step removed": _removed,
    "step removed, all behind hashed anew": _removed_and_chained,
    "end cut off, a receipt was kept": _cut_off,
    "steps swapped": _swapped,
    "step inserted, all behind hashed anew": _inserted,
    "step of another unit": _moved,
    "journal of another unit": _renamed,
    "altered, hashed anew": _hashed,
    "altered, all behind hashed anew": _chained,
    "hashes stripped": _stripped,
}


def forge(hand: Hand, name: str) -> tuple[Json, Json]:
    """Return a good journal and what was made of it; raises NotPossible where it says the same."""
    good = hand.random.choice(hand.exports)
    forged = deepcopy(good)
    FORGERIES[name](hand, forged)
    if canonical(forged) == canonical(good):
        raise NotPossible
    return good, forged
