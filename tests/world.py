"""Other worlds than the one that all tests share: another catalogue, a database of one's own."""

import json
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from app.deps import Deps
from app.domain.catalogue.catalogue import Catalogue
from app.ops.bootstrap import CATALOGUE
from app.settings import Settings
from app.store.database import Database
from app.store.stores import Stores
from seeds.files import Loader


def with_catalogue(deps: Deps, catalogue: Catalogue) -> Deps:
    """Make a world over the same database in which each model has one edition, as here, that is stored nowhere."""
    stores = Stores(deps.stores.database)
    stores.catalogue.adopt(catalogue, deps.now())
    return replace(deps, stores=stores, calendars={})


def own_settings(settings: Settings) -> Settings:
    """Name a database that no other test uses."""
    return settings.model_copy(update={"database": f"{settings.database}_{secrets.token_hex(4)}"})


@asynccontextmanager
async def fresh_database(settings: Settings) -> AsyncIterator[Database]:
    """Open an empty database and drop it afterwards."""
    own = own_settings(settings)
    database = Database.connect(own.mongodb_url, own.database)
    try:
        yield database
    finally:
        await database.client.drop_database(own.database)
        database.close()


Files = dict[str, Any]
"""What the catalogue's files say, by their names without ending."""


def write_catalogue(folder: Path, *edits: Callable[[Files], None]) -> Path:
    """Write the seeded catalogue's files as they are after some edits."""
    files: Files = json.loads(_seeded())
    for edit in edits:
        edit(files)
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.yaml"):
        path.unlink()
    for name, content in files.items():
        (folder / f"{name}.yaml").write_text(json.dumps(content), encoding="utf-8")  # JSON is YAML, too
    return folder


@cache
def _seeded() -> str:
    """Read the seeded files, once, as JSON: an edit of one part changes no other that shares words with it."""
    return json.dumps({path.stem: yaml.load(path.read_bytes(), Loader) for path in CATALOGUE.glob("*.yaml")})


def model_in(files: Files, sku: str) -> Any:
    """Find one of Foshan's models."""
    return next(model for model in files["foshan"]["models"] if model["sku"] == sku)


def group_in(files: Files, sku: str, code: str) -> Any:
    return next(group for group in model_in(files, sku)["option_groups"] if group["code"] == code)


def without_option(sku: str, group: str, option: str) -> Callable[[Files], None]:
    """Take an option out of a model, and out of the rules that name it."""

    def edit(files: Files) -> None:
        found = group_in(files, sku, group)
        found["options"] = [each for each in found["options"] if each["code"] != option]
        for rule in model_in(files, sku)["rules"]:
            for side in ("when", "then"):
                if side in rule:
                    rule[side] = [name for name in rule[side] if name != f"{group}.{option}"]

    return edit


def with_surcharge(sku: str, group: str, option: str, **amounts: str) -> Callable[[Files], None]:
    """Set what an option costs; nothing where no amount is given."""

    def edit(files: Files) -> None:
        found = next(each for each in group_in(files, sku, group)["options"] if each["code"] == option)
        found["surcharge"] = amounts

    return edit


def without_model(sku: str) -> Callable[[Files], None]:
    def edit(files: Files) -> None:
        files["foshan"]["models"] = [model for model in files["foshan"]["models"] if model["sku"] != sku]

    return edit


def renamed_option(sku: str, group: str, old: str, new: str) -> Callable[[Files], None]:
    """Give an option another code, also in the rules that name it."""

    def edit(files: Files) -> None:
        for option in group_in(files, sku, group)["options"]:
            option["code"] = new if option["code"] == old else option["code"]
        for rule in model_in(files, sku)["rules"]:
            for side in ("when", "then"):
                if side in rule:
                    rule[side] = [f"{group}.{new}" if name == f"{group}.{old}" else name for name in rule[side]]

    return edit
