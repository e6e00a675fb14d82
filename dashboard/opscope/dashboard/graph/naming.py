"""Where each node of a graph sits in the tree of scopes, from names alone."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from opscope.events.graph_columns import GraphColumns

CONSTANT = re.compile(r"^(Const|HostConst|prim::Constant)$")
SUMMARY = re.compile(r"^[a-zA-Z]*Summary(V2)?$|^Write[a-zA-Z]*Summary$")
CROWD = 40
"""A scope with more children than this gets groups of siblings with a common prefix."""
SERIES = 5
"""Fewest nodes of one op, numbered in a row, that become a series."""
GAPPED = 8
"""Fewest nodes of one op that become a series though numbers are missing."""


@dataclass(frozen=True)
class Placement:
    """Scopes in preorder and the scope of each node.

    `scopes[0]` is the root "". `parent[k] < k`. `keys[k]` sorts in preorder. `own[i]` is the
    scope of node i and `shown[i]` the name it is drawn under: its own, or `A/(A)` for a node
    whose name is also a scope. `grouped[k]` tells a group made here from a scope of the graph.
    """

    scopes: list[str]
    keys: list[str]
    parent: list[int]
    grouped: list[bool]
    own: list[int]
    shown: list[str]


def place(columns: GraphColumns) -> Placement:
    """Put every node of the graph in a scope.

    A node named like a scope moves into it as `A/(A)`. A constant or summary below a node that
    is no scope otherwise (`Mean/axis` below the op `Mean`) stays beside that node, so that an op
    does not become a scope only because of its constants.
    """
    names, index = columns.names, columns.index
    light = np.array([bool(CONSTANT.match(op) or SUMMARY.match(op)) for op in columns.ops], bool)
    is_light = light[columns.op] if len(names) else np.zeros(0, bool)
    home = [name.rpartition("/")[0] for name in names]
    small = np.nonzero(is_light)[0].tolist()
    scopes: set[str] = set()
    for above in {home[node] for node in np.nonzero(~is_light)[0].tolist()}:
        _add_scopes(scopes, above)
    lifted: list[int] = []
    for node in small:
        above = home[node]
        host = index.get(above)
        if above and above not in scopes and host is not None and not is_light[host]:
            lifted.append(node)
        else:
            _add_scopes(scopes, above)
    for node in lifted:
        if home[node] not in scopes:
            home[node] = parent_name(home[node])
    shown = list(names)
    for name in scopes & index.keys():
        inside = f"{name}/({name.rpartition('/')[2]})"
        while inside in index or inside in scopes:
            inside = inside[:-1] + "_)"
        shown[index[name]] = inside
        home[index[name]] = name
    groups = _groups(scopes, home, shown, columns.op, is_light)
    return _number(scopes, groups, home, shown)


def parent_name(name: str) -> str:
    """Full name of the scope around a name."""
    return name.rpartition("/")[0]


def _below(name: str, above: str) -> str:
    """The part of a name after its parent's; a slash at the very front belongs to it."""
    return name[len(above) + 1 :] if above else name


def _add_scopes(scopes: set[str], name: str) -> None:
    while name and name not in scopes:
        scopes.add(name)
        name = parent_name(name)


