"""What is served beside GraphQL, one module with one route table each: GraphiQL, report, QR, journal, keys, health.

May import everything below resolvers; knows nothing of transport, which stands beside it. Who calls, and what becomes
of what may not be seen, is decided once, in `endpoint`.
"""
