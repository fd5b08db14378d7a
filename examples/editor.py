"""Type a line into a shared document, and see what others type there."""

import asyncio
import json
import sys

from websockets.asyncio.client import connect

# The library takes frames of 1 MiB unless another max_size is given; a document may be much larger.
MAX_FRAME_BYTES = 128 * 1024 * 1024


async def edit(url: str) -> None:
    address = f"{url}/ws/documents/notes?name=Python"
    async with connect(address, max_size=MAX_FRAME_BYTES) as ws:
        state = json.loads(await ws.recv())
        print(f"version {state['version']} is {state['content']!r}")
        operation = {"ops": [{"insert": "Hello from Python!\n"}]}
        frame = {"type": "edit", "id": 1, "version": state["version"], "operation": operation}
        await ws.send(json.dumps(frame))
        async for text in ws:
            match json.loads(text):
                case {"type": "ack", "version": version}:
                    print(f"saved as version {version}")
                case {"type": "document_change", "user_id": user_id, "operation": operation}:
                    print(f"{user_id} typed {operation['ops']}")
                case {"type": "error", "message": message}:
                    sys.exit(message)


asyncio.run(edit(sys.argv[1] if len(sys.argv) > 1 else "ws://127.0.0.1:8000"))
