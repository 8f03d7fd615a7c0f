"""From "these two agree" to groups of answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence
    from fractions import Fraction

    from langchain_openrouter.agreement.values import Value

__all__ = ["by_distance", "by_key", "by_likeness", "by_relation", "by_value", "in_order"]

_Item = TypeVar("_Item")


def in_order(groups: Iterable[Sequence[int]]) -> list[list[int]]:
    """Put groups in order: the largest first, then the one with the earliest member.

    Args:
        groups: Each answer's index in one of them.
    """
    return sorted((sorted(group) for group in groups if group), key=lambda group: (-len(group), group[0]))


def by_key(keys: Sequence[Hashable | None]) -> list[list[int]]:
    """Group what has the same key; what has none stands alone.

    Args:
        keys: One for each answer.

    Example:
        >>> by_key(["a", None, "b", "b", None])
        [[2, 3], [0], [1], [4]]
    """
    groups: dict[Hashable, list[int]] = {}
    for index, key in enumerate(keys):
        groups.setdefault((None, index) if key is None else (key,), []).append(index)
    return in_order(groups.values())


def by_value(values: Sequence[Value | None]) -> list[list[int]]:
    """Group what has the same value. A unit counts where several are told: then 5 km is neither 5 miles nor just 5.

    Args:
        values: One for each answer.
    """
    units: dict[str, set[str]] = {}
    for value in values:
        if value and value.unit:
            units.setdefault(value.text, set()).add(value.unit)
    several = {text for text, told in units.items() if len(told) > 1}
    return by_key([value and (value.text, value.unit if value.text in several else None) for value in values])


def by_relation(items: Sequence[_Item | None], agree: Callable[[_Item, _Item], bool]) -> list[list[int]]:
    """Group what agrees with every member of a group, so that a chain of small steps joins no strangers.

    Args:
        items: One for each answer; `None` stands alone.
        agree: Whether two agree. The earlier answer is the first argument.
    """
    groups: list[list[int]] = []
    for index, item in enumerate(items):
        if item is None:
            groups.append([index])
            continue
        fitting = (group for group in groups if all(_agrees(items[member], item, agree) for member in group))
        found = next(fitting, None)
        if found is None:
            groups.append([index])
        else:
            found.append(index)
    return in_order(groups)


def by_distance(
    numbers: Sequence[Fraction | None], kinds: Sequence[str | None], tolerance: Fraction
) -> list[list[int]]:
    """Group numbers of which no two are farther apart than a tolerance, from the smallest on.

    Args:
        numbers: One for each answer; `None` stands alone.
        kinds: What they count. Where several kinds are told, only numbers of one kind agree.
        tolerance: The distance that is allowed.
    """
    several = len({kind for kind in kinds if kind}) > 1
    known = sorted(
        (kinds[i] or "" if several else "", number, i) for i, number in enumerate(numbers) if number is not None
    )
    groups: list[list[int]] = [[index] for index, number in enumerate(numbers) if number is None]
    first: tuple[str, Fraction] | None = None
    for kind, number, index in known:
        if first is None or first[0] != kind or number - first[1] > tolerance:
            groups.append([])
            first = (kind, number)
        groups[-1].append(index)
    return in_order(groups)


def by_likeness(likeness: Sequence[Sequence[float]], threshold: float) -> list[list[int]]:
    """Group by likeness, the most alike first; in a group, every two are as alike as the threshold asks.

    Args:
        likeness: Of each two answers; the diagonal does not count.
        threshold: The least that two members of a group have.
    """
    groups = [[index] for index in range(len(likeness))]
    while (best := _closest(groups, likeness)) is not None and best[0] >= threshold:
        _, left, right = best
        groups[left] += groups.pop(right)
    return in_order(groups)


def _agrees(left: _Item | None, right: _Item, agree: Callable[[_Item, _Item], bool]) -> bool:
    return left is not None and bool(agree(left, right))


def _closest(groups: Sequence[Sequence[int]], likeness: Sequence[Sequence[float]]) -> tuple[float, int, int] | None:
    """Find the two groups whose least like members are most alike."""
    pairs = [
        (min(likeness[one][other] for one in groups[left] for other in groups[right]), -left, -right)
        for left in range(len(groups))
        for right in range(left + 1, len(groups))
    ]
    if not pairs:
        return None
    least, left, right = max(pairs)
    return least, -left, -right
