"""A small ASGI toolkit: WebSockets, routing, requests, responses and a test client.

Its modules have Starlette's names and answer as Starlette does, so an application moves over by
replacing `starlette` with `collab.asgi` in its imports. It depends on `asgiref` alone (the test
client also on `httpx2`) and on nothing else of collab. Not here: forms, templates, static folders,
sessions and host-based routes.
"""
