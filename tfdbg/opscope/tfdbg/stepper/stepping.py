"""Where a user is in a stepped run: which node comes next, and how the nodes are listed."""

from __future__ import annotations

from typing import Any

from opscope.tfdbg.screen import Line, Span, line
from opscope.tfdbg.stepper.node_stepper import NodeStepper

LETTERS = (
    ("P", "label.placeholder", "Placeholder"),
    ("U", "label.unfeedable", "Unfeedable: no value can be injected"),
    ("H", "label.handle", "Already continued-to: the value is held"),
    ("I", "label.intermediate", "Intermediate: the value was computed on the way and is held"),
    ("O", "label.override", "Has an overriding (injected) value"),
    ("D", "label.dirty", "Dirty variable: written since the stepper began"),
)
"""The letter, style and meaning of each state of a node."""

WINDOW = 2


class Stepping:
    """A stepper, what its run is called, and how far the user has come."""

    def __init__(self, stepper: NodeStepper, description: str = "") -> None:
        self.stepper = stepper
        self.description = description
        self.nodes = stepper.sorted_nodes()
        self._places = {name: place for place, name in enumerate(self.nodes)}

    @property
    def next(self) -> int:
        """The place behind the last node continued to or overridden, placeholders passed over."""
        names = {name.rpartition(":")[0] for name in self.stepper.override_names()}
        names |= self.stepper.handle_node_names()
        place = max((self._places[name] for name in names), default=-1) + 1
        placeholders = set(self.stepper.placeholders())
        while place < len(self.nodes) and self.nodes[place] in placeholders:
            place += 1
        return place

    def tensor_names(self) -> list[str]:
        """What can be continued to, printed or injected."""
        return self.stepper.closure_elements()

    def one_tensor(self, name: str) -> str:
        """The tensor of that name, or the only one of the node; raises ValueError for several."""
        if name not in self._places:
            if name not in self.stepper.closure_elements():
                raise ValueError(
                    f"{name} is not in the transitive closure of this stepper instance."
                )
            return name
        slots = self.stepper.output_slots_in_closure(name)
        if len(slots) > 1:
            raise ValueError(
                f"Node {name} has more than one output tensor. Please use full tensor name."
            )
        if not slots:
            raise ValueError(f"Node {name} has no output that this run reads.")
        return f"{name}:{slots[0]}"

    def letters(self, node_name: str) -> str:
        """The letters of PUHIOD that hold for a node, each in its place, else a space."""
        stepper = self.stepper
        slots = stepper.output_slots_in_closure(node_name)
        tensors = {f"{node_name}:{slot}" for slot in slots}
        holds = {
            "P": node_name in stepper.placeholders(),
            "U": not all(map(stepper.is_feedable, tensors)),
            "H": bool(tensors & stepper.handle_names())
            or (not slots and node_name in stepper.handle_node_names()),
            "I": bool(tensors & stepper.intermediate_tensor_names()),
            "O": bool(tensors & stepper.override_names()),
            "D": bool(tensors & stepper.dirty_variables()),
        }
        return "".join(letter if holds[letter] else " " for letter, _, _ in LETTERS)

    def rows(self, low: int, high: int) -> tuple[list[Line], list[dict[str, Any]]]:
        """The rows of the nodes from place `low` up to `high`, and the same for programs."""
        following, total = self.next, len(self.nodes)
        styles = {letter: style for letter, style, _ in LETTERS}
        lines, records = [], []
        for place in range(max(low, 0), min(high, total)):
            name, letters = self.nodes[place], self.letters(self.nodes[place])
            number = f"({place + 1} / {total})".rjust(len(f"({total} / {total})"))
            held = letters[2] != " " or letters[3:5].strip()
            slots = self.stepper.output_slots_in_closure(name)
            command = f"pt {name}:{slots[0]}" if held and slots else f"cont {name}"
            pointer = Span("  -->", "bold") if place == following else Span("     ")
            lines.append(
                line(
                    pointer,
                    f"{number}  [",
                    *(Span(letter, styles.get(letter, "")) for letter in letters),
                    "] ",
                    Span(name, "bold" if place == following else "tensor", command),
                )
            )
            records.append(
                {
                    "node": name,
                    "place": place + 1,
                    "states": letters.replace(" ", ""),
                    "next": place == following,
                }
            )
        return lines, records

    def window(self, node_name: str) -> list[Line]:
        """The rows around a node."""
        place = self._places.get(node_name, 0)
        return self.rows(place - WINDOW, place + WINDOW + 1)[0]

    def legend(self) -> list[Line]:
        """What the letters mean."""
        rows = [line("  ", Span(letter, style), f" - {text}") for letter, style, text in LETTERS]
        return [line(), line("Legend:"), *rows]
