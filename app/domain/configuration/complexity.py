"""Are a model's rules simple enough to be answered in time? Tried out before it comes into the catalogue."""

import random

from app.domain.catalogue.catalogue import Model
from app.domain.configuration.availability import after_choosing, available_options
from app.domain.configuration.completion import STEPS_MAX, Budget
from app.domain.configuration.configuration import Selections

WALKS = 5
MARGIN = 10
"""How many times dearer another configuration may be than the dearest one tried here."""


def is_too_complex(model: Model) -> bool:
    """Follow a few customers, always the same, from nothing chosen to the end: is any answer too dear on the way?"""
    source = random.Random(model.sku)
    for _ in range(WALKS):
        chosen: Selections = {}
        for group in source.sample(model.option_groups, len(model.option_groups)):
            budget = Budget(STEPS_MAX // MARGIN)
            options = available_options(model, chosen, budget=budget)
            if budget.left < 0:
                return True
            able = [f"{o.group}.{o.option}" for o in options if o.group == group.code and o.available]
            chosen = after_choosing(model, chosen, source.choice(able)) if able else chosen
    return False
