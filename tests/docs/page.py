"""What stands on the pages of the documentation: their code blocks, each with the words behind its language."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "docs").glob("*/*.md"))]
NOT_RUN = "not-run"
MEANWHILE = "<!-- meanwhile:"


@dataclass(frozen=True)
class Block:
    """One code block: where it stands, its language, the words after it, and what happens before it is run."""

    page: str
    line: int
    language: str
    words: tuple[str, ...]
    text: str
    meanwhile: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def runs(self) -> bool:
        return NOT_RUN not in self.words


def blocks_of(page: Path) -> Iterator[Block]:
    """Yield the code blocks of a page in their order; directives of the site's generator are none."""
    meanwhile: list[str] = []
    for token in MarkdownIt("commonmark").enable("table").parse(page.read_text(encoding="utf-8")):
        if token.type == "html_block" and token.content.startswith(MEANWHILE):
            meanwhile.append(token.content.strip().removeprefix(MEANWHILE).removesuffix("-->").strip())
        elif token.type in ("fence", "code_block") and not token.info.startswith("{"):
            yield _block(page, token, tuple(meanwhile))
            meanwhile = []
    if meanwhile:
        raise ValueError(f"{page.name}: no code block follows {MEANWHILE} {meanwhile[-1]} -->")


def _block(page: Path, token: Token, meanwhile: tuple[str, ...]) -> Block:
    language, *words = token.info.split() or [""]
    line = token.map[0] + 1 if token.map else 0
    return Block(page.relative_to(ROOT).as_posix(), line, language, tuple(words), token.content, meanwhile)


def here(text: str, url: str) -> str:
    """Put the address of a test's server in place of the one that readers have."""
    return text.replace("localhost:8000", urlsplit(url).netloc)


BLOCKS = [block for page in PAGES for block in blocks_of(page)]
