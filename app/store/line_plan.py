"""What lines' plans stand on, and the journal of their changes. The units hold their own places."""

from collections.abc import Sequence

from pydantic import TypeAdapter
from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from app.domain.line.state import LineState, PlanChange
from app.store.database import Database, Document, Transaction
from app.store.journal import Journal, OnCommit, Overtaken
from app.store.snapshot import Snapshot

STATE = TypeAdapter(LineState)


class LineStates:
    """One document for each line, whose version is the lock."""

    def __init__(self, database: Database) -> None:
        self._collection = database.collection("lines")

    async def get(self, line: str, snapshot: Snapshot | None = None) -> LineState:
        session = snapshot.session if snapshot else None
        return STATE.validate_python(await self._collection.find_one({"_id": line}, session=session) or {})

    async def find_all(self, lines: Sequence[str]) -> dict[str, LineState]:
        """Read what the plans of many lines stand on."""
        documents = await self._collection.find({"_id": {"$in": list(lines)}}).to_list(None)
        return {line: LineState() for line in lines} | {each["_id"]: STATE.validate_python(each) for each in documents}

    async def change(self, line: str, state: LineState) -> None:
        """Write the state that follows `state.version`; raises Overtaken where somebody was first.

        What is frozen stays so, whatever the state says of it.
        """
        written = STATE.dump_python(state, include={"tail", "stops"})
        try:
            result = await self._collection.update_one(
                _known(line, state),
                {"$set": {**written, "version": state.version + 1}, "$max": {"frozen": state.frozen}},
                upsert=state.version == 0,
            )
        except DuplicateKeyError as error:
            raise Overtaken from error
        if not result.matched_count and result.upserted_id is None:
            raise Overtaken

    async def freeze(self, line: str, state: LineState, frozen: int) -> bool:
        """Note how far a line is frozen now; the plan itself stays as it is. False where somebody was first."""
        result = await self._collection.update_one(_known(line, state), {"$max": {"frozen": frozen}})
        return result.matched_count == 1

    async def begin_change(self, line: str, transaction: Transaction) -> LineState:
        """Read a line's state in a transaction that changes a unit: of two at once, one begins when the other ends."""
        found = await self._collection.find_one_and_update(
            {"_id": line}, {"$inc": {"changes": 1}}, session=transaction, return_document=ReturnDocument.AFTER
        )
        return STATE.validate_python(found or {})


def _known(line: str, state: LineState) -> Document:
    """Match a line's document as it was read; before the first change of a unit it says nothing of changes."""
    return {"_id": line, "version": state.version, "changes": state.changes or {"$in": [0, None]}}


class PlanChanges(Journal[PlanChange]):
    """Changes by line. Shard key: {line, sequence}."""

    def __init__(self, database: Database, on_commit: OnCommit) -> None:
        super().__init__(database, "plan_changes", "line", PlanChange, on_commit)
