"""Checks an exported journal without ZeroDistance: python verify.py journal.json --keys jwks.json [--head RECEIPT …].

Written from CHAIN.md; needs Python 3.11 and the package `cryptography`, nothing of ours. Exits 1 on any fault.
"""

import argparse
import hashlib
import json
import sys
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FORMAT = "zero-distance-journal/1"
FORMS = (1,)
HEAD_TYPE = "journal-head+jws"
KEPT_EXACTLY = 2**53 - 1
Keys = dict[str, Ed25519PublicKey]


def canonical(value: Any) -> str:
    """Write JSON in the form of RFC 8785."""
    match value:
        case dict():
            names = sorted(value, key=lambda name: name.encode("utf-16-be"))
            return "{" + ",".join(f"{canonical(name)}:{canonical(value[name])}" for name in names) + "}"
        case list():
            return "[" + ",".join(canonical(entry) for entry in value) + "]"
        case float():
            return _number(value)
        case int() if not isinstance(value, bool) and abs(value) > KEPT_EXACTLY:
            raise ValueError(f"{value} is beyond what JSON keeps exactly")
        case _:
            return json.dumps(value, ensure_ascii=False)


def _number(value: float) -> str:
    """Write a number as ECMAScript does (ECMA-262, Number::toString)."""
    sign, figures, exponent = Decimal(repr(value)).as_tuple()
    if not isinstance(exponent, int):
        raise ValueError("JSON has no infinity and no NaN")
    if not any(figures):
        return "0"
    digits = "".join(map(str, figures)).lstrip("0")
    point = len(digits) + exponent
    digits = digits.rstrip("0")
    if 0 < point <= 21:
        text = digits.ljust(point, "0") if len(digits) <= point else f"{digits[:point]}.{digits[point:]}"
    elif -6 < point <= 0:
        text = f"0.{'0' * -point}{digits}"
    else:
        mantissa = digits if len(digits) == 1 else f"{digits[0]}.{digits[1:]}"
        text = f"{mantissa}e{point - 1:+d}"
    return "-" + text if sign else text


def parse(text: str) -> Any:
    """Read JSON in which no name stands twice."""

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError("a name stands twice in one object")
        return found

    return json.loads(text, object_pairs_hook=members)


def decoded(text: str) -> bytes:
    """Decode base64url without padding, and only what encoding would have made."""
    data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if urlsafe_b64encode(data).rstrip(b"=").decode() != text:
        raise ValueError("not base64url")
    return data


def read_keys(key_set: Any) -> Keys:
    """Read the Ed25519 keys of a JWK Set by their ids."""
    return {
        key["kid"]: Ed25519PublicKey.from_public_bytes(decoded(key["x"]))
        for key in key_set["keys"]
        if (key.get("kty"), key.get("crv")) == ("OKP", "Ed25519")
    }


def read_head(signature: str, keys: Keys) -> dict[str, Any]:
    """Check a signed head and return what it says; raises ValueError where it is not signed by one of the keys."""
    try:
        header, payload, proof = signature.split(".")
        meta, head = parse(decoded(header).decode()), parse(decoded(payload).decode())
        if (meta["alg"], meta["typ"]) != ("EdDSA", HEAD_TYPE) or set(head) != {"hash", "product", "sequence"}:
            raise ValueError("not a head of a journal")
        keys[meta["kid"]].verify(decoded(proof), f"{header}.{payload}".encode())
    except InvalidSignature as error:
        raise ValueError("the signature does not fit") from error
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("not a head signed by a known key") from error
    return dict(head)


def faults(journal: Any, keys: Keys, receipts: Sequence[str] = ()) -> Iterator[str]:
    """Yield what is wrong with an exported journal; nothing where all is as it was written."""
    try:
        steps, product = journal["steps"], journal["product"]
        if journal["format"] != FORMAT or journal["code"].replace("-", "") != product or not steps:
            yield "this is no journal of one unit"
    except (KeyError, TypeError, AttributeError):
        yield "this is no exported journal"
        return
    previous = None
    for place, step in enumerate(steps, 1):
        try:
            yield from (f"step {place}: {fault}" for fault in _step(step, product, place, previous, keys))
            previous = step["hash"]
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            yield f"step {place}: {error}"
            previous = None
    for receipt in receipts:
        yield from _receipt(receipt, steps, product, keys)


def _step(step: Any, product: str, place: int, previous: str | None, keys: Keys) -> Iterator[str]:
    content = step["content"]
    if set(step) != {"content", "hash", "signature"}:
        yield "it has members that nothing protects"
    if content["form"] not in FORMS:
        yield f"it has form {content['form']!r}, which this checker does not know"
    if (content["product"], content["sequence"]) != (product, place):
        yield "it belongs to another place"
    if content.get("previousHash") != previous:
        yield "it does not follow from the one before"
    if step["hash"] is None or step["signature"] is None:
        yield "it is not chained"
        return
    if hashlib.sha256(canonical(content).encode()).hexdigest() != step["hash"]:
        yield "its hash does not fit its content"
    if read_head(step["signature"], keys) != {"hash": step["hash"], "product": product, "sequence": place}:
        yield "its signature is for another head"


def _receipt(receipt: str, steps: Any, product: str, keys: Keys) -> Iterator[str]:
    """Compare with a head that was kept: the journal must still contain it."""
    try:
        head = read_head(receipt, keys)
    except ValueError as error:
        yield f"a kept head does not count: {error}"
        return
    place = head["sequence"]
    if head["product"] != product:
        yield "a kept head is of another unit"
    elif place > len(steps):
        yield f"the end is missing: a kept head names step {place}, there are {len(steps)}"
    elif not isinstance(steps[place - 1], dict) or steps[place - 1].get("hash") != head["hash"]:
        yield f"step {place} is not the one that was kept"


class Unreadable(Exception):
    """A file that can't be checked; says in one line which and why."""


def _read(path: Path) -> Any:
    try:
        return parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Unreadable(f"{path} can't be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"{path} is no JSON: {error}") from error


def _read_keys(path: Path) -> Keys:
    try:
        found = read_keys(_read(path))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Unreadable(f"{path} is no key set of ours") from error
    if not found:
        raise Unreadable(f"{path} holds no Ed25519 key")
    return found


def _check(journal: Any, keys: Keys, receipts: Sequence[str]) -> list[str]:
    try:
        return list(faults(journal, keys, receipts))
    except RecursionError:
        return ["this is no exported journal: it is nested too deeply"]


def main() -> int:
    arguments = argparse.ArgumentParser(description="Checks an exported journal of one unit.")
    arguments.add_argument("journal", type=Path, help="from /products/CODE/journal.json")
    arguments.add_argument("--keys", type=Path, required=True, help="from /.well-known/jwks.json")
    arguments.add_argument("--head", action="append", default=[], help="a signature kept from Product.signedHead")
    given = arguments.parse_args()
    try:
        journal, keys = _read(given.journal), _read_keys(given.keys)
    except Unreadable as error:
        print(error)
        return 1
    found = _check(journal, keys, given.head)
    for fault in found:
        print(fault)
    if not found:
        print(f"{len(journal['steps'])} steps of {journal['code']}, each as it was written")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
