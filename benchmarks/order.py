"""The commit order of the edits of a concurrent recording.

The server commits edits in one order, and at equal positions the text that was committed first
stays first. The recording's `endContent` was merged by another rule. If two authors typed at the
same position at the same time, the author whose text comes first must commit first; elsewhere the
order does not matter. So the two authors alternate whenever both can continue, which makes nearly
every edit arrive on a stale version. If a tie is resolved wrongly, the edit that must come first is
moved before the other one, until all ties are right.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from .screen import Screen
from .traces import TEXT, Trace, Transaction

__all__ = ["commit_order", "commits", "merge"]

MAX_ROUNDS = 200

Before = dict[int, set[int]]


def commit_order(trace: Trace, first: int) -> list[int]:
    """Indexes of transactions, each after all those that its author had seen.

    Args:
        first: the agent whose text comes first at equal positions.
    """
    before: Before = defaultdict(set)
    for _ in range(MAX_ROUNDS):
        order = list(take_turns(trace.transactions, before))
        _, ties = merge(trace, order)
        wrong = [(late, early) for late, early in ties if trace.transactions[late].agent == first]
        if not wrong:
            break
        for late, early in wrong:
            before[early].add(late)
    return order


def take_turns(transactions: Sequence[Transaction], before: Before) -> Iterator[int]:
    """Alternate between both agents whenever both can continue."""
    queues = [[i for i, each in enumerate(transactions) if each.agent == who] for who in (0, 1)]
    done = [0, 0]
    committed: set[int] = set()

    def can_go_on(agent: int) -> bool:
        if done[agent] == len(queues[agent]):
            return False
        index = queues[agent][done[agent]]
        return transactions[index].seen <= done[1 - agent] and before[index] <= committed

    turn = 0
    while len(committed) < len(transactions):
        agent = turn if can_go_on(turn) else 1 - turn
        assert can_go_on(agent), "a transaction must come before one that its author had seen"
        index = queues[agent][done[agent]]
        yield index
        committed.add(index)
        done[agent] += 1
        turn = 1 - agent


def merge(trace: Trace, order: Sequence[int]) -> tuple[str, list[tuple[int, int]]]:
    """The content after committing in this order, and the ties: pairs of transactions at an equal
    position, of which the second comes first."""
    content = TEXT.buffer("")
    ties = []
    for operation, tied in commits(trace, order):
        content.apply(operation)
        ties += tied
    return content.content(), ties


def commits(trace: Trace, order: Sequence[int]) -> Iterator[tuple[Any, list[tuple[int, int]]]]:
    """Each operation as a server would commit it in this order, and its ties."""
    screens = Screen(), Screen()
    shown = [0, 0]
    for index in order:
        each = trace.transactions[index]
        screen = screens[each.agent]
        screen.show(each.seen - shown[each.agent])
        shown[each.agent] = each.seen
        typed = each.operation(trace.content_for_offsets(screen.buffer))
        operation = screen.type(typed)
        yield operation, [(index, label) for label in screen.tied]
        screen.tied.clear()
        screens[1 - each.agent].arrive(index, operation)
