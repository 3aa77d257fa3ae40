"""Who needs whom: an order in which everything comes after what it needs, and the groups that need themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Node = TypeVar("Node")


def in_dependency_order(nodes: Iterable[Node], needs: Callable[[Node], Iterable[Node]]) -> list[list[Node]]:
    """The strongly connected groups of the graph, each after the groups it needs. `needs` is called once for each node.

    A group of one that does not need itself is the usual case. Tarjan's algorithm (Depth-first search and linear graph
    algorithms, SIAM J. Comput. 1972) with a stack of its own, since chains of declarations may be longer than Python's.
    """
    number: dict[Node, int] = {}
    lowest: dict[Node, int] = {}
    open_nodes: list[Node] = []
    is_open: set[Node] = set()
    groups: list[list[Node]] = []

    for root in nodes:
        if root in number:
            continue
        work: list[tuple[Node, Iterator[Node]]] = []
        entering: Node | None = root
        while entering is not None or work:
            if entering is not None:
                number[entering] = lowest[entering] = len(number)
                open_nodes.append(entering)
                is_open.add(entering)
                work.append((entering, iter(needs(entering))))
                entering = None
            node, remaining = work[-1]
            for needed in remaining:
                if needed not in number:
                    entering = needed
                    break
                if needed in is_open:
                    lowest[node] = min(lowest[node], number[needed])
            else:
                work.pop()
                if work:
                    parent = work[-1][0]
                    lowest[parent] = min(lowest[parent], lowest[node])
                if lowest[node] == number[node]:
                    groups.append(_close(node, open_nodes, is_open))
    return groups


def _close(node: Node, open_nodes: list[Node], is_open: set[Node]) -> list[Node]:
    group: list[Node] = []
    while True:
        member = open_nodes.pop()
        is_open.discard(member)
        group.append(member)
        if member == node:
            return group[::-1]
