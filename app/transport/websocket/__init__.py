"""Both WebSocket protocols: `hub` holds all sockets, `socket` is one, `operation` runs on it, `frame` is a message.

Imports go down in that order, `wire` below all: a socket knows its hub as `Host`, an operation its socket as `Peer`.
One beat for all sockets instead of tasks and timers: 13.5 KiB for an idle subscribed one (decision 0018, RESULTS).
"""
