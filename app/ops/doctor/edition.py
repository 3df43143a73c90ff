"""Checks of one model: its editions are numbered without holes and unaltered, and there is each that is referred to."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from app.deps import Deps
from app.domain.catalogue.edition import content_hash
from app.ops.doctor.check import Check, Finding, diagnose
from app.store.catalogue import load_edition
from app.store.database import Collection, Document
from app.store.snapshot import KeyRange, Snapshot


@dataclass
class Published:
    """The editions of one model as they are stored, by number, and the numbers that units and quotes name."""

    editions: dict[int, Document] = field(default_factory=dict)
    named: dict[int, str] = field(default_factory=dict)


def _numbering(deps: Deps, model: Published) -> Iterator[str]:
    for missing in sorted(set(range(1, max(model.editions, default=0))) - set(model.editions)):
        yield f"edition {missing} is missing"


def _contents(deps: Deps, model: Published) -> Iterator[str]:
    for number, document in sorted(model.editions.items()):
        if content_hash(load_edition(document).model) != document["content_hash"]:
            yield f"edition {number} was altered: its hash does not fit its content"


def _references(deps: Deps, model: Published) -> Iterator[str]:
    for number, named_by in sorted(model.named.items()):
        if number not in model.editions:
            yield f"{named_by} name edition {number}, which there is not"


CHECKS: Mapping[str, Check[Published]] = {
    "edition numbering": _numbering,
    "edition contents": _contents,
    "edition references": _references,
}


async def examine_editions(deps: Deps, snapshot: Snapshot, span: KeyRange) -> tuple[int, Sequence[Finding]]:
    """Examine the editions of all models; return how many there are, and what was found."""
    stores = deps.stores
    models: dict[str, Published] = {}
    count = 0
    for document in await snapshot.find(stores.catalogue.collection, {}):
        models.setdefault(document["sku"], Published()).editions[document["number"]] = document
        count += 1
    for name, collection in (("quotes", stores.quotes.collection), ("units", stores.products.collection)):
        for sku, number in await _named(snapshot, collection):
            models.setdefault(sku, Published()).named[number] = name
    findings: list[Finding] = []
    for sku, model in sorted(models.items()):
        findings += await diagnose(deps, f"model {sku}", model, CHECKS, {})
    return count, findings


async def _named(snapshot: Snapshot, collection: Collection) -> Sequence[tuple[str, int]]:
    group: Document = {"$group": {"_id": {"model": "$model", "edition": "$edition"}}}
    rows = await snapshot.aggregate(collection, [group])
    return [(row["_id"].get("model"), row["_id"].get("edition")) for row in rows]
