"""How much is drawn at random: little for every push, much where `scripts/prove` sets LANE=prove."""

import os

PROVING = os.environ.get("LANE") == "prove"


def rounds(push: int, prove: int) -> int:
    """Choose how often something random is tried in this lane."""
    return prove if PROVING else push
