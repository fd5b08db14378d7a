"""A small ASGI toolkit: WebSockets, routing, requests, responses and a test client.

Its modules have Starlette's names and behave like Starlette's. To move an application to it,
replace `starlette` by `collab.asgi` in the imports. It depends only on `asgiref` (the test client
also on `httpx2`) and on no other part of collab. It does not include forms, templates, static
folders, sessions, limits of bodies or host-based routes.

It differs from Starlette on purpose:

- Reading text from a binary frame, or bytes from a text frame, raises RuntimeError, not KeyError.
- Invalid JSON raises ValueError, also if it is not UTF-8, nested too deep or NaN. NaN is not sent.
- `iter_json` has the parameter `mode`.
- An OSError while sending, also during the handshake, raises WebSocketDisconnect(1006).
- The methods in an Allow header are sorted.
- Inside a Starlette application, `url_for` knows the names of the mounted application's own routes.
- The test client gives a WebSocket's application time to return before it is cancelled. Reading
  after the application has returned raises RuntimeError instead of waiting forever.
"""
