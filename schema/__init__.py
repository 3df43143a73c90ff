"""What clients see: types, inputs, enums, scalars and refusals; `X.of` maps from the domain.

<<<<<<< HEAD
May import context, actions, store and domain, and of execution what an error is. `schema.graphql` is printed from here.
=======
`schema.graphql` is printed from here. A field that reads asks a loader of its context: `context.load(read, key)`.
Types that lead to one another (Product, Order, Step …) are two classes each, so that no module imports in a circle:
what a type says of itself stands in the module of its noun (`StepFields`), what leads further in `links.py` (`Step`).
>>>>>>> c07b312 (Descriptions of the schema are whole sentences; how lists are read is decided; a design's changes stand in a module of their own)
"""
