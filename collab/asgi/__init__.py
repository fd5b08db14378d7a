"""A small ASGI toolkit: WebSockets, routing, requests, responses and a test client.

Its modules have Starlette's names and answer as Starlette does, so an application moves over by
replacing `starlette` with `collab.asgi` in its imports. It depends on `asgiref` alone (the test
client also on `httpx2`) and on nothing else of collab. Not here: forms, templates, static folders,
sessions, limits on bodies and host-based routes.

Where it means to differ from Starlette:

- A text read of a binary frame, and the other way round, is a RuntimeError, not a KeyError.
- Invalid JSON is a ValueError, also where it is not UTF-8, nested too deep, or NaN; NaN isn't sent.
- `iter_json` takes a `mode`.
- An OSError is a WebSocketDisconnect(1006) while sending anything, the handshake's answer too.
- The methods in an Allow header are sorted.
- Within a foreign Starlette, `url_for` knows the names of the application's own routes.
- A WebSocket in a test lets its application end in peace before it is cancelled, and reading after
  the application has returned is a RuntimeError, where it would wait for ever.
"""
