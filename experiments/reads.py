"""How often the journals are read, as mongod itself tells: by its profiler, not by the code that reads."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from app.settings import Settings
from app.store.database import Database

PROFILE_BYTES = 64 * 1024 * 1024


class Purpose(StrEnum):
    """What a query on `steps` is for, by its form."""

    PAGE = "pages behind cursors"
    GAP = "gap that the bell left"
    HEADS = "heads of many journals"
    LAST = "last step, by its writer"
    OTHER = "something else"


@dataclass(frozen=True)
class Read:
    """One query on `steps`, and the units that it names."""

    purpose: Purpose
    codes: Sequence[str]


def read_of(command: Mapping[str, Any]) -> Read:
    """Tell from a command what was read."""
    if "pipeline" in command:
        named = command["pipeline"][0].get("$match", {}).get("product", {})
        return Read(Purpose.HEADS, tuple(named["$in"])) if "$in" in named else Read(Purpose.OTHER, ())
    asked = command.get("filter", {})
    if "$or" in asked:
        return Read(Purpose.PAGE, tuple(sequence_range["product"] for sequence_range in asked["$or"]))
    code, sequence = asked.get("product"), asked.get("sequence")
    if isinstance(code, str) and isinstance(sequence, dict) and "$gt" in sequence:
        return Read(Purpose.PAGE if "$lte" in sequence else Purpose.GAP, (code,))
    if isinstance(code, str) and set(asked) == {"product"} and command.get("sort") == {"sequence": -1}:
        return Read(Purpose.LAST, (code,))
    return Read(Purpose.OTHER, ())


def reads_by_unit(reads: Sequence[Read]) -> Counter[str]:
    """Count for each unit the queries that who comes back causes; a gap is the bell's, however many watch."""
    return Counter(code for read in reads if read.purpose in (Purpose.PAGE, Purpose.HEADS) for code in read.codes)


@dataclass
class Counted:
    """What was read while it was counted; complete when that has ended."""

    reads: list[Read] = field(default_factory=list)


@asynccontextmanager
async def counted_reads(settings: Settings) -> AsyncIterator[Counted]:
    """Count all queries on `steps` while the block lasts."""
    database = Database.connect(settings.mongodb_url, settings.database)
    handle, counted = database.handle, Counted()
    try:
        await handle.command("profile", 0)
        await handle.drop_collection("system.profile")
        await handle.create_collection("system.profile", capped=True, size=PROFILE_BYTES)
        queries = {"ns": f"{settings.database}.steps", "op": {"$in": ["query", "command", "getmore"]}}
        await handle.command("profile", 1, filter=queries)
        yield counted
        await handle.command("profile", 0)
        size = (await handle.command("collStats", "system.profile"))["size"]
        assert size < PROFILE_BYTES * 0.9, "the profile was too small to hold all reads"
        counted.reads = [read_of(entry["command"]) async for entry in handle["system.profile"].find({})]
    finally:
        database.close()
