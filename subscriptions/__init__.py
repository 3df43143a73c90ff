"""How a step reaches every watching phone: bell, feeds, groups, and one stream for each field of Subscription.

May import schema, context, actions, store, domain and execution; of a transport it knows only `sharing.Member`.
A group executes and encodes a step once for all who see the same: 0.4 to 1.4 CPU-s for 100,000 deliveries instead of
50 (decisions 0019 and 0036, benchmarks/RESULTS.md). Memory grows with what is watched, never with slow readers.
"""
