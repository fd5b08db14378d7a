"""The replay of recordings, with small ones made on the fly."""

from __future__ import annotations

import gzip
import json
import random
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from benchmarks.order import commit_order, merge, take_turns
from benchmarks.replay import main, order_to
from benchmarks.traces import TraceError, load_trace, type_into

LETTERS = "ab cd\né🙂𝄞"


def random_patch(content: str, chance: random.Random) -> tuple[int, int, str]:
    position = chance.randint(0, len(content))
    deleted = min(len(content) - position, chance.choice([0, 0, 0, 1, 3]))
    return position, deleted, "".join(chance.choices(LETTERS, k=chance.randint(0, 3)))


def write_trace(folder: Path, trace: dict[str, Any]) -> Path:
    path = folder / "small.json.gz"
    path.write_bytes(gzip.compress(json.dumps(trace).encode()))
    return path


def sequential(folder: Path, edits: int) -> Path:
    chance = random.Random(1)
    content, transactions = "", []
    for _ in range(edits):
        patches = []
        for _ in range(chance.randint(1, 3)):
            patches.append(random_patch(content, chance))
            content = type_into(content, patches[-1:])
        transactions.append({"patches": patches})
    return write_trace(folder, {"txns": transactions, "endContent": content})


def concurrent(folder: Path, edits: int) -> Path:
    """Two agents, each behind the other at random; the end is what one order of commits makes."""
    chance = random.Random(2)
    transactions: list[dict[str, Any]] = []
    newest: list[list[int]] = [[], []]
    seen = [0, 0]
    trace: dict[str, Any] = {"kind": "concurrent", "txns": transactions, "endContent": ""}
    for index in range(edits):
        agent = chance.randint(0, 1)
        other = newest[1 - agent]
        seen[agent] = chance.randint(seen[agent], len(other))
        parents = [own[-1] for own in (newest[agent], other[: seen[agent]]) if own]
        transactions.append({"agent": agent, "parents": parents, "patches": []})
        newest[agent].append(index)
        # What the agent saw: all of its own and what it had seen of the other's, merged.
        known = {*newest[agent][:-1], *other[: seen[agent]]}
        content = merge_of(folder, trace, known)
        transactions[-1]["patches"] = [random_patch(content, chance)]
    trace["endContent"] = merge_of(folder, trace, set(range(edits)))
    return write_trace(folder, trace)


def merge_of(folder: Path, trace: dict[str, Any], known: set[int]) -> str:
    """The content that some transactions make, agent 0's text first at equal positions."""
    numbers = {index: number for number, index in enumerate(sorted(known))}
    part = [
        {**each, "parents": [numbers[parent] for parent in each["parents"]]}
        for index, each in enumerate(trace["txns"])
        if index in known
    ]
    loaded = load_trace(write_trace(folder, {**trace, "txns": part}))
    return merge(loaded, commit_order(loaded, 0))[0]


def tie(folder: Path, end_content: str) -> Path:
    """Two people who type at the same place without seeing each other."""
    transactions = [
        {
            "agent": agent,
            "parents": [3 * agent + number - 1] if number else [],
            "patches": [[number, 0, letter]],
        }
        for agent, letters in enumerate(["ABC", "xyz"])
        for number, letter in enumerate(letters)
    ]
    return write_trace(
        folder, {"kind": "concurrent", "txns": transactions, "endContent": end_content}
    )


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    return result.exit_code, result.output


def test_a_sequential_recording_is_replayed(tmp_path: Path) -> None:
    status, output = run(sequential(tmp_path, 60))
    assert "ok: author, follower, server, fresh join" in output
    assert status == 0


def test_the_beginning_of_a_recording_is_replayed(tmp_path: Path) -> None:
    status, output = run(sequential(tmp_path, 60), "--edits", 7)
    assert " 7 " in output
    assert "ok: author, follower, server, fresh join" in output
    assert status == 0


def test_a_concurrent_recording_is_transformed_by_the_server(tmp_path: Path) -> None:
    status, output = run(concurrent(tmp_path, 60))
    assert "ok: author 1, author 2, follower, server, fresh join" in output
    transformed = int(output.splitlines()[1].split()[6])
    assert transformed > 20
    assert status == 0


def test_an_end_that_is_not_reached_is_told_with_exit_status_1(tmp_path: Path) -> None:
    status, output = run(tie(tmp_path, "nonsense"))
    assert "WRONG: author 1, author 2, follower, server, fresh join" in output
    assert status == 1


@pytest.mark.parametrize("end_content", ["ABCxyz", "xyzABC"])
def test_at_a_tie_the_text_that_stands_first_is_committed_first(
    tmp_path: Path, end_content: str
) -> None:
    trace = load_trace(tie(tmp_path, end_content))
    assert merge(trace, order_to(trace, end_content))[0] == end_content
    # Taking turns alone would have mixed them.
    in_turns = list(take_turns(trace.transactions, defaultdict(set)))
    assert merge(trace, in_turns)[0] == "AxByCz"


def test_every_edit_is_committed_after_what_its_author_had_seen(tmp_path: Path) -> None:
    trace = load_trace(concurrent(tmp_path, 60))
    order = commit_order(trace, 1)
    assert sorted(order) == list(range(60))
    done = [0, 0]
    for index in order:
        each = trace.transactions[index]
        assert each.seen <= done[1 - each.agent]
        done[each.agent] += 1


def test_a_file_that_is_no_trace_is_told(tmp_path: Path) -> None:
    path = tmp_path / "other.gz"
    path.write_bytes(b"something else")
    status, output = run(path)
    assert "is not a gzipped editing trace" in output
    assert status == 1


@pytest.mark.parametrize(
    ("transactions", "problem"),
    [
        ([{"agent": 2, "parents": [], "patches": []}], "agent 2: expected two"),
        (
            [{"agent": 0, "parents": [], "patches": []}] * 2,
            "transaction 1 is not based on its own agent's last one",
        ),
    ],
)
def test_a_recording_that_two_clients_can_t_replay_is_told(
    tmp_path: Path, transactions: list[Any], problem: str
) -> None:
    path = write_trace(tmp_path, {"kind": "concurrent", "txns": transactions, "endContent": ""})
    with pytest.raises(TraceError, match=problem):
        load_trace(path)