def _groups(
    scopes: set[str],
    home: list[str],
    shown: list[str],
    op: NDArray[np.int32],
    light: NDArray[np.bool_],
) -> dict[str, str]:
    """Group of each child that has one.

    Nodes `AddN`, `AddN_1`, ... of one op go into the series `AddN_*`; in a crowded scope, scopes
    `block_1_a`, `block_1_b`, ... go into `block_1_*`. A group name never equals a name of the
    graph, and no group holds all that a scope has.
    """
    inner: dict[str, list[str]] = defaultdict(list)
    nodes: dict[str, list[int]] = defaultdict(list)
    children = Counter(home)
    children.update(map(parent_name, scopes))
    crowded = {scope for scope, count in children.items() if count > CROWD}
    for scope in scopes:
        if parent_name(scope) in crowded:
            inner[parent_name(scope)].append(scope)
    # Four numbers and a bare name are the shortest series.
    numbers = Counter(scope for scope, name in zip(home, shown, strict=True) if name[-1:].isdigit())
    serial = {scope for scope, count in numbers.items() if count >= SERIES - 1}
    for node, scope in enumerate(home) if serial else ():
        if scope in serial and children[scope] > SERIES:
            nodes[scope].append(node)
    taken = scopes | set(shown) if nodes or inner else set()
    result: dict[str, str] = {}
    for scope in sorted(nodes.keys() | inner.keys()):
        size = children[scope]
        found: dict[str, list[str]] = {}
        if len(inner[scope]) >= CROWD // 2:
            found = _blocks(scope, inner[scope])
        heavy = [(shown[node], int(op[node])) for node in nodes[scope] if not light[node]]
        found.update(_series(scope, heavy))
        left = size - sum(len(group) - 1 for group in found.values())
        if left > CROWD:
            # Constants are icons beside what reads them, until there are too many.
            small = [(shown[node], int(op[node])) for node in nodes[scope] if light[node]]
            for prefix, group in _series(scope, small).items():
                if left > CROWD and len(group) >= GAPPED and prefix not in found:
                    found[prefix] = group
                    left -= len(group) - 1
        for prefix, group in found.items():
            name = prefix + "_*"
            if name not in taken and len(group) < size:
                result.update((member, name) for member in group)
                if group[0] in scopes:
                    _divide(prefix, group, taken, result)
        if left > CROWD:
            made = {result[each] for group in found.values() for each in group if each in result}
            _collect(scope, sorted(made), size, taken, result)
    return result


def _divide(prefix: str, members: list[str], taken: set[str], result: dict[str, str]) -> None:
    """Put the members of a group that is crowded itself into groups with a longer prefix."""
    if len(members) <= CROWD:
        return
    for inner, group in _blocks(prefix, members, "_").items():
        name = inner + "_*"
        if name not in taken and len(group) < len(members):
            result.update((member, name) for member in group)
            result[name] = prefix + "_*"
            _divide(inner, group, taken, result)


def _collect(
    scope: str, groups: list[str], size: int, taken: set[str], result: dict[str, str]
) -> None:
    """Put groups `block_1_*`, `block_2_*`, ... that are too many into one, `block_*`."""
    stems: dict[str, list[str]] = defaultdict(list)
    for group in groups:
        stem, number = numbering(_below(group, scope).removesuffix("_*"))
        if stem and number is not None:
            stems[name_of(scope, stem) + "_*"].append(group)
    for name, members in stems.items():
        if len(members) >= GAPPED and name not in taken and name not in groups:
            result.update((member, name) for member in members)


def _series(scope: str, members: list[tuple[str, int]]) -> dict[str, list[str]]:
    """Nodes of one op by what their names have before a last number, the longest series first.

    The bare name counts as number 0. Five numbers in a row make a series, or eight with gaps.
    """
    cut = len(scope) + 1 if scope else 0
    numbered: dict[tuple[str, int], dict[int, str]] = defaultdict(dict)
    bare: dict[tuple[str, int], str] = {}
    for name, op in sorted(members):
        stem, number = numbering(name[cut:])
        if stem and number is not None:
            numbered[stem, op].setdefault(number, name)
        bare[name[cut:], op] = name
    longest: dict[str, list[str]] = {}
    used: set[str] = set()
    for key, found in sorted(numbered.items(), key=lambda item: (-len(item[1]), item[0])):
        if key in bare and bare[key] not in used:
            found.setdefault(0, bare[key])
        numbers = sorted(number for number, name in found.items() if name not in used)
        if len(numbers) < GAPPED:
            numbers = longest_run(numbers)
        prefix = name_of(scope, key[0])
        if len(numbers) >= SERIES and prefix not in longest:
            longest[prefix] = [found[number] for number in numbers]
            used.update(longest[prefix])
    return longest


