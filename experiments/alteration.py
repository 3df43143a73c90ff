"""What somebody with the database in hand, but without the signing key, may do to stored steps."""

import math
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.auth.keys import Keys
from app.auth.seal import sign_head
from app.domain.shared.chain import Head, hash_of
from app.domain.unit.journey import JournalEntry
from app.store.database import Document
from app.store.document import decode_document, encode_document, new_document_id
from app.store.journal import read_back
from app.store.step import Steps


class NotPossible(Exception):
    """Nothing came of it this time: draw again."""


@dataclass(frozen=True)
class Stored:
    """The steps of some units as they are stored, and what the list of units says of them."""

    steps: dict[str, list[Document]]
    products: dict[str, Document]

    def copied(self) -> "Stored":
        return deepcopy(self)


@dataclass(frozen=True)
class Forger:
    """Knows all of the code, and has a key of their own that they call by the name of ours."""

    random: Random
    journal: Steps
    keys: Keys

    @classmethod
    def named(cls, random: Random, journal: Steps, id: str) -> "Forger":
        keys = Keys(Ed25519PrivateKey.generate(), b"")
        keys.__dict__["id"] = id
        return cls(random, journal, keys)

    def hashed(self, document: Document, signed: bool) -> Document:
        """Hash an altered step anew; sign it, or leave the signature as it was."""
        entry = self.journal.load(document)
        step, hash = entry.step, hash_of(entry.step)
        signature = sign_head(self.keys, Head(step.product, step.sequence, hash)) if signed else step.signature
        hashed = replace(step, hash=hash, signature=signature)
        return self._written(JournalEntry(hashed, replace(entry.state, hash=hash)), document)

    def chained(self, documents: list[Document], signed: bool) -> list[Document]:
        """Number and hash steps anew, each on the one before."""
        made: list[Document] = []
        for sequence, document in enumerate(documents, 1):
            previous = {"previous_hash": made[-1]["hash"]} if made else {}
            rest = {name: value for name, value in document.items() if name != "previous_hash"}
            state = {**document["state"], "sequence": sequence}
            made.append(self.hashed({**rest, **previous, "sequence": sequence, "state": state}, signed))
        return made

    def _written(self, entry: JournalEntry, document: Document) -> Document:
        return read_back({"_id": document["_id"], **self.journal.dump(entry)})


Alteration = Callable[[Forger, Stored], None]
"""Alters what is stored, in place."""


def other_value(random: Random, value: Any) -> Any:
    """Return another value in the place of one, as near as can be."""
    match value:
        case bool():
            return not value
        case int():
            return value + random.choice((-1, 1))
        case float():
            return math.nextafter(value, random.choice((-math.inf, math.inf)))
        case str():
            place = random.randrange(len(value) + 1)
            return value[:place] + random.choice("0aZé ") + value[place + random.randint(0, 1) :]
        case datetime():
            return value + timedelta(milliseconds=random.choice((-1, 1)))
        case dict() if value:
            return _other_members(random, value)
        case list() if value:
            place = random.randrange(len(value))
            return random.choice(
                (
                    value[:place] + value[place + 1 :],
                    [*value, value[place]],
                    [*value[:place], other_value(random, value[place]), *value[place + 1 :]],
                )
            )
        case _:
            return random.choice(("x", 1, True))


def _other_members(random: Random, members: Mapping[str, Any]) -> dict[str, Any]:
    name = random.choice([name for name in members if name != "_id"])
    rest = {other: value for other, value in members.items() if other != name}
    if random.random() < 0.1:
        return rest
    return {**rest, random.choice((name,) * 9 + (name + "x",)): other_value(random, members[name])}


def _pick(forger: Forger, stored: Stored, least: int = 1) -> list[Document]:
    return stored.steps[forger.random.choice([code for code, steps in stored.steps.items() if len(steps) >= least])]


def _field(forger: Forger, stored: Stored) -> None:
    """A value deep in a document becomes another, a member goes, or gets another name."""
    steps = _pick(forger, stored)
    place = forger.random.randrange(len(steps))
    steps[place] = {"_id": steps[place]["_id"], **other_value(forger.random, steps[place])}


def _byte(forger: Forger, stored: Stored) -> None:
    """One bit of a document flips."""
    steps = _pick(forger, stored)
    place = forger.random.randrange(len(steps))
    raw = bytearray(encode_document(steps[place]))
    raw[forger.random.randrange(4, len(raw) - 1)] ^= 1 << forger.random.randrange(8)
    try:
        steps[place] = decode_document(bytes(raw))
    except ValueError as error:
        raise NotPossible from error


def _more(forger: Forger, stored: Stored) -> None:
    """A document gets a member that it did not have."""
    document = forger.random.choice(_pick(forger, stored))
    inside = forger.random.choice((document, document["state"]))
    inside["note" if "note" not in inside else "remark"] = "as agreed"


def _removed(forger: Forger, stored: Stored) -> None:
    steps = _pick(forger, stored, 2)
    del steps[forger.random.randrange(len(steps) - 1)]


def _cut_off(forger: Forger, stored: Stored) -> None:
    """The last steps go."""
    steps = _pick(forger, stored)
    del steps[-forger.random.randint(1, len(steps)) :]


