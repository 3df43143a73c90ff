"""GraphQL over HTTP, Server-Sent Events and WebSocket: bytes in and out, limits, close codes.

May import execution, settings, `auth` and `domain.shared` (who a caller is); knows nothing of the product. What makes
contexts and who shares events comes in as `caller.Callers` and `websocket.operation.Sharing`.
Sockets of our own instead of Strawberry's (decision 0018): 0.4 to 1.4 CPU-s per 100,000 deliveries, not 50.
"""
