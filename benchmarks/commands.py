"""What a server asks of the database: its commands, and the bytes of the answers, as mongod's own profiler counts."""

from dataclasses import dataclass

from app.store.database import Database


@dataclass(frozen=True)
class Asked:
    """The commands of a stretch of work, each with its name and collection, and the bytes of their answers."""

    commands: list[str]
    bytes: int


async def start_counting(database: Database) -> None:
    """Have mongod note every command on this database from here on; what it noted before is forgotten."""
    handle = database.client.get_database(database.name)
    await handle.command("profile", 0)
    await handle.drop_collection("system.profile")
    await handle.command("profile", 2)


async def stop_counting(database: Database) -> Asked:
    """Tell what was asked since `start_counting`; only mongod's answers are counted, not what it examined."""
    handle = database.client.get_database(database.name)
    await handle.command("profile", 0)
    noted = handle["system.profile"].find({"ns": {"$ne": f"{database.name}.system.profile"}}).sort("ts", 1)
    found = [each for each in await noted.to_list(None) if not {"profile", "drop"} & each["command"].keys()]
    names = [f"{next(iter(each['command']))} {each['ns'].partition('.')[2]}" for each in found]
    return Asked(names, sum(each.get("responseLength", 0) for each in found))
