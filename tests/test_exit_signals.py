"""A signal that ends a server without a lifespan closes the application first."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import pytest

from collab.app import Collab, create_app
from collab.settings import Settings
from tests.wire import Refused, connect


class ServersHandlers:
    """Handlers of a server's own, as uvicorn has them; says what was open when each was called."""

    def __init__(self) -> None:
        self.calls: list[tuple[int, list[str]]] = []
        self.called = asyncio.Event()
        self.folder = Path()

    def __call__(self, number: int, frame: FrameType | None) -> None:
        open_files = sorted(path.name for path in self.folder.glob("*-wal"))
        self.calls.append((number, open_files))
        self.called.set()


@pytest.fixture
def handlers(tmp_path: Path) -> Iterator[ServersHandlers]:
    handlers = ServersHandlers()
    handlers.folder = tmp_path
    former = {each: signal.signal(each, handlers) for each in (signal.SIGTERM, signal.SIGINT)}
    yield handlers
    for each, handler in former.items():
        signal.signal(each, handler)


@pytest.fixture
def app(tmp_path: Path) -> Collab:
    return create_app(Settings(database=f"sqlite:///{tmp_path / 'collab.db'}"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_the_server_s_handler_is_called_when_everything_is_closed(
    app: Collab, handlers: ServersHandlers, number: signal.Signals
) -> None:
    wire = await connect(app, "doc")
    signal.raise_signal(number)
    assert handlers.calls == []
    await wire.until("server_shutdown")
    assert await wire.closed() == 1001
    await handlers.called.wait()
    await wire.leave()
    assert handlers.calls == [(number, [])]
    assert signal.getsignal(number) is handlers


async def test_a_second_signal_goes_to_the_server_at_once(
    app: Collab, handlers: ServersHandlers
) -> None:
    await app.manager.create_document("doc")
    signal.raise_signal(signal.SIGTERM)
    signal.raise_signal(signal.SIGTERM)
    assert handlers.calls == [(signal.SIGTERM, ["collab.db-wal"])]
    while len(handlers.calls) < 2:
        handlers.called.clear()
        await handlers.called.wait()
    assert handlers.calls[1] == (signal.SIGTERM, [])


async def test_after_the_signal_it_is_not_opened_again(
    app: Collab, handlers: ServersHandlers
) -> None:
    await app.manager.create_document("doc")
    signal.raise_signal(signal.SIGTERM)
    await handlers.called.wait()
    with pytest.raises(Refused) as refused:
        await connect(app, "doc")
    assert refused.value.status == 503


async def test_no_handler_is_touched_where_the_host_opens_it(
    app: Collab, handlers: ServersHandlers
) -> None:
    async with app.running():
        await app.manager.create_document("doc")
        current: object = signal.getsignal(signal.SIGTERM)
        assert current is handlers
        signal.raise_signal(signal.SIGTERM)
        assert handlers.calls == [(signal.SIGTERM, ["collab.db-wal"])]
        assert await app.manager.store.catalog.find_document("doc")


async def test_a_host_that_opens_it_later_takes_the_signals_back(
    app: Collab, handlers: ServersHandlers
) -> None:
    await app.manager.create_document("doc")
    assert signal.getsignal(signal.SIGTERM) is not handlers
    async with app.running():
        assert signal.getsignal(signal.SIGTERM) is handlers
        assert signal.getsignal(signal.SIGINT) is handlers


async def test_handlers_are_as_before_after_the_close(
    app: Collab, handlers: ServersHandlers
) -> None:
    await app.manager.create_document("doc")
    await app.close()
    assert signal.getsignal(signal.SIGTERM) is handlers
    assert signal.getsignal(signal.SIGINT) is handlers


async def test_what_was_installed_meanwhile_stays_and_still_reaches_the_server(
    app: Collab, handlers: ServersHandlers
) -> None:
    await app.manager.create_document("doc")
    ours = signal.getsignal(signal.SIGTERM)
    assert callable(ours)
    signal.signal(signal.SIGTERM, lambda number, frame: ours(number, frame))
    await app.close()
    signal.raise_signal(signal.SIGTERM)
    assert handlers.calls == [(signal.SIGTERM, [])]


async def test_the_signal_of_a_process_that_no_server_ends_is_left_alone(app: Collab) -> None:
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    interrupt = signal.getsignal(signal.SIGINT)
    await app.manager.create_document("doc")
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    assert signal.getsignal(signal.SIGINT) is interrupt
    await app.close()


def test_a_signal_after_the_loop_has_gone_goes_to_the_server(
    handlers: ServersHandlers, tmp_path: Path
) -> None:
    app = create_app(Settings(database=f"sqlite:///{tmp_path / 'collab.db'}"))
    loop = asyncio.new_event_loop()
    loop.run_until_complete(app.manager.create_document("doc"))
    signal.raise_signal(signal.SIGTERM)
    assert [number for number, _ in handlers.calls] == [signal.SIGTERM]
    loop.run_until_complete(app.close())
    loop.close()


def test_a_loop_of_another_thread_leaves_signals_alone(
    handlers: ServersHandlers, tmp_path: Path
) -> None:
    app = create_app(Settings(database=f"sqlite:///{tmp_path / 'collab.db'}"))

    async def use() -> None:
        await app.manager.create_document("doc")
        assert signal.getsignal(signal.SIGTERM) is handlers
        await app.close()

    thread = threading.Thread(target=asyncio.run, args=[use()])
    thread.start()
    thread.join()
    assert signal.getsignal(signal.SIGTERM) is handlers
