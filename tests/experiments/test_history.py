"""A history that was written can be judged again."""

from pathlib import Path

from experiments.history import History, read_history
from experiments.order_checker import Ending, Submit


def test_a_history_is_read_as_it_was_written(tmp_path: Path) -> None:
    entries = [
        Submit("k", "here", 1, "A", 1.25, 2.5, Ending.ORDER, "ZD-1", ("7K3M9QXT2CHVE", "X")),
        Submit("k", "here", 1, "B", 1.25, 2.5, Ending.UNKNOWN, error="ReadError"),
    ]
    history = History[Submit](tmp_path / "history.jsonl")
    for entry in entries:
        history.add(entry)
    history.close()
    assert read_history(tmp_path / "history.jsonl", Submit) == entries == history.entries
