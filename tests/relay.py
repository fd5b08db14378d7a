"""A network cable between clients and a server, which can be pulled."""

from __future__ import annotations

import contextlib
import socket
import threading

__all__ = ["Relay"]


class Relay:
    """Passes TCP connections on to a port of this machine, until `cut`."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._connected = True
        self._questions, self._answers = threading.Event(), threading.Event()
        self._let_through()
        self._sockets: set[socket.socket] = set()
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cut(self) -> None:
        """Break every connection; new ones are refused until `mend`."""
        with self._lock:
            self._connected = False
            sockets, self._sockets = self._sockets, set()
        for each in sockets:
            end(each)
        self._let_through()

    def hold(self, *, answers_only: bool = False) -> None:
        """Pass on nothing more of what the server sends, and of what it is sent. `cut` loses it."""
        self._answers.clear()
        if not answers_only:
            self._questions.clear()

    def _let_through(self) -> None:
        self._questions.set()
        self._answers.set()

    def mend(self) -> None:
        with self._lock:
            self._connected = True

    def close(self) -> None:
        self.cut()
        end(self._listener)

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._connect, args=(near,), daemon=True).start()

    def _connect(self, near: socket.socket) -> None:
        try:
            far = socket.create_connection(("127.0.0.1", self._target))
        except OSError:
            end(near)
            return
        with self._lock:
            if not self._connected:
                end(near)
                end(far)
                return
            self._sockets |= {near, far}
        threading.Thread(
            target=self._pass_on, args=(near, far, self._questions), daemon=True
        ).start()
        self._pass_on(far, near, self._answers)

    def _pass_on(
        self, source: socket.socket, sink: socket.socket, let_through: threading.Event
    ) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                let_through.wait()
                sink.sendall(data)
        end(source)
        end(sink)
        with self._lock:
            self._sockets -= {source, sink}


def end(each: socket.socket) -> None:
    with contextlib.suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)
    each.close()
