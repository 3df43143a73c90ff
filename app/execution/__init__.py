"""How a GraphQL operation is judged and executed: document cache, guard, plans, selections of events, public errors.

Knows graphql-core and Strawberry, and nothing of the product, which hands in its roots, limits and what its exceptions
mean. `planned_executor` subclasses graphql-core 3.3.2's Executor, so pyproject bounds it.
Keeping validated documents makes a plain query 4.8 times as cheap; each other layer (`layer.Layer`) has a switch and is
worth 0.07 to 0.5 ms a request (benchmarks/RESULTS.md, decision 0037).
"""
