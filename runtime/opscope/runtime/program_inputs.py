"""What a program is generated from."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from opscope.runtime.devices import Device
from opscope.runtime.feed import Feed
from opscope.runtime.fetch import Fetches
from opscope.runtime.flow_schedule import Item
from opscope.runtime.folding import Known
from opscope.runtime.operation import Operation
from opscope.runtime.plan import PLAIN, Instrument
from opscope.runtime.variable_slot import VariableSlot


@dataclass(frozen=True)
class Inputs:
    """What a program is generated from; ops in `order` that are not in `live` have no use.

    checked_slots: the program tests what is watched and records nothing but these variables.
    """

    order: Sequence[Operation]
    live: Collection[Operation]
    placement: Mapping[Operation, Device]
    feeds: Sequence[Feed]
    fetches: Fetches
    known: Known
    slot: Callable[[Operation], VariableSlot]
    session_state: dict[Any, Any]
    instrument: Instrument = PLAIN
    items: Sequence[Item] | None = None  # the blocks of `order`, where there is control flow
    checked_slots: Sequence[VariableSlot] | None = None
