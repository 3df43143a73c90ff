"""P12: expired or revoked means silent. Sockets whose token expires, and others whose session is revoked.

Where the bell rings in two API processes, a socket is at one and its session is revoked at the other. Steps are
reported all the time, and each unit is watched by its owner with a token that holds, in one group with those who fall
silent. A session is revoked in the one way that the API has: a refresh token that was exchanged long since is used
again, as a thief would.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from statistics import median
from typing import Any

import httpx

from experiments.crowd import SETTLE_SECONDS, Crowd, gathered
from experiments.live_checker import Seen, What, check_live
from experiments.live_figures import read_steps
from experiments.machine import at_work
from experiments.phone import Phone, all_at, phones_of, watching
from experiments.process import ServerProcess
from experiments.result import Options, Result
from experiments.silence_checker import Cause, Trial, check_silence
from tests.client import PASSWORD, Api

UNITS, CUSTOMERS = 10, 2
TOKEN_SECONDS = 10
SYNC_RESOLVER, SIGN_INS_AT_ONCE = 60, 4
REVOKED_AFTER_SECONDS = (1.0, 5.0)
MAX_WAIT_SECONDS = 5.0
"""So long after the end a socket is watched for what should not come."""
SESSION = "... on Session { accessToken refreshToken expiresAt }"


async def run_silence(options: Options, token_seconds: int = TOKEN_SECONDS) -> Result:
    """Have as many trials as there are subscribers, every other one by expiry."""
    environment = {"ZERO_DISTANCE_ACCESS_TOKEN_SECONDS": str(token_seconds)}
    async with gathered(options, options.bell, environment, UNITS, CUSTOMERS) as crowd:
        controls, phones = await _controls(crowd), phones_of(crowd)
        async with watching(controls):
            async with at_work(crowd.machines):
                trials = await _trials(crowd, phones, {control.code: control for control in controls})
            await asyncio.sleep(max(0.0, max(trial.silent_at for trial in trials) - time.monotonic()))
            await crowd.machines[0].report_all()  # all are silent by now: each unit has one more step, for others
            await all_at(controls, crowd.heads(), SETTLE_SECONDS)
            history = list(crowd.history.entries)
        stored, names = await read_steps(crowd), {control.name for control in controls}
        problems = [problem for phone in (*phones, *controls) for problem in phone.problems]
        in_order = check_live([seen for seen in history if seen.client not in names], stored, {})
        seen_all = check_live([seen for seen in history if seen.client in names], stored, crowd.heads())
        silence = check_silence(history, trials, names)
        return Result(_figures(history, trials, names), [*problems, *in_order, *seen_all, *silence])


async def _controls(crowd: Crowd) -> Sequence[Phone]:
    """Give each unit somebody who watches it with a token of 12 hours."""
    server = crowd.plant.servers["A"]
    tokens = {
        email: await server.command("token", "--kind", "customer", "--email", email)
        for email in sorted(set(crowd.emails.values()))
    }
    return [
        Phone(f"control-{n}", code, tokens[email], server.port, crowd.random, crowd.history, 0)
        for n, (code, email) in enumerate(crowd.emails.items())
    ]


async def _trials(crowd: Crowd, phones: Sequence[Phone], controls: Mapping[str, Phone]) -> Sequence[Trial]:
    """Have all trials, so many at once. A password takes the servers long: few sign in at a time."""
    servers, room = list(crowd.plant.servers.values()), asyncio.Semaphore(SYNC_RESOLVER)
    counter = asyncio.Semaphore(SIGN_INS_AT_ONCE)
    async with httpx.AsyncClient(timeout=60) as http:

        async def one(number: int, phone: Phone) -> Trial:
            turn = number // 2
            here, there = servers[turn % len(servers)], Api(servers[(turn + 1) % len(servers)].url, http=http)
            email = crowd.emails[phone.code]
            async with room:
                async with counter:
                    session = await there.do("signIn", "SignInInput", SESSION, email=email, password=PASSWORD)
                phone.cursor = controls[phone.code].cursor
                return await _trial(crowd, phone, list(Cause)[number % 2], here, there, session)

        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(one(number, phone)) for number, phone in enumerate(phones)]
        finally:
            for phone in phones:
                phone.cut()
        return [task.result() for task in tasks]


async def _trial(
    crowd: Crowd, phone: Phone, cause: Cause, server: ServerProcess, elsewhere: Api, session: Mapping[str, Any]
) -> Trial:
    """Watch in a session, and come to its end; then listen for a while for what should not come."""
    phone.token, phone.port, known = session["accessToken"], server.port, phone.cursor
    await phone.connect()
    if cause == Cause.EXPIRED:
        left = datetime.fromisoformat(session["expiresAt"]).timestamp() - time.time()
        since = at = time.monotonic() + left
    else:
        await asyncio.sleep(crowd.random.uniform(*REVOKED_AFTER_SECONDS))
        while phone.cursor == known and not phone.ended.is_set():  # noqa: ASYNC110 — a step is no event of its own
            await asyncio.sleep(0.05)
        since, at = await _revoke(elsewhere, session["refreshToken"])
    try:
        async with asyncio.timeout_at(asyncio.get_running_loop().time() + at - time.monotonic() + MAX_WAIT_SECONDS):
            await phone.ended.wait()
    except TimeoutError:
        pass  # the judge says so
    return Trial(phone.name, phone.code, cause, since, at)


async def _revoke(api: Api, stolen: str) -> tuple[float, float]:
    """Use a refresh token again that was exchanged twice over; return when it was sent, and when it was answered."""
    token = stolen
    for _ in range(2):
        token = (await _refresh(api, token))["refreshToken"]
    sent_at = time.monotonic()
    answer = await _refresh(api, stolen)
    assert answer["__typename"] == "NotAllowed", answer
    return sent_at, time.monotonic()


async def _refresh(api: Api, token: str) -> dict[str, Any]:
    return await api.do("refreshSession", "RefreshSessionInput", SESSION, refreshToken=token)


def _figures(history: Sequence[Seen], trials: Sequence[Trial], controls: set[str]) -> dict[str, str | int | float]:
    last = {seen.client: seen.at for seen in history if seen.what == What.STEP}
    closed = {seen.client: seen.at for seen in history if seen.what == What.CLOSED}
    found: dict[str, str | int | float] = {
        "trials": len(trials),
        "reports acknowledged": sum(seen.what == What.ACKNOWLEDGED for seen in history),
        "deliveries to who fell silent": sum(s.what == What.STEP and s.client not in controls for s in history),
        "deliveries to the control": sum(s.what == What.STEP and s.client in controls for s in history),
    }
    for cause in Cause:
        of_cause = [trial for trial in trials if trial.cause == cause]
        took = sorted(closed[trial.client] - trial.at for trial in of_cause if trial.client in closed) or [0.0]
        last_heard = max((last[trial.client] - trial.at for trial in of_cause if trial.client in last), default=0.0)
        found |= {
            f"{cause}: trials": len(of_cause),
            f"{cause}: closed after": f"median {median(took):.2f} s, {took[-1]:.2f} s at most",
            f"{cause}: last step heard": f"{last_heard:.2f} s after the end at most",
        }
    return found
