"""How a mail leaves: one port, and two ways: a folder of files for development, and SMTP."""

import asyncio
import logging
import os
import smtplib
import ssl
from collections.abc import Sequence
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

log = logging.getLogger(__name__)
SMTP_SECONDS = 10.0
PERMANENT = range(500, 600)


class Undeliverable(Exception):
    """The address will never take this mail: trying again is of no use. `code` is SMTP's."""

    def __init__(self, code: int) -> None:
        super().__init__(f"refused with {code}")
        self.code = code


class Sender(Protocol):
    async def send(self, message: EmailMessage) -> None:
        """Hand over one mail; raises Undeliverable, or anything else where a later try may go through."""


def sender_of(url: str, data_dir: Path) -> Sender:
    """Choose the way by a URL: `smtp://` or `smtps://`; without one, the folder `mail` in the data directory."""
    return SmtpSender(url) if url else FolderSender(data_dir / "mail")


class FolderSender:
    """Writes each mail into a file of its own, named by its Message-ID, and sends nothing."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def send(self, message: EmailMessage) -> None:
        path = await asyncio.to_thread(self._write, message)
        log.info("mail written, not sent", extra={"file": str(path)})

    def _write(self, message: EmailMessage) -> Path:
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{message['Message-ID'].strip('<>').partition('@')[0]}.eml"
        draft = path.with_suffix(f".{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(message.as_bytes())
        return draft.replace(path)


class SmtpSender:
    """Sends over SMTP: `smtp://` with STARTTLS where the server offers it, `smtps://` within TLS from the start.

    A password is never sent without TLS.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._implicit = parts.scheme == "smtps"
        self._host, self._port = parts.hostname or "localhost", parts.port or (465 if self._implicit else 587)
        self._login: Sequence[str] = (unquote(parts.username), unquote(parts.password or "")) if parts.username else ()

    async def send(self, message: EmailMessage) -> None:
        await asyncio.to_thread(self._send, message)

    def _send(self, message: EmailMessage) -> None:
        with self._connected() as smtp:
            if not self._implicit:
                smtp.ehlo()
                if smtp.has_extn("starttls"):
                    smtp.starttls(context=ssl.create_default_context())
                elif self._login:
                    raise smtplib.SMTPNotSupportedError("The server offers no STARTTLS; a password needs it.")
            if self._login:
                smtp.login(*self._login)
            try:
                smtp.send_message(message)
            except smtplib.SMTPRecipientsRefused as error:
                ((code, _),) = error.recipients.values()
                raise (Undeliverable(code) if code in PERMANENT else TimeoutError(f"refused with {code}")) from None
            except smtplib.SMTPDataError as error:
                if error.smtp_code in PERMANENT:
                    raise Undeliverable(error.smtp_code) from None
                raise

    def _connected(self) -> smtplib.SMTP:
        if self._implicit:
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(self._host, self._port, timeout=SMTP_SECONDS, context=context)
        return smtplib.SMTP(self._host, self._port, timeout=SMTP_SECONDS)
