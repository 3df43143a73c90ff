"""How large the code is and how it hangs together: `python -m benchmarks.house [FOLDER]`, this checkout or another."""

import ast
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from statistics import median

ROOMS = ("app", "schema", "resolvers", "subscriptions", "seeds")
LARGE = 250
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def modules(root: Path) -> dict[str, ast.Module]:
    """Parse all production modules of a checkout, by dotted name."""
    files = (file for room in ROOMS for file in sorted((root / room).rglob("*.py")))
    return {
        ".".join(file.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): ast.parse(file.read_text())
        for file in files
    }


def imports(tree: ast.AST, known: dict[str, ast.Module]) -> Iterator[str]:
    """Yield the modules that are imported anywhere in a tree, in functions and for type checkers too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for name in node.names:
                whole = f"{node.module}.{name.name}"
                yield whole if whole in known else node.module


def cycle(known: dict[str, ast.Module]) -> list[str]:
    """Return one cycle of imports, or nothing."""
    graph = {name: {found for found in imports(tree, known) if found in known} - {name} for name, tree in known.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def main(root: Path) -> None:
    """Print the figures of one checkout."""
    known = modules(root)
    files = [file for room in ROOMS for file in (root / room).rglob("*.py")]
    lines = {file: len(file.read_text().splitlines()) for file in files}
    functions = [node for tree in known.values() for node in ast.walk(tree) if isinstance(node, FUNCTIONS)]
    lengths = sorted((node.end_lineno or 0) - node.lineno + 1 for node in functions)
    inside = sum(isinstance(n, ast.Import | ast.ImportFrom) for function in functions for n in ast.walk(function))
    tests = sum(len(file.read_text().splitlines()) for file in (root / "tests").rglob("*.py"))
    print(f"production: {len(files)} modules, {sum(lines.values())} lines, median {median(lines.values())}")
    print(
        f"modules over {LARGE} lines: {sum(count > LARGE for count in lines.values())}, {max(lines.values())} at most"
    )
    print(f"functions: {len(functions)}, the longest {lengths[-1]} lines, {sum(each > 40 for each in lengths)} over 40")
    print(f"directly in app/: {len(list((root / 'app').glob('*.py')))} modules")
    print(f"imports inside functions: {inside}; a cycle of imports: {' -> '.join(cycle(known)) or 'none'}")
    print(f"tests: {tests} lines")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
