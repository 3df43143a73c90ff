"""Connections that leave ASGI: uvicorn's protocol classes, with a short way for an application that takes them over.

`DirectWire` writes finished frames to the transport: 4.4 instead of 9 µs of CPU for a delivery, and 13.5 instead of
43.7 KiB for an idle subscribed socket, for neither task nor queue is kept (benchmarks/RESULTS.md, decision 0018).
`DirectHttp` tells event streams that the server stops, and lets them cut a peer that does not read.
Where uvicorn runs its own classes, or another server runs, `websocket.wire.AsgiWire` does the same by ASGI.

Both stand on attributes that uvicorn 0.54 does not document, which is why pyproject pins it:
- WebSocketsSansIOProtocol: app, close_sent, close_timeout, close_timer, conn, curr_msg_data_type, disconnected, frames,
  handle_connect, handshake_complete, keepalive_timeout, logger, loop, queue, receive, request, response, run_asgi,
  scope, send, send_500_response, send_receive_event_to_app, shutdown, stop_keepalive, transport, writable;
- HttpToolsProtocol: handle_websocket_upgrade, on_message_begin, parser, scope, shutdown, transport;
- websockets' ServerProtocol: data_to_send, parser, send_close.
"""
