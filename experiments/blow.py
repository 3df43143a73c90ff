"""What falls upon processes while they work: each blow is mended before the next."""

import asyncio
from enum import StrEnum
from random import Random

from experiments.plant import Plant
from experiments.redis_server import RedisServer

FROZEN_SECONDS = (0.3, 2.5)


class Blow(StrEnum):
    """What falls upon one process, or upon all sockets."""

    API_KILLED = "API killed"
    API_FROZEN = "API frozen"
    SOCKETS_CUT = "all sockets cut"
    MONGOD_KILLED = "mongod killed"
    MONGOD_FROZEN = "mongod frozen"
    REDIS_KILLED = "Redis killed"
    REDIS_FROZEN = "Redis frozen"
    REDIS_FLUSHED = "Redis flushed"


API_BLOWS = (Blow.API_KILLED, Blow.API_KILLED, Blow.API_FROZEN, Blow.SOCKETS_CUT)
MONGOD_BLOWS = (Blow.MONGOD_KILLED, Blow.MONGOD_FROZEN)
REDIS_BLOWS = (Blow.REDIS_KILLED, Blow.REDIS_FROZEN, Blow.REDIS_FLUSHED)


async def strike(blow: Blow, plant: Plant, redis: RedisServer | None, random: Random) -> int:
    """Let a blow fall and mend it, after a moment where something is frozen. Return how many starts failed."""
    name = random.choice(list(plant.servers))
    moment = random.uniform(*FROZEN_SECONDS)
    match blow:
        case Blow.API_KILLED:
            await plant.servers[name].kill()
            return await plant.restart(name)
        case Blow.API_FROZEN:
            plant.servers[name].freeze()
            await asyncio.sleep(moment)
            plant.servers[name].thaw()
        case Blow.SOCKETS_CUT:
            await asyncio.gather(*(proxy.cut_all() for proxy in plant.sockets.values()))
        case Blow.MONGOD_KILLED:
            plant.mongod.kill()
            plant.mongod.start()  # all wait meanwhile: it must be started from this thread
        case Blow.MONGOD_FROZEN:
            plant.mongod.freeze()
            await asyncio.sleep(moment)
            plant.mongod.thaw()
        case _:
            assert redis is not None, "there is a Redis to strike"
            await _strike_redis(blow, redis, moment)
    return 0


async def _strike_redis(blow: Blow, redis: RedisServer, moment: float) -> None:
    match blow:
        case Blow.REDIS_KILLED:
            await redis.kill()
            await asyncio.sleep(moment)
            await redis.start()
        case Blow.REDIS_FROZEN:
            redis.pause()
            await asyncio.sleep(moment)
            redis.resume()
        case _:
            await redis.flush()
