from __future__ import annotations

import pytest

from collab.client.address import document_address


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://127.0.0.1:8000", "ws://127.0.0.1:8000/ws/documents/doc"),
        ("http://127.0.0.1:8000/", "ws://127.0.0.1:8000/ws/documents/doc"),
        ("https://example.org/collab/", "wss://example.org/collab/ws/documents/doc"),
        ("ws://example.org/a/b", "ws://example.org/a/b/ws/documents/doc"),
        ("wss://[::1]:9", "wss://[::1]:9/ws/documents/doc"),
    ],
)
def test_the_document_is_below_the_server_s_pages(url: str, address: str) -> None:
    assert document_address(url, "doc", {}) == address


def test_names_and_parameters_are_quoted() -> None:
    address = document_address("http://h", "a/b?c", {"name": "Ann & Bob"})
    assert address == "ws://h/ws/documents/a%2Fb%3Fc?name=Ann+%26+Bob"


@pytest.mark.parametrize("url", ["localhost:8000", "ftp://h", "", "http://", "/path"])
def test_an_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="expected one such as"):
        document_address(url, "doc", {})
