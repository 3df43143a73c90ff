"""The only code that knows MongoDB: documents in, domain objects out. May import domain.

A journal's append is one insert, and its unique index the lock. Calls of one kind that are asked for at the same time
are combined: sixteen reports are three calls of the database, and cost less than half of what they do one by one
(decision 0035, benchmarks/RESULTS.md).
"""
