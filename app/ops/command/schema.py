"""python -m app schema: the GraphQL schema, printed, written, or compared with the committed one."""

from typing import Annotated

import typer

from app.ops.schema import SDL, print_schema


def run(
    check: Annotated[bool, typer.Option(help="Compare with schema/schema.graphql instead of printing.")] = False,
    write: Annotated[bool, typer.Option(help="Write schema/schema.graphql instead of printing.")] = False,
) -> None:
    """Print the GraphQL schema."""
    sdl = print_schema()
    if write:
        SDL.write_text(sdl)
    elif not check:
        typer.echo(sdl, nl=False)
    elif SDL.read_text() != sdl:
        typer.echo("schema/schema.graphql differs from the code: run `python -m app schema --write`.", err=True)
        raise typer.Exit(1)
