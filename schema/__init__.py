"""What clients see: types, inputs, enums, scalars and refusals. `schema.graphql` is printed from here."""
