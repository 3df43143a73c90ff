"""A mail server of the tests' own."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller

from tests.waiting import WAIT_SECONDS_MAX


@dataclass
class Mailbox:
    """An SMTP server: what it has taken, and what it answers to a recipient."""

    loop: asyncio.AbstractEventLoop
    arrived: asyncio.Queue[EmailMessage] = field(default_factory=asyncio.Queue)
    answer: Callable[[str], str] = lambda address: "250 OK"
    asked: int = 0

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        self.asked += 1
        answer = self.answer(address)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        message = message_from_bytes(envelope.content, _class=EmailMessage, policy=default)
        self.loop.call_soon_threadsafe(self.arrived.put_nowait, message)
        return "250 OK"

    async def next(self) -> EmailMessage:
        return await asyncio.wait_for(self.arrived.get(), WAIT_SECONDS_MAX)


@asynccontextmanager
async def listening(mailbox: Mailbox, port: int) -> AsyncIterator[None]:
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    await asyncio.to_thread(controller.start)
    try:
        yield
    finally:
        await asyncio.to_thread(controller.stop)
