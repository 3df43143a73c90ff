"""How a GraphQL operation is judged and executed: document cache, guard, plans, selections of events, public errors.

Knows graphql-core and Strawberry, and nothing of the product, which hands in its roots, limits and what its exceptions
mean. `planned_executor` subclasses graphql-core 3.3.2's Executor, so pyproject bounds it.
Keeping validated documents makes a plain query 4.8 times as cheap (benchmarks/RESULTS.md). Each other layer has a
switch (`layer.Layer`); together, in one process, they take a query of 15 lines from 0.59 to 0.34 ms and a refused
report from 0.48 to 0.19 ms (decision 0037).
"""
