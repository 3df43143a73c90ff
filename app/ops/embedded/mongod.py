"""Starts the bundled mongod as a one-node replica set, or finds the one that runs on the same data directory.

It lives and dies with the process that started it. Its port and process id stand in `mongod.json` in the data
directory, where commands beside a running server look for it.
"""

import ctypes
import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from app.ops.problem import OperatorProblem

REPLICA_SET = "zero-distance"
START_SECONDS = 30.0
TRANSACTION_SECONDS_MAX = 5
PR_SET_PDEATHSIG = 1
NOT_YET_INITIALIZED = 94


class NoDatabase(OperatorProblem):
    """There is no bundled mongod for this machine, or it does not start: the message says what to do."""


@dataclass(frozen=True)
class Running:
    """A mongod at work: its process, the port on which it listens on 127.0.0.1, and the server that owns it."""

    pid: int
    port: int
    server: int

    @property
    def url(self) -> str:
        return f"mongodb://127.0.0.1:{self.port}/?replicaSet={REPLICA_SET}"


def find_binary() -> Path:
    """Find the bundled mongod; raises NoDatabase where no wheel brought one."""
    spec = importlib.util.find_spec("fiftyone")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        binary = Path(folder) / "db" / "bin" / "mongod"
        if binary.exists():
            return binary
    raise NoDatabase(
        "There is no bundled mongod for this machine. Start a MongoDB replica set (6.0 or newer) and give its address, "
        "for example ZERO_DISTANCE_MONGODB_URL='mongodb://127.0.0.1:27017/?replicaSet=rs0'."
    )


def find_running(data_dir: Path) -> Running | None:
    """Find the mongod that another process runs on this data directory."""
    try:
        running = Running(**json.loads((data_dir / "mongod.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None
    return running if _is_mongod(running.pid) and _listens(running.port) else None


@contextmanager
def embedded_mongod(data_dir: Path, log: Callable[[str], None] = lambda line: None) -> Iterator[Running]:
    """Run mongod on a data directory for as long as the block lasts. One server owns a data directory."""
    binary = find_binary()
    folder = (data_dir / "mongod").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    _end_left_over(data_dir, log)
    port = _choose_port(data_dir)
    process = _start(binary, folder, port)
    running = Running(process.pid, port, os.getpid())
    _write_atomically(data_dir / "mongod.json", json.dumps(asdict(running)))
    try:
        _become_primary(process, running, folder)
        yield running
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _start(binary: Path, folder: Path, port: int) -> "subprocess.Popen[bytes]":
    command = [
        str(binary),
        *("--dbpath", str(folder), "--port", str(port), "--bind_ip", "127.0.0.1"),
        *("--replSet", REPLICA_SET, "--oplogSize", "256", "--wiredTigerCacheSizeGB", "0.5"),
        *("--logpath", str(folder / "mongod.log"), "--logappend", "--nounixsocket"),
        *("--setParameter", "shutdownTimeoutMillisForSignaledShutdown=100"),
        *("--setParameter", "diagnosticDataCollectionEnabled=false"),
        # A killed server leaves its transaction open, and what it locked with it: not for a minute (decision 0016).
        *("--setParameter", f"transactionLifetimeLimitSeconds={TRANSACTION_SECONDS_MAX}"),
    ]
    # Its own session: Ctrl-C in the terminal is for the server, which ends mongod after itself.
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 — before any thread
    )


_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent() -> None:
    """Ask Linux to kill this process when its parent dies, however that happens. The journal makes it harmless."""
    assert _libc is not None
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _choose_port(data_dir: Path) -> int:
    """Keep the port of the last start where it is free: the replica set's configuration names it."""
    try:
        last = int(json.loads((data_dir / "mongod.json").read_text())["port"])
    except (OSError, ValueError, KeyError, TypeError):
        last = 0
    for port in (last, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            chosen: int = probe.getsockname()[1]
            return chosen
    raise NoDatabase("No free port on 127.0.0.1.")


def _become_primary(process: "subprocess.Popen[bytes]", running: Running, folder: Path) -> None:
    """Wait until mongod answers, make it a replica set of one, and wait until it is primary."""
    member = {"_id": 0, "host": f"127.0.0.1:{running.port}"}
    deadline = time.monotonic() + START_SECONDS
    client: MongoClient[dict[str, object]] = MongoClient(
        "127.0.0.1", running.port, directConnection=True, serverSelectionTimeoutMS=100, connectTimeoutMS=500
    )
    try:
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise NoDatabase(f"mongod ended with code {process.returncode}: see {folder / 'mongod.log'}.")
            try:
                if client.admin.command("hello").get("isWritablePrimary"):
                    return
                _configure(client, member)
            except OperationFailure as error:
                if error.code != NOT_YET_INITIALIZED:
                    time.sleep(0.05)
                else:
                    client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": [member]})
            except PyMongoError:
                time.sleep(0.02)
        raise NoDatabase(f"mongod is not ready after {START_SECONDS:.0f} s: see {folder / 'mongod.log'}.")
    finally:
        client.close()


def _configure(client: "MongoClient[dict[str, object]]", member: dict[str, object]) -> None:
    """Follow a changed port; raises OperationFailure where the replica set has not been made yet."""
    config = client.admin.command("replSetGetConfig")["config"]
    if config["members"][0]["host"] != member["host"]:
        config["members"] = [{**config["members"][0], **member}]
        config["version"] += 1
        client.admin.command("replSetReconfig", config, force=True)
    time.sleep(0.02)


def _end_left_over(data_dir: Path, log: Callable[[str], None]) -> None:
    """End a mongod whose server is gone; refuse where the server is alive.

    On Linux a left-over is on its way out already; elsewhere nobody else will end it.
    """
    running = find_running(data_dir)
    deadline = time.monotonic() + 10
    while running is not None and _is_mongod(running.pid):
        if _parent_of(running.pid) == running.server:
            raise NoDatabase(
                f"Another server runs on {data_dir} (mongod {running.pid}). Stop it, or set ZERO_DISTANCE_DATA_DIR."
            )
        log(f"ending a left-over mongod ({running.pid})")
        os.kill(running.pid, signal.SIGTERM if time.monotonic() < deadline else signal.SIGKILL)
        time.sleep(0.1)


def _command_of(pid: int, column: str) -> str | None:
    try:
        done = subprocess.run(["ps", "-o", f"{column}=", "-p", str(pid)], capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout.strip() or None


def _is_mongod(pid: int) -> bool:
    if sys.platform == "linux":
        try:
            status = Path(f"/proc/{pid}/stat").read_text()
        except OSError:
            return False
        name, _, rest = status.partition("(")[2].rpartition(")")
        return "mongod" in name and rest.split()[0] != "Z"
    return "mongod" in (_command_of(pid, "comm") or "")


def _parent_of(pid: int) -> int | None:
    if sys.platform == "linux":
        try:
            status = Path(f"/proc/{pid}/stat").read_text()
        except OSError:
            return None
        return int(status.rpartition(")")[2].split()[1])
    parent = _command_of(pid, "ppid")
    return int(parent) if parent else None


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _write_atomically(path: Path, text: str) -> None:
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.write_text(text)
    draft.replace(path)