def _set_back(forger: Forger, stored: Stored) -> None:
    """The last steps go, and the list of units says what it said before them."""
    steps = _pick(forger, stored, 2)
    del steps[-forger.random.randint(1, len(steps) - 1) :]
    stored.products[steps[-1]["product"]]["state"] = deepcopy(steps[-1]["state"])


def _swapped(forger: Forger, stored: Stored) -> None:
    """Two steps take each other's place."""
    steps = _pick(forger, stored, 2)
    one, other = forger.random.sample(steps, 2)
    one["sequence"], other["sequence"] = other["sequence"], one["sequence"]
    if forger.random.random() < 0.5:
        one["state"], other["state"] = other["state"], one["state"]


def _inserted(forger: Forger, stored: Stored) -> None:
    """A step that never was comes in between or at the end; those behind move up."""
    steps = _pick(forger, stored)
    place = forger.random.randint(1, len(steps))
    false = {**deepcopy(steps[place - 1]), "_id": new_document_id(), "event_id": f"false-{forger.random.random()}"}
    for later in steps[place:]:
        later["sequence"] += 1
        later["state"]["sequence"] += 1
    false["sequence"] = false["state"]["sequence"] = place + 1
    false["previous_hash"] = steps[place - 1]["hash"]
    steps.insert(place, forger.hashed(false, forger.random.random() < 0.5))


def _inserted_and_chained(forger: Forger, stored: Stored) -> None:
    """The same, with all hashes made anew."""
    _inserted(forger, stored)
    _chain_anew(forger, stored)


def _chain_anew(forger: Forger, stored: Stored) -> None:
    signed = forger.random.random() < 0.5
    for code, steps in stored.steps.items():
        if any(step["sequence"] != place for place, step in enumerate(steps, 1)) or _broken(steps):
            stored.steps[code] = forger.chained(steps, signed)


def _broken(steps: list[Document]) -> bool:
    return any(later.get("previous_hash") != step["hash"] for step, later in pairwise(steps))


def _moved(forger: Forger, stored: Stored) -> None:
    """A step goes over to another unit, to the end or in the place of one there."""
    one, other = forger.random.sample(list(stored.steps), 2)
    source, target = stored.steps[one], stored.steps[other]
    step = source.pop(forger.random.randrange(len(source)))
    place = forger.random.choice((len(target), step["sequence"] - 1))
    step |= {"product": other, "sequence": place + 1}
    target[place : place + 1] = [step]


def _exchanged(forger: Forger, stored: Stored) -> None:
    """Two units exchange their journals."""
    one, other = forger.random.sample(list(stored.steps), 2)
    if stored.steps[one] == stored.steps[other]:
        raise NotPossible
    stored.steps[one], stored.steps[other] = (
        [{**step, "product": code} for step in stored.steps[source]] for code, source in ((one, other), (other, one))
    )


def _hashed(forger: Forger, stored: Stored) -> None:
    """What a step says becomes something else, and its hash is made anew, with the old signature or a false one."""
    steps = _pick(forger, stored)
    place = forger.random.randrange(len(steps))
    document = dict(steps[place])
    name = forger.random.choice([n for n in ("note", "location", "station", "event_id") if n in document])
    document[name] = other_value(forger.random, document[name])
    steps[place] = forger.hashed(document, forger.random.random() < 0.5)


def _chained(forger: Forger, stored: Stored) -> None:
    """The same, and all hashes behind it are made anew."""
    steps = _pick(forger, stored)
    code = steps[0]["product"]
    _hashed(forger, Stored({code: steps}, {}))
    stored.steps[code] = forger.chained(steps, forger.random.random() < 0.5)


def _resigned(forger: Forger, stored: Stored) -> None:
    """A step is signed by somebody else, or with the signature of another step."""
    steps = _pick(forger, stored, 2)
    one, other = forger.random.sample(steps, 2)
    one["signature"] = forger.random.choice((other["signature"], forger.hashed(one, True)["signature"]))


def _stripped(forger: Forger, stored: Stored) -> None:
    """The first steps, or all, look as if they had never been chained."""
    steps = _pick(forger, stored)
    count = forger.random.choice((forger.random.randint(1, len(steps)), len(steps)))
    for step in steps[:count]:
        for name in ("hash", "previous_hash", "signature"):
            step.pop(name, None)
        del step["state"]["hash"]


def _ordered(forger: Forger, stored: Stored) -> None:
    """It was always ordered so: the choices change in every state, in what was ordered, and in the list of units."""
    steps = _pick(forger, stored)
    ordered, listed = steps[0]["payload"], stored.products[steps[0]["product"]]["state"]
    group = forger.random.choice(list(ordered["selections"]))
    for chosen in (ordered, listed, *(step["state"] for step in steps)):
        chosen["selections"][group] = ["ANOTHER"]


ALTERATIONS: Mapping[str, Alteration] = {
    "field altered": _field,
    "bit flipped": _byte,
    "member added": _more,
    "step removed": _removed,
    "end cut off": _cut_off,
    "end cut off, list of units set back": _set_back,
    "steps swapped": _swapped,
    "step inserted": _inserted,
    "step inserted, all hashed anew": _inserted_and_chained,
    "step moved to another unit": _moved,
    "journals exchanged": _exchanged,
    "altered, hashed anew": _hashed,
    "altered, all behind hashed anew": _chained,
    "signature replaced": _resigned,
    "hashes stripped": _stripped,
    "order altered in every state": _ordered,
}
