"""From the journal to a mailbox: one mail for each cause, through a real SMTP server that is away or refuses."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest

from app.actions.background.outbox import send_due
from app.actions.background.sweep import sweep
from app.deps import Deps
from app.domain.shared.viewer import AccountKind
from app.domain.unit.code import parse_code
from app.mail.sender import FolderSender, SmtpSender, sender_of
from app.ops.bootstrap import build_deps
from app.ops.issue_token import machine_token
from app.ops.logs import JsonFormatter
from app.settings import Settings
from app.store.database import Database
from app.store.outbox import Mail, MailStatus
from app.store.stores import Stores
from tests.client import Api, Json, factory_now, new_customer, new_design, new_unit, record, report
from tests.conftest import serving
from tests.mailbox import Mailbox, listening
from tests.process import free_port
from tests.resolvers.test_product import inspect, overdue, unit_of
from tests.rows import rows
from tests.waiting import WAIT_SECONDS_MAX
from tests.watch import watching


def logged(caplog: pytest.LogCaptureFixture) -> str:
    """All that was logged, as production writes it."""
    return "\n".join(JsonFormatter().format(entry) for entry in caplog.records)


@dataclass
class Post:
    """A server of its own that sends to a mailbox of its own."""

    api: Api
    foshan: Api
    deps: Deps
    mailbox: Mailbox
    port: int


@pytest.fixture
async def post(settings: Settings, own_database: str) -> AsyncIterator[Post]:
    port = free_port()
    own = settings.model_copy(
        update={
            "database": own_database,
            "mail_url": f"smtp://127.0.0.1:{port}",
            "mail_retry_seconds": 0.2,
            "mail_attempts_max": 4,
            "sweep_seconds": 0.2,
        }
    )
    mailbox = Mailbox(asyncio.get_running_loop())
    async with serving(own) as url:
        database = Database.connect(own.mongodb_url, own.database)
        deps, api = await build_deps(own, Stores(database)), Api(url)
        foshan = api.signed_in(await machine_token(deps, AccountKind.FACTORY, factory="FOSHAN"))
        yield Post(api, foshan, deps, mailbox, port)
        await api.http.aclose()
        database.close()


async def until(deps: Deps, status: MailStatus, count: int = 1) -> None:
    """Watch the outbox until so many mails have a status."""
    outbox = deps.stores.outbox.collection
    async with watching(outbox) as changes:
        while await outbox.count_documents({"status": status.value}) < count:
            await asyncio.wait_for(changes.next(), WAIT_SECONDS_MAX)


async def test_a_report_a_question_and_its_default_are_each_told_once_in_the_customer_s_language(post: Post) -> None:
    customer = await new_customer(post.api, locale="de-AT")
    async with listening(post.mailbox, post.port):
        code = await new_unit(customer)
        await inspect(post.foshan, code, COLOUR_DELTA_E=1.7)
        asked = await post.mailbox.next()
        assert asked["Subject"].startswith("Ihre Entscheidung")
        assert code in asked["Subject"]
        assert "1,7, zulässig: ≤ 1" in asked.get_content()
        await overdue(post.deps, code)
        defaulted = await post.mailbox.next()
        assert "Nun gilt: Nacharbeiten lassen." in defaulted.get_content()
        at = await factory_now(post.api)
        await record(post.foshan, report(code, "REWORK_STARTED", at), report(code, "REWORK_COMPLETED", at))
        await inspect(post.foshan, code)
        issued = await post.mailbox.next()
        assert issued["Subject"].startswith("Der Leistungsbericht")
        assert f"https://app.zerodistance.example/products/{code}" in issued.get_content()
        email = (await customer.ask("{ viewer { email } }"))["viewer"]["email"]
        for message in (asked, defaulted, issued):
            assert (message["To"], message["Auto-Submitted"]) == (email, "auto-generated")
            assert message["Content-Language"] == "de"
        assert len({message["Message-ID"] for message in (asked, defaulted, issued)}) == 3
        await until(post.deps, MailStatus.SENT, 3)
        await asyncio.gather(*(sweep(post.deps) for _ in range(4)), *(send_due(post.deps) for _ in range(4)))
        assert post.mailbox.arrived.empty()


async def test_a_mail_waits_for_a_mail_server_that_is_away(post: Post) -> None:
    customer = await new_customer(post.api)
    await inspect(post.foshan, await new_unit(customer))
    outbox = post.deps.stores.outbox.collection
    async with watching(outbox) as changes:
        while not await outbox.find_one({"attempts": {"$gte": 1}}):
            await asyncio.wait_for(changes.next(), WAIT_SECONDS_MAX)
    async with listening(post.mailbox, post.port):
        assert (await post.mailbox.next())["Subject"].startswith("The performance report")


async def test_a_mail_that_is_put_off_again_and_again_is_given_up(post: Post, caplog: pytest.LogCaptureFixture) -> None:
    customer = await new_customer(post.api)
    email = (await customer.ask("{ viewer { email } }"))["viewer"]["email"]
    post.mailbox.answer = lambda address: f"451 {address} later"
    async with listening(post.mailbox, post.port):
        await inspect(post.foshan, await new_unit(customer))
        await until(post.deps, MailStatus.DEAD)
    assert post.mailbox.asked == 4
    assert email not in logged(caplog)
    assert "given up" in logged(caplog)


async def test_an_address_that_is_refused_is_tried_once(post: Post, caplog: pytest.LogCaptureFixture) -> None:
    customer = await new_customer(post.api)
    email = (await customer.ask("{ viewer { email } }"))["viewer"]["email"]
    post.mailbox.answer = lambda address: f"550 no such {address}"
    async with listening(post.mailbox, post.port):
        await inspect(post.foshan, await new_unit(customer))
        await until(post.deps, MailStatus.UNDELIVERABLE)
        assert post.mailbox.asked == 1
    assert email not in logged(caplog)


async def test_who_is_gone_or_has_no_address_gets_no_mail(post: Post) -> None:
    customer = await new_customer(post.api)
    partner = post.api.signed_in(await machine_token(post.deps, AccountKind.PARTNER))
    first, second = await new_unit(customer), await new_unit(partner)
    account = await post.deps.stores.products.find(parse_code(first))
    assert account is not None
    await post.deps.stores.accounts.collection.delete_one({"_id": account.account})
    async with listening(post.mailbox, post.port):
        await inspect(post.foshan, first)
        await inspect(post.foshan, second)
        await until(post.deps, MailStatus.UNDELIVERABLE, 2)
    assert post.mailbox.asked == 0


async def test_a_question_that_was_answered_meanwhile_is_not_sent(post: Post) -> None:
    customer = await new_customer(post.api)
    code = await new_unit(customer)
    await inspect(post.foshan, code, COLOUR_DELTA_E=1.7)
    decision = (await unit_of(customer, code))["openDecisions"][0]
    await customer.do(
        "decide",
        "DecideInput",
        "... on Decision { choice }",
        decisionId=decision["id"],
        choice="REWORK",
        idempotencyKey="k",
    )
    async with listening(post.mailbox, post.port):
        await until(post.deps, MailStatus.MOOT)
    assert post.mailbox.asked == 0


async def invite(owner: Api, email: str) -> tuple[Json, str]:
    """Invite an address to a new design; return the invitation and the design's title."""
    design, title = (await new_design(owner))["id"], secrets.token_hex(8)
    given = {"designId": design, "title": title, "expectedRevision": 1}
    await owner.do("reviseDesign", "ReviseDesignInput", "... on Design { revision }", **given)
    invited = {"designId": design, "role": "EDITOR", "email": email}
    return await owner.do("inviteToDesign", "InviteToDesignInput", "... on Invitation { id }", **invited), title