def longest_run(numbers: list[int]) -> list[int]:
    """The longest stretch of consecutive numbers in a sorted list, the first of equals."""
    best: list[int] = []
    run: list[int] = []
    for number in numbers:
        run = [*run, number] if run and number == run[-1] + 1 else [number]
        if len(run) > len(best):
            best = run
    return best


def numbering(leaf: str) -> tuple[str, int | None]:
    """What a name has before its last number, and that number: `conv2d_11` is `conv2d` and 11."""
    found = _NUMBER.search(leaf)
    return (leaf[: found.start()], int(found.group(1))) if found else (leaf, None)


def numberings(leaf: str) -> list[tuple[str, int, str]]:
    """Each number in a name between what stands before and after it.

    The one at the end comes without the `_` before it: `conv2d_11` gives (conv2d, 11, "") and
    (conv, 2, d_11).
    """
    found = [
        (leaf[: match.start()], int(match[0]), leaf[match.end() :])
        for match in _NUMBERS.finditer(leaf)
        if match.end() < len(leaf)
    ]
    stem, number = numbering(leaf)
    return found if number is None else [(stem, number, ""), *found]


def name_of(scope: str, leaf: str) -> str:
    """Full name of a child of a scope, "" being the root."""
    return f"{scope}/{leaf}" if scope else leaf


_NUMBER = re.compile(r"_?(\d{1,9})$")
_NUMBERS = re.compile(r"(?<!\d)\d{1,9}(?!\d)")
_STEM = re.compile(r"^(.*?(?:^|_)[A-Za-z]+_?\d+)(?=_|$)")


def _blocks(scope: str, members: list[str], joint: str = "/") -> dict[str, list[str]]:
    """Members by what their names have after `scope` and a joint, at least three each.

    A prefix ends in a number (`block_1`, `conv4_block2`) or is the first two words.
    """
    cut = len(scope) + len(joint) if scope else 0
    numbered: dict[str, list[str]] = defaultdict(list)
    worded: dict[str, list[str]] = defaultdict(list)
    rest: list[str] = []
    for name in sorted(members):
        leaf = name[cut:]
        stem = _STEM.match(leaf)
        if stem and stem.end() < len(leaf):
            numbered[name[:cut] + stem.group(1)].append(name)
        else:
            rest.append(name)
    for prefix in [key for key, group in numbered.items() if len(group) < 3]:
        rest += numbered.pop(prefix)
    for name in sorted(rest):
        words = name[cut:].split("_")
        if len(words) > 2 and not any(word.isdecimal() for word in words[:2]):
            worded[name[:cut] + "_".join(words[:2])].append(name)
    return {**numbered, **{key: group for key, group in worded.items() if len(group) >= 3}}


def _number(
    scopes: set[str], groups: dict[str, str], home: list[str], shown: list[str]
) -> Placement:
    key_of: dict[str, str] = {"": ""}
    parent_of: dict[str, str] = {}

    def key(name: str) -> str:
        """Sort key whose order is preorder: segments joined by a character below all others."""
        known = key_of.get(name)
        if known is None:
            above = parent_name(name)
            parent_of[name] = groups.get(name, above)
            known = key(parent_of[name]) + _below(name, above) + "\0"
            key_of[name] = known
        return known

    for scope in scopes:
        key(scope)
    for group in groups.values():
        key(group)
    made = set(groups.values())
    ordered = sorted(key_of, key=key_of.__getitem__)
    number = {name: position for position, name in enumerate(ordered)}
    return Placement(
        scopes=ordered,
        keys=[key_of[name] for name in ordered],
        parent=[number[parent_of[name]] if name else 0 for name in ordered],
        grouped=[name in made for name in ordered],
        own=[number[groups.get(name, scope)] for name, scope in zip(shown, home, strict=True)]
        if groups
        else [number[scope] for scope in home],
        shown=shown,
    )
