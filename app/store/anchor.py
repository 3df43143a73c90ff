"""The anchors: signed notes of which heads stood when, and the last of them outside the database."""

import json
import os
from pathlib import Path

from pymongo import ASCENDING, IndexModel

from app.domain.shared.anchor import LOG, Anchor
from app.domain.shared.chain import Head
from app.store.database import Database, Document
from app.store.journal import Journal, OnCommit


class Anchors(Journal[Anchor]):
    def __init__(self, database: Database, on_commit: OnCommit) -> None:
        super().__init__(database, LOG, "log", Anchor, on_commit)
        self._file = f"anchor-{database.name}.json"

    def indexes(self) -> list[IndexModel]:
        return [*super().indexes(), IndexModel([("heads.product", ASCENDING)])]

    async def last(self) -> Anchor | None:
        return await self.head(LOG)

    async def naming(self, product: str) -> list[Document]:
        """Read the anchors that name a unit, as they stand in the database."""
        return await self.collection.find({"heads.product": product}).to_list(None)

    async def keep(self, data_dir: Path, anchor: Anchor) -> bool:
        """Write down the last anchor where whoever alters the database does not get to.

        Not over one that is no longer in the log: it is the last trace of what was cut off. Tells whether it did.
        """
        kept = self.kept(data_dir)
        if kept and not await self.collection.find_one({"log": LOG, "sequence": kept.sequence, "hash": kept.hash}):
            return False
        draft = data_dir / f"{self._file}.{os.getpid()}"
        draft.write_text(json.dumps({"sequence": anchor.sequence, "hash": anchor.hash}))
        draft.replace(data_dir / self._file)
        return True

    def kept(self, data_dir: Path) -> Head | None:
        """Read the anchor that was written down last; None where none was."""
        path = data_dir / self._file
        if not path.exists():
            return None
        found = json.loads(path.read_text())
        return Head(LOG, found["sequence"], found["hash"])
