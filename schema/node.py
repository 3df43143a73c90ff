"""Global ids, after the Relay specification: unique over all types, kept for ever, opaque to clients."""

import base64
import binascii

import strawberry


@strawberry.interface(description="An object with an id that is unique over all types and kept for ever.")
class Node:
    id: strawberry.ID = strawberry.field(description="The global id.")


def global_id(kind: str, key: str) -> strawberry.ID:
    return strawberry.ID(base64.urlsafe_b64encode(f"{kind}:{key}".encode()).decode().rstrip("="))


def read_global_id(id: str) -> tuple[str, str]:
    """Take a global id apart; anything else is an id of nothing."""
    try:
        text = base64.urlsafe_b64decode(id[:256] + "=" * (-len(id[:256]) % 4)).decode()
    except (binascii.Error, ValueError):
        return "", ""
    kind, _, key = text.partition(":")
    return kind, key


def key_of(kind: str, id: str) -> str:
    """Return the key in a global id of one kind; empty, and so the key of nothing, for any other id."""
    found, key = read_global_id(id)
    return key if found == kind else ""
