"""The whole of collab below /collab of a FastAPI application: uvicorn mount_fastapi:app"""

from fastapi import FastAPI

import collab

documents = collab.create_app(collab.Settings(database="sqlite:///notes.db"))
app = FastAPI(lifespan=lambda app: documents.running())
app.mount("/collab", documents)
