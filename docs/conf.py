"""How the site is built from these pages: `scripts/docs`. Why with Sphinx and MyST stands in docs/decisions."""

from sphinx.application import Sphinx

project = html_title = "ZeroDistance"
extensions = ["myst_parser"]
exclude_patterns = ["**/__pycache__"]
nitpicky = True
myst_heading_anchors = 3
html_theme = "furo"
html_copy_source = html_show_sphinx = html_show_copyright = False

RECORDS = """
```{toctree}
:glob:
:maxdepth: 1

0*
```
"""


def list_the_records(app: Sphinx, page: str, source: list[str]) -> None:
    """Append the list of all records to their first page; where code is browsed, the folder itself is that list."""
    if page == "decisions/README":
        source[0] += RECORDS


def setup(app: Sphinx) -> None:
    app.connect("source-read", list_the_records)
