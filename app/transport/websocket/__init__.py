"""Both WebSocket protocols: `hub` holds all sockets, `socket` is one, `operation` runs on it, `frame` is a message.

Imports go down in that order, `wire` below all: a socket knows its hub as `Host`, an operation its socket as `Peer`.
One beat for all sockets instead of tasks and timers: an idle socket weighs 8.7 KiB in all (decision 0018).
"""
