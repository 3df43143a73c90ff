"""Does a module that breaks the rules of the house fail the check, in whichever room it lies?"""

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rows import rows

ROOT = Path(__file__).parents[1]
PACKAGES = "app", "schema", "resolvers", "subscriptions", "seeds", "benchmarks", "experiments"
KNOW_THE_DRIVER = re.compile(r"app\.(store|ops\.embedded)(\.|$)")
APP_MODULES_MAX = 6
BREACHES = {
    "Imports go down only": ("app.store.retry", "import app.settings"),
    "Every room of app has its layer": ("app.attic", ""),
    "No room imports itself in a circle": ("app.transport.websocket.wire", "import app.transport.websocket.hub"),
    "Execution knows GraphQL and nothing of the product": ("app.execution.guard", "import app.domain.shared.viewer"),
    "Transport knows nothing of the product": ("app.transport.http", "import app.context"),
    "What lies below the schema knows no GraphQL": ("app.actions.order", "import strawberry"),
    "The domain does no I/O and knows no framework": ("app.domain.shared.money", "import asyncio"),
    "Only the store and the embedded database know MongoDB's driver": ("app.ops.demo.run", "import motor"),
    "Only a backend of the bell knows Redis's driver": ("subscriptions.feed", "import redis"),
    "Only the bell knows broadcaster": ("subscriptions.group", "import broadcaster"),
    "Only detached connections and serve know uvicorn": ("app.transport.websocket.wire", "import uvicorn"),
}


def modules(root: Path) -> Iterator[tuple[str, Path]]:
    """List all modules below the packages that the contracts are about."""
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            name = ".".join(path.relative_to(root).with_suffix("").parts)
            yield name.removesuffix(".__init__"), path


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of all modules, and of the contracts."""
    for name, path in modules(ROOT):
        assert name
        copy = tmp_path / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def plant(house: Path, name: str, line: str) -> None:
    """Begin a module with a line; make the module where there is none."""
    path = house / (name.replace(".", "/") + ".py")
    path.write_text(f"{line}\n{path.read_text() if path.exists() else ''}")


def checked(house: Path) -> str:
    """Return what lint-imports says."""
    command = "from importlinter.cli import lint_imports_command as check; check(['--no-cache'])"
    done = subprocess.run([sys.executable, "-c", command], cwd=house, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    return re.sub(r"\x1b\[[0-9;]*m", "", done.stdout)


def test_the_driver_in_any_module_but_those_of_the_store_and_the_embedded_database_fails_the_check(house: Path) -> None:
    strangers = [(name, path) for name, path in modules(house) if not KNOW_THE_DRIVER.match(name)]
    assert len(strangers) > 200
    for _, path in strangers:
        path.write_text(f"import pymongo\n{path.read_text()}")
    found = set(re.findall(r"([\w.]+) -> pymongo", checked(house)))
    assert [name for name, _ in strangers if name not in found] == []


def test_each_contract_is_broken_by_what_it_forbids(house: Path) -> None:
    for name, line in BREACHES.values():
        plant(house, name, line)
    said = checked(house)
    assert [contract for contract in BREACHES if not re.search(rf"^{contract} BROKEN", said, re.MULTILINE)] == []


def test_few_modules_lie_directly_in_app() -> None:
    assert len(list((ROOT / "app").glob("*.py"))) <= APP_MODULES_MAX


@rows("package", PACKAGES)
def test_every_room_says_what_it_answers(package: str) -> None:
    silent = [
        name
        for name, path in modules(ROOT)
        if name.split(".")[0] == package
        and path.name == "__init__.py"
        and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert silent == []