async def test_who_is_invited_by_address_is_told_once_in_their_language_else_in_that_of_who_invites(
    post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "app")
    owner, known = await new_customer(post.api, "de"), await new_customer(post.api, "fr-CH")
    email, fresh = (await known.ask("{ viewer { email } }"))["viewer"]["email"], f"{secrets.token_hex(6)}@example.com"
    async with listening(post.mailbox, post.port):
        titles = [(await invite(owner, address))[1] for address in (email, fresh)]
        await owner.do(
            "inviteToDesign",
            "InviteToDesignInput",
            "... on Invitation { id }",
            designId="x",
            role="VIEWER",
            email=email,
        )
        mails = {mail["To"]: mail for mail in (await post.mailbox.next(), await post.mailbox.next())}
        assert set(mails) == {email, fresh}
        for address, language, subject in (
            (email, "fr", "Une invitation à concevoir ensemble : "),
            (fresh, "de", "Eine Einladung zum gemeinsamen Gestalten: "),
        ):
            mail = mails[address]
            assert mail["Subject"].startswith(subject)
            assert (mail["Content-Language"], mail["Auto-Submitted"]) == (language, "auto-generated")
            assert "https://app.zerodistance.example/invitations" in mail.get_content()
            assert not [text for text in ("Li Na", *titles) if text in mail.get_content()]
        await until(post.deps, MailStatus.SENT, 2)
        await asyncio.gather(*(sweep(post.deps) for _ in range(4)), *(send_due(post.deps) for _ in range(4)))
        assert post.mailbox.arrived.empty()
    kept = [str(mail) async for mail in post.deps.stores.outbox.collection.find()]
    assert len(kept) == 2
    for text in (email, fresh, *titles):
        assert text not in logged(caplog)
        assert text not in "".join(kept)


