import asyncio

from collab.client import connect


async def main():
    async with connect("http://127.0.0.1:8000", "notes", name="Python") as editor:
        editor.edit({"ops": [{"insert": "Hello from Python!\n"}]})
        await editor.saved()
        print(f"version {editor.version} is {editor.content!r}")


asyncio.run(main())
