"""What clients see: types, inputs, enums, scalars and refusals; `X.of` maps from the domain.

May import context, actions, store and domain, and of execution what an error is. `schema.graphql` is printed from here.
"""