async def test_an_invitation_that_is_revoked_before_it_was_told_is_not_sent(post: Post) -> None:
    owner = await new_customer(post.api)
    invited, _ = await invite(owner, "ben@example.com")
    revoke = {"invitationId": invited["id"]}
    await owner.do("revokeInvitation", "RevokeInvitationInput", "... on Invitation { id }", **revoke)
    async with listening(post.mailbox, post.port):
        await until(post.deps, MailStatus.MOOT)
    assert post.mailbox.asked == 0


async def test_a_mail_whose_sender_died_is_due_again(mongodb_url: str) -> None:
    database = Database.connect(mongodb_url, f"mail_{secrets.token_hex(4)}")
    outbox, now = Stores(database).outbox, datetime(2026, 11, 22, tzinfo=UTC)
    mail = Mail("CODE.3", "account", "CODE", 3)
    for _ in range(3):
        await outbox.add(mail, now)
    assert await outbox.claim(now, 60) == replace(mail, attempts=1)
    assert await outbox.claim(now + timedelta(seconds=59), 60) is None
    again = await outbox.claim(now + timedelta(seconds=60), 60)
    assert again == replace(mail, attempts=2)
    await outbox.retry(mail, now)  # the one that was thought dead must not undo it
    assert await outbox.claim(now + timedelta(seconds=61), 60) is None
    await outbox.settle(again, MailStatus.SENT, now)
    await outbox.add(mail, now)
    assert await outbox.claim(now + timedelta(days=1), 60) is None
    await database.client.drop_database(database.name)
    database.close()


def message() -> EmailMessage:
    found = EmailMessage()
    found["From"], found["To"], found["Message-ID"] = "a@example.com", "b@example.com", "<abc@example.com>"
    found.set_content("Grüße 您好")
    return found


async def test_without_a_mail_server_mails_are_files(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    sender = sender_of("", tmp_path)
    assert isinstance(sender, FolderSender)
    await sender.send(message())
    await sender.send(message())
    (file,) = (tmp_path / "mail").iterdir()
    assert file.name == "abc.eml"
    written = message_from_bytes(file.read_bytes(), _class=EmailMessage, policy=default)
    assert written.get_content() == "Grüße 您好\n"
    assert file.stat().st_mode & 0o077 == 0
    assert "abc.eml" in logged(caplog)
    assert "b@example.com" not in logged(caplog)


async def test_a_password_is_never_sent_without_tls() -> None:
    mailbox, port = Mailbox(asyncio.get_running_loop()), free_port()
    async with listening(mailbox, port):
        with pytest.raises(Exception, match="STARTTLS"):
            await SmtpSender(f"smtp://me:secret@127.0.0.1:{port}").send(message())
    assert mailbox.asked == 0


@rows("url", ["http://x", "smtp:/x", "mail", "smtp://"])
def test_a_wrong_mail_url_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(ValueError, match="mail_url"):
        Settings(mail_url=url)
