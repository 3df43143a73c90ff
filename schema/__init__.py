"""What clients see: types, inputs, enums, scalars and refusals; `X.of` maps from the domain.

May import context, actions, store and domain, and of execution what an error is. `schema.graphql` is printed from here.
A field that reads asks a loader of its context. What a type says of itself stands in the module of its noun
(`StepFields`), what leads to other types in `links.py` (`Step`), so that no module imports in a circle.
"""
