"""`collab serve`"""

from __future__ import annotations

import ipaddress
import logging
import socket
import webbrowser
from typing import Any

import click

from ..errors import ConfigurationError
from ..server.serving import ANY_HOST, listen
from ..server.serving import serve as run_server
from ..settings import Settings
from ..storage.url import is_memory, parse_url
from .logs import use_format
from .options import given, setting_options

__all__ = ["serve"]

logger = logging.getLogger(__name__)


@click.command(short_help="Serve documents and the browser editor.")
@setting_options(
    "host",
    "port",
    "database",
    "root_path",
    "log_level",
    "log_format",
    "auth",
    "create_on_join",
    "snapshot_interval_operations",
    "max_open_documents",
    "document_idle_seconds",
    "max_document_size",
    "max_connections",
    "shutdown_timeout_seconds",
)
@click.option(
    "--insecure-open",
    is_flag=True,
    help="In open mode, listen on an address that other machines can reach and accept any host "
    "name, although every client may do everything.",
)
@click.option(
    "--open", "open_browser", is_flag=True, help="Open the documents page in the browser."
)
def serve(open_browser: bool, insecure_open: bool, **options: Any) -> None:
    """Serve documents and the browser editor until SIGTERM or Ctrl-C.

    By default it listens on 127.0.0.1:8000 and stores documents in collab.db in the working folder,
    which it creates and migrates. Every setting can be given in the environment as COLLAB_NAME;
    docs/settings.md lists all settings.
    """
    settings = Settings(**given(options))
    if insecure_open:
        settings = settings.model_copy(update={"allowed_hosts": (ANY_HOST,)})
    elif settings.auth == "open":
        check_loopback(settings.host)
    use_format(settings.log_format, settings.log_level)
    if is_memory(parse_url(settings.database)):
        logger.warning(
            "the database is in memory: every document is lost when this server ends; "
            "give a file with --database to keep them"
        )
    listener = listen(settings.host, settings.port)
    url = url_of(listener)

    def ready() -> None:
        click.echo(f"collab is serving at {url} (press Ctrl-C to stop)")
        if open_browser:
            webbrowser.open(url)

    run_server(settings, listener, ready)


def check_loopback(host: str) -> None:
    """Raise `ConfigurationError` unless the address can be reached from this machine only."""
    try:
        found = socket.getaddrinfo(host or None, 0, flags=socket.AI_PASSIVE)
    except OSError:
        return  # `listen` reports the error
    addresses = {str(address[0]).partition("%")[0] for *_, address in found}
    if not all(ipaddress.ip_address(address).is_loopback for address in addresses):
        raise ConfigurationError(
            f"other machines can reach {host or 'this address'}, and in open mode every client may "
            "do everything: use --auth token, or --insecure-open if that is intended"
        )


def url_of(listener: socket.socket) -> str:
    """The URL to open on this machine. A wildcard address becomes localhost; the root path, which
    belongs to the proxy, is left out."""
    host, port = listener.getsockname()[:2]
    if host in ("0.0.0.0", "::"):
        host = "localhost"
    elif ":" in host:
        host = f"[{host}]"
    return f"http://{host}:{port}/"
