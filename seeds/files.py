"""What the catalogue's data files say: read, checked as a whole, and refused as a whole."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError

from app.domain.catalogue.catalogue import Carrier, Catalogue, Factory, Market
from app.domain.configuration.catalogue_check import carrier_problems, market_problems, problems, problems_between

CARRIERS, MARKETS = "carriers.yaml", "markets.yaml"
# The parser in C reads the four factories about ten times faster; both know the same YAML.
Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

T = TypeVar("T")

_factory: TypeAdapter[Factory] = TypeAdapter(Factory)
_carriers: TypeAdapter[tuple[Carrier, ...]] = TypeAdapter(tuple[Carrier, ...])
_markets: TypeAdapter[tuple[Market, ...]] = TypeAdapter(tuple[Market, ...])


class CatalogueError(Exception):
    """The data files are wrong; the message has one line `file: path: reason` for every problem found."""

    def __init__(self, found: list[str]) -> None:
        super().__init__("\n".join(found))
        self.found = tuple(found)


def read_catalogue(folder: Path) -> Catalogue:
    """Read `carriers.yaml`, `markets.yaml` and, from every other YAML file of the folder, one factory.

    Raises CatalogueError with all problems of all files; a catalogue that is wrong anywhere is not returned.
    """
    found: list[str] = []
    carriers = _read(folder / CARRIERS, _carriers, found) or ()
    found += _lines(CARRIERS, carrier_problems(carriers))
    markets = _read(folder / MARKETS, _markets, found)
    found += _lines(MARKETS, market_problems(markets)) if markets is not None else []
    paths = sorted(path for path in folder.glob("*.yaml") if path.name not in (CARRIERS, MARKETS))
    if not paths:
        found.append(f"{folder.name}: *.yaml: there is no factory")
    factories = {path.name: factory for path in paths if (factory := _read(path, _factory, found))}
    for name, factory in factories.items():
        found += _lines(name, problems(factory))
    found += _lines("*.yaml", problems_between(factories.values()))
    if found:
        raise CatalogueError(found)
    return Catalogue(tuple(factories.values()), carriers, markets or ())


def _read(path: Path, shape: TypeAdapter[T], found: list[str]) -> T | None:
    """Parse and validate one file; what is wrong is appended to `found`."""
    try:
        data, misread = _parse(path.read_text(encoding="utf-8"))
        found += _lines(path.name, misread)
        return shape.validate_python(data)
    except OSError as error:
        found.append(f"{path.name}: file: {error.strerror}")
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        found.append(f"{path.name}: line {mark.line + 1 if mark else '?'}: {error.problem}")
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        found.append(f"{path.name}: file: {' '.join(str(error).split())}")
    except ValidationError as error:
        for each in error.errors():
            found.append(f"{path.name}: {'.'.join(map(str, each['loc'])) or 'file'}: {each['msg']}")
    return None


def _parse(text: str) -> tuple[Any, list[tuple[str, str]]]:
    """Parse one YAML document; also answer what YAML 1.1 reads otherwise than it was meant."""
    loader = Loader(text)
    try:
        node = loader.get_single_node()
        misread = list(_misread(node, set()))
        return (loader.construct_document(node) if node else None), misread
    finally:
        loader.dispose()


def _misread(node: yaml.Node | None, seen: set[int]) -> Iterator[tuple[str, str]]:
    """Find keys given twice (the last would win) and bare times such as 14:00 (a number to base 60)."""
    if node is None or id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.ScalarNode) and ":" in node.value and node.tag.endswith((":int", ":float")):
        yield f"line {node.start_mark.line + 1}", f"{node.value} is read as a number; put it in quotes"
    elif isinstance(node, yaml.SequenceNode):
        for part in node.value:
            yield from _misread(part, seen)
    elif isinstance(node, yaml.MappingNode):
        keys: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            if name in keys:
                yield f"line {key.start_mark.line + 1}", f"the key {name!r} is given twice"
            keys.add(name)
            yield from _misread(value, seen)


def _lines(name: str, found: Iterator[tuple[str, str]] | list[tuple[str, str]]) -> list[str]:
    return [f"{name}: {path}: {reason}" for path, reason in found]
