"""Tells people by mail: one mail for each cause that is worth one, sent by whichever process is alive.

Mails follow from steps and invitations: the sweep adds the mails about new ones, under ids derived from them, so that a
mail is never forgotten and never added twice. Sending is at least once, with an id that mail programs know to compare.
"""

import hashlib
import logging
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from app.actions.performance import find_report
from app.actions.unit import at_head
from app.deps import Deps
from app.domain.order.order import Product
from app.domain.unit.code import format_code
from app.domain.unit.journey import JournalEntry, Step
from app.domain.unit.kinds.decision import Question
from app.domain.unit.kinds.quality import QualityKind
from app.domain.unit.performance import ANNOUNCED
from app.domain.unit.status import open_failures
from app.mail.letter import Invitation, Letter, LetterContext, letter_of, letter_of_invitation
from app.mail.sender import Undeliverable
from app.store.database import UNAVAILABLE
from app.store.outbox import Mail, MailStatus
from app.store.retry import run_forever

log = logging.getLogger(__name__)
LEASE_SECONDS = 60.0
RETRY_SECONDS_MAX = 3600.0


def mail_id(step: Step) -> str:
    """Return the id of the mail about a step; there is at most one mail for each step."""
    return f"{step.product}.{step.sequence}"


async def post(deps: Deps, step: Step, product: Product) -> None:
    """Put the mail about a step into the outbox, if it is not there yet."""
    await deps.stores.outbox.add(Mail(mail_id(step), product.account, step.product, step.sequence), deps.wall())


async def post_invitation(deps: Deps, invitation: str) -> None:
    """Put the mail about an invitation to an address into the outbox, if it is not there yet."""
    await deps.stores.outbox.add(Mail(f"invitation.{invitation}", invitation=invitation), deps.wall())


async def send_forever(deps: Deps) -> None:
    """Send what is due again and again."""
    await run_forever("the outbox", deps.settings.sweep_seconds, lambda: send_due(deps))


async def send_due(deps: Deps) -> int:
    """Send the mails that are due; return how many were tried. Any number of processes may."""
    tried = 0
    while (mail := await deps.stores.outbox.claim(deps.wall(), LEASE_SECONDS)) is not None:
        tried += 1
        status = await _try(deps, mail)
        if status is not None:
            await deps.stores.outbox.settle(mail, status, deps.wall())
        else:
            seconds = min(RETRY_SECONDS_MAX, deps.settings.mail_retry_seconds * 2 ** (mail.attempts - 1))
            await deps.stores.outbox.retry(mail, deps.wall() + timedelta(seconds=seconds))
    return tried


async def _try(deps: Deps, mail: Mail) -> MailStatus | None:
    """Try to send a mail; None where it is to be tried again. Neither address nor text is logged."""
    try:
        return await _send(deps, mail)
    except UNAVAILABLE:
        raise
    except Undeliverable as error:
        log.warning("a mail was refused", extra={"mail": mail.id, "code": error.code})
        return MailStatus.UNDELIVERABLE
    except Exception as error:
        given_up = mail.attempts >= deps.settings.mail_attempts_max
        known = {"mail": mail.id, "attempts": mail.attempts, "error": type(error).__name__}
        log.warning("a mail could not be sent; %s", "it is given up" if given_up else "it is tried again", extra=known)
        return MailStatus.DEAD if given_up else None


async def _send(deps: Deps, mail: Mail) -> MailStatus:
    return await (_send_step(deps, mail) if mail.invitation is None else _send_invitation(deps, mail, mail.invitation))


async def _send_invitation(deps: Deps, mail: Mail, id: str) -> MailStatus:
    """Send in the language of the address's account or, where it has none yet, of who invites."""
    found = await deps.stores.invitations.find(id)
    head = await deps.stores.design_changes.head(found.design) if found else None
    if found is None or found.email is None or head is None:
        return MailStatus.UNDELIVERABLE
    if not found.is_open(deps.wall()) or found.accepted:
        return MailStatus.MOOT
    reader = await deps.stores.accounts.find_by_email(found.email) or await deps.stores.accounts.find(found.by)
    link = f"{deps.settings.app_url.rstrip('/')}/invitations"
    invitation = Invitation(deps.model(head.state.model), link, found.expires_at)
    letter = letter_of_invitation(invitation, reader.locale if reader else None)
    await deps.sender.send(_message(deps, mail, letter, found.email))
    return MailStatus.SENT


async def _send_step(deps: Deps, mail: Mail) -> MailStatus:
    account = await deps.stores.accounts.find(mail.account)
    product = await deps.stores.products.find(mail.product)
    entry = await deps.stores.steps.find_entry(mail.product, mail.sequence)
    if account is None or account.email is None or product is None or entry is None:
        return MailStatus.UNDELIVERABLE
    unit = await at_head(deps, product)
    if _is_moot(deps, entry.step, unit):
        return MailStatus.MOOT
    letter = letter_of(await _letter_context(deps, entry, unit), account.locale)
    await deps.sender.send(_message(deps, mail, letter, account.email))
    return MailStatus.SENT


def _is_moot(deps: Deps, step: Step, unit: Product) -> bool:
    """Tell whether a question was settled before it was sent."""
    if not isinstance(step.payload, Question):
        return False
    waiting = open_failures(unit.state, deps.model_of(unit))
    return step.payload.id not in {failure.decision_id for failure in waiting}


async def _letter_context(deps: Deps, entry: JournalEntry, unit: Product) -> LetterContext:
    link = f"{deps.settings.app_url.rstrip('/')}/products/{format_code(unit.code)}"
    report = None
    if entry.step.kind == QualityKind.RELEASED:
        report = await find_report(deps, unit, int(entry.step.event_id.removeprefix(ANNOUNCED)))
    return LetterContext(entry, unit, deps.model_of(unit), link, report, unit.charges.added_tax)


def _message(deps: Deps, mail: Mail, letter: Letter, address: str) -> EmailMessage:
    sender = deps.settings.mail_from
    domain = parseaddr(sender)[1].rpartition("@")[2] or "localhost"
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = sender, address, letter.subject
    message["Date"] = format_datetime(deps.wall())
    message["Message-ID"] = f"<{hashlib.sha256(mail.id.encode()).hexdigest()[:32]}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    message["Content-Language"] = letter.language
    return message
