"""mongod as the experiments treat it: killed and started again with its data, frozen and thawed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient, WriteConcern
from pymongo.errors import NetworkTimeout

from experiments.mongod import DatabaseProcess


@pytest.fixture
def mongod(tmp_path: Path) -> Iterator[DatabaseProcess]:
    process = DatabaseProcess(tmp_path)
    process.start()
    yield process
    process.stop()


def test_what_was_acknowledged_survives_a_kill(mongod: DatabaseProcess) -> None:
    majority = WriteConcern("majority", j=True)
    with MongoClient[dict[str, Any]](mongod.url) as client:
        client["experiment"].get_collection("words", write_concern=majority).insert_one({"_id": "kept"})
    port = mongod.running and mongod.running.port
    mongod.kill()
    mongod.start()
    assert mongod.running is not None
    assert mongod.running.port == port
    with MongoClient[dict[str, Any]](mongod.url) as client:
        assert client["experiment"]["words"].find_one() == {"_id": "kept"}


def test_a_frozen_mongod_is_silent_until_it_is_thawed(mongod: DatabaseProcess) -> None:
    with MongoClient[dict[str, Any]](mongod.url, socketTimeoutMS=300, retryReads=False) as client:
        client.admin.command("ping")
        mongod.freeze()
        with pytest.raises(NetworkTimeout):
            client.admin.command("ping")
        mongod.thaw()
        assert client.admin.command("ping")["ok"] == 1
