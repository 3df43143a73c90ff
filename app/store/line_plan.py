"""What lines' plans stand on, and the journal of their changes. The units hold their own places."""

from pydantic import TypeAdapter
from pymongo.errors import DuplicateKeyError

from app.domain.line_plan import LineState, PlanChange
from app.store.database import Database
from app.store.journal import Journal, OnCommit
from app.store.span import Moment

STATE = TypeAdapter(LineState)


class LineStates:
    """One document for each line, whose version is the lock."""

    def __init__(self, database: Database) -> None:
        self._collection = database.collection("lines")

    async def get(self, line: str, moment: Moment | None = None) -> LineState:
        session = moment.session if moment else None
        return STATE.validate_python(await self._collection.find_one({"_id": line}, session=session) or {})

    async def change(self, line: str, state: LineState) -> LineState | None:
        """Write the state that follows `state.version`; None where somebody was first."""
        after = {**STATE.dump_python(state), "version": state.version + 1}
        try:
            result = await self._collection.replace_one(
                {"_id": line, "version": state.version}, after, upsert=state.version == 0
            )
        except DuplicateKeyError:
            return None
        changed = result.matched_count or result.upserted_id
        return STATE.validate_python(after) if changed else None


class PlanChanges(Journal[PlanChange]):
    """Changes by line. Shard key: {line, sequence}."""

    def __init__(self, database: Database, on_commit: OnCommit) -> None:
        super().__init__(database, "plan_changes", "line", PlanChange, on_commit)
