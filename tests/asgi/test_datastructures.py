"""Headers, query parameters and URLs: whatever is done to them, Starlette's answer the same."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette import datastructures as theirs

from collab.asgi import datastructures as ours
from collab.asgi.url import get_route_path

latin = st.text(st.characters(max_codepoint=255), max_size=5)
names = st.sampled_from(["a", "A", "b", "x-y", "Cookie", "vary", "nothing"])
headers = st.lists(st.tuples(names, latin), max_size=6)
keys = st.sampled_from(["a", "b", "ä", "", "c d"])
values = st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
pairs = st.lists(st.tuples(keys, values), max_size=6)


def both(answer: Callable[[Any], Any]) -> Any:
    """The answer of both modules, which must be one; an exception's type counts as an answer."""

    def told(module: Any) -> Any:
        try:
            return answer(module)
        except Exception as error:
            return type(error).__name__

    mine = told(ours)
    assert mine == told(theirs)
    return mine


def raw(items: list[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in items]


def shown(mapping: Any) -> list[Any]:
    items = mapping.items()
    return [
        repr(mapping),
        len(mapping),
        list(mapping),
        list(mapping.keys()),
        list(mapping.values()),
        list(items),
    ]


@given(headers, names)
def test_headers_are_read_alike(items: list[tuple[str, str]], name: str) -> None:
    def read(module: Any) -> Any:
        found = module.Headers(raw=raw(items))
        scoped = module.Headers(scope={"headers": iter(raw(items))})
        mapped = module.Headers(dict(items))
        return [
            *shown(found),
            found.raw,
            found.getlist(name),
            found.get(name),
            name in found,
            found == scoped,
            found == module.Headers(raw=raw(items[::-1])),
            found == mapped,
            found == dict(items),
            repr(found.mutablecopy()),
            shown(mapped),
            found[name],
        ]

    both(read)


steps = st.lists(
    st.tuples(
        st.sampled_from(
            ["set", "del", "append", "setdefault", "update", "ior", "or", "vary", "raw"]
        ),
        names,
        latin,
    ),
    max_size=8,
)


@given(headers, steps)
def test_headers_are_changed_alike(
    items: list[tuple[str, str]], steps: list[tuple[str, str, str]]
) -> None:
    def change(module: Any) -> Any:
        found = module.MutableHeaders(raw=raw(items))
        story: list[Any] = []
        for step, name, value in steps:
            if step == "set":
                found[name] = value
            elif step == "del":
                del found[name]
            elif step == "append":
                found.append(name, value)
            elif step == "setdefault":
                story.append(found.setdefault(name, value))
            elif step == "update":
                found.update({name: value})
            elif step == "ior":
                found |= {name: value}
            elif step == "or":
                found = found | {name: value}
            elif step == "vary":
                found.add_vary_header(name)
            else:
                found.raw.append((name.lower().encode(), b"raw"))
            story.append(found.items())
        return story

    both(change)


def test_headers_are_made_from_one_source() -> None:
    both(lambda module: module.Headers({}, raw=[]))
    both(lambda module: module.Headers(raw=[], scope={}))
    both(lambda module: repr(module.Headers()))
    both(lambda module: module.MutableHeaders() | [("a", "b")])
    both(lambda module: hash(module.Headers()))
    both(lambda module: module.Headers({"a": "€"}))


@given(pairs, pairs, keys)
def test_multi_dicts_are_read_alike(
    items: list[tuple[str, str]], more: list[tuple[str, str]], key: str
) -> None:
    def read(module: Any, kind: str) -> Any:
        make = getattr(module, kind)
        found = make(items)
        options = {name: value for name, value in more if name.isidentifier()}
        return [
            *shown(found),
            str(found),
            found.multi_items(),
            found.getlist(key),
            found.get(key),
            key in found,
            found == make(items[::-1]),
            found == make(found),
            found == dict(items),
            shown(make(dict(items), **options)),
            shown(make(found, **options)),
            shown(make()),
            shown(make(None)),
            found[key],
        ]

    for kind in ("ImmutableMultiDict", "MultiDict", "QueryParams"):
        both(lambda module, kind=kind: read(module, kind))


MULTI_STEPS = ["set", "del", "pop", "popitem", "poplist", "clear"]
MULTI_STEPS += ["setdefault", "setlist", "append", "update"]
multi_steps = st.lists(
    st.tuples(
        st.sampled_from(MULTI_STEPS),
        keys,
        st.lists(values, max_size=2),
    ),
    max_size=8,
)


@given(pairs, multi_steps)
def test_multi_dicts_are_changed_alike(items: Any, steps: Any) -> None:
    def change(module: Any) -> Any:
        found = module.MultiDict(items)
        calls: dict[str, Callable[[str, list[str]], Any]] = {
            "set": lambda key, some: found.__setitem__(key, some),
            "del": lambda key, some: found.__delitem__(key),
            "pop": lambda key, some: found.pop(key, *some[:1]),
            "popitem": lambda key, some: found.popitem(),
            "poplist": lambda key, some: found.poplist(key),
            "clear": lambda key, some: found.clear(),
            "setdefault": lambda key, some: found.setdefault(key, *some[:1]),
            "setlist": lambda key, some: found.setlist(key, some),
            "append": lambda key, some: found.append(key, some),
            "update": lambda key, some: found.update([(key, value) for value in some], a="kw"),
        }
        story: list[Any] = []
        for step, key, some in steps:
            try:
                story.append(calls[step](key, some))
            except KeyError as error:
                story.append(repr(error))
            story.append((found.multi_items(), dict(found)))
        return story

    both(change)


@given(st.one_of(values, st.sampled_from(["a=1&a=2&b", "a=%C3%A4+b", "&&", "a=1;b=2"])))
def test_query_strings_are_parsed_alike(query: str) -> None:
    def parse(module: Any) -> Any:
        found = module.QueryParams(query)
        blob = module.QueryParams(query.encode())
        return [found.multi_items(), str(found), repr(found), blob.multi_items()]

    both(parse)


def test_query_parameters_are_text() -> None:
    both(lambda module: module.QueryParams({"a": 1, "b": None}).multi_items())
    both(lambda module: module.QueryParams([], [], []))


urls = st.sampled_from(
    [
        "",
        "/",
        "/a/b?x=1&x=2&y=#f",
        "http://example.org",
        "https://ada:secret@example.org:8443/a?b=c",
        "ws://[::1]:8000/ws",
        "http://[::1]/",
        "wss://h/?q=%20",
        "//evil.org/x",
        "http://user@h",
        "http://:80/",
        "http://h:x/",
    ]
)
components = st.fixed_dictionaries(
    {},
    optional={
        "scheme": st.sampled_from(["https", "ws", ""]),
        "hostname": st.sampled_from(["h", "::1", "[::1]", "1.2.3.4", "a:b", "", None]),
        "port": st.sampled_from([80, 1, None]),
        "username": st.sampled_from(["u", None]),
        "password": st.sampled_from(["p", None]),
        "path": st.sampled_from(["/x", "", "rel"]),
        "query": st.sampled_from(["a=1", ""]),
        "fragment": st.sampled_from(["f", ""]),
        "netloc": st.sampled_from(["n:1"]),
    },
)


@given(
    urls, components, st.dictionaries(st.sampled_from(["x", "y"]), st.one_of(values, st.integers()))
)
def test_urls_are_read_and_changed_alike(text: str, changes: Any, params: Any) -> None:
    parts = "scheme netloc path query fragment username password hostname port is_secure components"
    for part in parts.split():
        both(lambda module, part=part: getattr(module.URL(text), part))
    both(lambda module: str(module.URL(text)))
    both(lambda module: repr(module.URL(text)))
    both(lambda module: module.URL(text) == text)
    both(lambda module: module.URL(text) == module.URL("/"))
    both(lambda module: str(module.URL(text).replace(**changes)))
    both(lambda module: str(module.URL(**changes)))
    both(lambda module: str(module.URL(text).include_query_params(**params)))
    both(lambda module: str(module.URL(text).replace_query_params(**params)))
    both(lambda module: str(module.URL(text).remove_query_params(list(params))))
    both(lambda module: str(module.URL(text).remove_query_params("x")))


paths = st.text(st.sampled_from("/ab?#\\ ä%"), max_size=8)
authorities = st.one_of(st.none(), st.text(st.sampled_from("a.:[]@/1\\v "), max_size=8))
servers = st.sampled_from([None, ("h", 80), ("h", 443), ("::1", 1), ("[::1]", 1), ("/s", None)])


@given(paths, authorities, servers, st.sampled_from(["http", "https", "ws", "wss"]))
def test_urls_are_made_from_scopes_alike(path: Any, host: Any, server: Any, scheme: Any) -> None:
    scope = {
        "type": "http",
        "scheme": scheme,
        "path": path,
        "query_string": b"a=1",
        "server": server,
        "headers": [] if host is None else [(b"x", b"y"), (b"host", host.encode())],
    }
    both(lambda module: str(module.URL(scope=scope)))
    both(lambda module: str(module.URL(scope={"path": path, "headers": scope["headers"]})))


@given(paths, st.sampled_from(["http", "websocket", "", "ftp"]), urls, st.sampled_from(["", "h:1"]))
def test_paths_become_urls_alike(path: str, protocol: str, base: str, host: str) -> None:
    def make(module: Any) -> Any:
        made = module.URLPath(path, protocol, host)
        absolute = made.make_absolute_url(base), made.make_absolute_url(module.URL(base))
        return [str(made), made.protocol, made.host, *map(str, absolute)]

    both(make)


def test_a_url_has_one_source_and_can_be_a_key() -> None:
    both(lambda module: module.URL("/", scope={}))
    both(lambda module: module.URL("/", path="/"))
    both(lambda module: module.URL(scope={}, path="/"))
    assert {ours.URL("/a"): 1}[ours.URL("/a")] == 1


@given(st.sampled_from(["", "/a", "/a/", "/", "/ab"]), paths)
def test_the_path_of_a_route_is_what_lies_below_the_root(root_path: str, path: str) -> None:
    from starlette._utils import get_route_path as theirs_get

    for whole in (path, root_path + path):
        scope = {"path": whole, "root_path": root_path}
        assert get_route_path(scope) == theirs_get(scope)
    assert get_route_path({"path": path}) == path


def test_state_is_attributes_and_keys_at_once() -> None:
    def use(module: Any) -> Any:
        kept: dict[str, Any] = {"given": 1}
        state = module.State(kept)
        state.a, state["b"] = 2, 3
        del state.given
        told = [kept, len(state), list(state), state["a"], state.b, hasattr(state, "given")]
        del state["a"]
        with pytest.raises(AttributeError, match="'State' object has no attribute 'a'"):
            _ = state.a
        return [*told, kept]

    both(use)
    both(lambda module: module.State()["nothing"])


def test_state_can_be_copied() -> None:
    state = ours.State({"a": [1]})
    assert copy.copy(state).a is state.a
    assert copy.deepcopy(state).a == [1]


def test_an_address_is_a_pair() -> None:
    assert both(lambda module: module.Address("h", 1)) == ("h", 1)
    assert ours.Address(host="h", port=1).port == 1
