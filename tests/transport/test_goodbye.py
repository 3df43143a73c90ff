"""When does a socket act of itself? At moments of its hub's clock, which is the test's here."""

from dataclasses import dataclass, field
from typing import Any, cast

from app.domain.shared.viewer import Viewer
from app.settings import Settings
from app.transport.websocket.frame import DIALECTS, Close
from app.transport.websocket.socket import Socket, Surroundings, Times
from tests.peer import BOTH, TRANSPORT
from tests.rows import rows

TIMES = Times(init=5.0, ping=20.0, drain=2.0)


@dataclass
class Hub:
    """A hub whose clock moves when the test says so."""

    seconds: float = 100.0

    def now(self) -> float:
        return self.seconds

    def expect(self, socket: Socket) -> None:
        """Nothing beats here."""

    def admit(self, viewer: Viewer | None) -> tuple[Close, str] | None:
        """Let everybody in."""
        return None

    def left(self, socket: Socket) -> None:
        """Nobody counts."""


@dataclass
class Wire:
    """A way out that keeps what is said."""

    clear: bool = True
    said: list[bytes] = field(default_factory=list)
    closed: list[int] = field(default_factory=list)

    def write(self, *messages: bytes) -> None:
        self.said += messages

    async def drained(self, seconds: float) -> None:
        """It always is."""

    def close(self, code: int, reason: str) -> None:
        self.closed.append(code)

    def abort(self) -> None:
        """Nobody is there."""


def opened(hub: Hub, protocol: str = TRANSPORT, greeted: bool = True) -> tuple[Socket, Wire]:
    wire = Wire()
    nobody = cast(Any, Callers())
    shared = Surroundings(hub, nobody, cast(Any, None), TIMES, lambda viewer: 20, lambda errors: [])
    socket = Socket(shared, wire, DIALECTS[protocol], None)
    if greeted:
        socket.on_message('{"type":"connection_init"}')
        assert wire.said.pop() == b'{"type":"connection_ack"}'
    return socket, wire


class Callers:
    """Everybody is nobody in particular."""

    def identify(self, header: str | None) -> None:
        """Find no account."""


@rows("protocol", BOTH)
def test_a_socket_that_does_not_greet_is_closed_after_five_seconds_and_not_before(protocol: str) -> None:
    hub = Hub()
    socket, wire = opened(hub, protocol, greeted=False)
    assert socket.due_at == hub.now() + 5
    socket.act(hub.now() + 4.9)
    assert wire.closed == []
    socket.act(hub.now() + 5)
    assert wire.closed == [Close.SILENT]


@rows("protocol", BOTH)
def test_a_socket_shows_every_twenty_seconds_that_the_server_lives_unless_its_peer_does_not_read(protocol: str) -> None:
    hub = Hub()
    socket, wire = opened(hub, protocol)
    for _ in range(3):
        assert socket.due_at == hub.now() + 20
        hub.seconds = socket.due_at
        socket.act(hub.now())
    assert wire.said == [DIALECTS[protocol].beat] * 3
    wire.clear = False
    socket.act(hub.now() + 20)
    assert len(wire.said) == 3


def test_the_goodbyes_of_a_server_that_stops_are_spread_over_the_time_that_it_has() -> None:
    hub = Hub()
    sockets = [opened(hub) for _ in range(50)]
    for socket, _ in sockets:
        socket.leave()
    leaving = sorted(socket.due_at - hub.now() for socket, _ in sockets)
    assert leaving[0] >= 0
    assert leaving[-1] <= 2
    assert leaving[-1] - leaving[0] > 1, "they do not all come back at once"
    for socket, wire in sockets:
        socket.act(socket.due_at - 0.001)
        assert wire.closed == []
        socket.act(socket.due_at)
        assert wire.closed == [Close.RESTARTING]


def test_these_are_the_times_that_were_promised() -> None:
    settings = Settings(_env_file=None)
    assert (settings.init_seconds_max, settings.ping_seconds) == (TIMES.init, TIMES.ping)
