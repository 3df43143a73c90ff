"""Writes the parts of the guide that the code already says: settings, commands, and the map of the house.

`python -m docs.generate` renews them, `--check` only tells whether they are up to date.
"""

import ast
import inspect
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

from app.__main__ import command_line
from app.settings import Settings

ROOT = Path(__file__).parent.parent
GUIDE = ROOT / "docs" / "guide"
BEGIN, END = "<!-- generated: {} -->\n", "<!-- end of generated -->\n"
PRODUCT = ("app", "schema", "resolvers", "subscriptions", "seeds", "tests")
ROOMS = (*PRODUCT, "benchmarks", "experiments")
ROOMS_OF_A_NOUN = 4
"""A word is a noun of the house where files of so many rooms carry it."""


def settings() -> Iterator[str]:
    """List every setting with its default, in the order of app/settings.py."""
    for name, field in Settings.model_fields.items():
        if not field.description:
            raise ValueError(f"app/settings.py: {name} has no description")
        yield f"- `{name.upper()}` ({_default(field.default)}): {field.description}\n"


def _default(value: object) -> str:
    match value:
        case _ if value in ("", (), frozenset()):
            return "empty"
        case bool():
            return f"`{str(value).lower()}`"
        case float():
            return f"`{value:g}`"
        case _:
            return f"`{value}`"


def commands() -> Iterator[str]:
    """List the commands of `python -m app` with the first paragraph of their help."""
    for command in command_line([]).registered_commands:
        summary, _, _ = (inspect.getdoc(command.callback) or "").partition("\n\n")
        yield f"- `{command.name}`: {' '.join(summary.split())}\n"


def rooms() -> Iterator[str]:
    """List the packages with the first line of what they say about themselves; of tests, only the whole."""
    for path in sorted(path for room in ROOMS for path in (ROOT / room).rglob("__init__.py")):
        room = path.parent.relative_to(ROOT)
        if room.parts[0] != "tests" or len(room.parts) == 1:
            says, _, _ = (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").partition("\n")
            if not says:
                raise ValueError(f"{path.relative_to(ROOT)} does not say what the room answers")
            yield f"- `{room.as_posix()}/`: {says}\n"


def nouns() -> Iterator[str]:
    """List the words that name files in several rooms, with those rooms."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in (path for room in PRODUCT for path in (ROOT / room).rglob("*.py") if not path.stem.startswith("__")):
        within = path.parent.relative_to(ROOT).parts
        for word in path.stem.split("_"):
            found[word].add("/".join(within[:2] if within[0] == "app" else within[:1]))
    for word, places in sorted(found.items()):
        if len(places) >= ROOMS_OF_A_NOUN:
            yield f"- `git ls-files '*{word}*'`: {', '.join(f'`{each}`' for each in sorted(places))}\n"


PARTS: dict[str, Callable[[], Iterator[str]]] = {
    "settings": settings,
    "commands": commands,
    "rooms": rooms,
    "nouns": nouns,
}


def renewed(page: str) -> str:
    """Return a page with each of its generated parts as the code is now."""
    for name, lines in PARTS.items():
        begin = BEGIN.format(name)
        if begin in page:
            before, _, rest = page.partition(begin)
            _, end, after = rest.partition(END)
            page = before + begin + "".join(lines()) + END + after if end else page
    return page


def stale() -> dict[Path, str]:
    """Return the pages that are not up to date, as they should be."""
    pages = {path: path.read_text(encoding="utf-8") for path in sorted(GUIDE.glob("*.md"))}
    return {path: renewed(page) for path, page in pages.items() if renewed(page) != page}


if __name__ == "__main__":
    pages = stale()
    if sys.argv[1:] == ["--check"]:
        if pages:
            raise SystemExit(f"{', '.join(path.name for path in pages)} not up to date: run `python -m docs.generate`.")
    else:
        for path, page in pages.items():
            path.write_text(page, encoding="utf-8")
