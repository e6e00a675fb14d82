"""Graphs of Switch, Merge, Enter and Exit that no `cond` and no `while_loop` makes.

Each is made for the module given: opscope's runtime, or TensorFlow's version 1 interface with its
`raw_ops` beside it. It returns what is fetched; `FEEDS` says with which values of p, q and x.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

FEEDS = [(p, q, x) for p in (False, True) for q in (False, True) for x in (1.5, -2.0)]


class Makers:
    """The raw ops, under the names and arguments that both modules can give."""

    def __init__(self, tf: Any, make: Callable[..., Any]) -> None:
        self.tf = tf
        self.make = make

    def switch(self, data: Any, pred: Any) -> Any:
        return self.make("Switch", data=data, pred=pred)

    def merge(self, inputs: Any) -> Any:
        return self.make("Merge", inputs=inputs)

    def enter(self, data: Any, frame: str, constant: bool = False) -> Any:
        return self.make("Enter", data=data, frame_name=frame, is_constant=constant)

    def exit(self, data: Any) -> Any:
        return self.make("Exit", data=data)

    def loop(self, starts: list[Any], frame: str, build: Callable[..., Any]) -> Any:
        """A loop of `build(variables) -> (goes on, function of the Switch outputs)`."""
        tf = self.tf
        entered = [self.enter(s, frame) for s in starts]
        merged = [self.merge([e, e])[0] for e in entered]
        test, body = build(merged)
        cond = self.make("LoopCond", input=test)
        switched = [self.switch(m, cond) for m in merged]
        with tf.control_dependencies(None):
            following = body([s[1] for s in switched], [s[0] for s in switched])
            backs = [self.make("NextIteration", data=f) for f in following]
        for merge, back in zip(merged, backs, strict=True):
            close(merge, back)
        return [self.exit(s[0]) for s in switched]


def close(merge: Any, back: Any) -> None:
    """Make `back` the second input of a Merge."""
    op = merge.op
    if hasattr(op, "_update_input"):
        op._update_input(1, back)
    else:
        from opscope.runtime.while_context import close_loop

        close_loop(merge, back)


def placeholders(tf: Any) -> tuple[Any, Any, Any]:
    return (
        tf.placeholder(tf.bool, [], name="p"),
        tf.placeholder(tf.bool, [], name="q"),
        tf.placeholder(tf.float32, [], name="x"),
    )


def branches_of_two_predicates(make: Makers) -> list[Any]:
    """A Merge of a branch of p and one of q: the live one, where there is exactly one."""
    p, q, x = placeholders(make.tf)
    on_p = make.switch(x, p)[1] * 2.0
    off_p_on_q = make.switch(make.switch(x, p)[0], q)[1] * 3.0
    off_both = make.switch(make.switch(x, p)[0], q)[0] - 1.0
    merged, index = make.merge([on_p, off_p_on_q, off_both])
    return [merged, index]


def a_ladder_with_shared_rungs(make: Makers) -> list[Any]:
    """Both outputs of a Switch on q read values that a Switch on p lets through."""
    p, q, x = placeholders(make.tf)
    off, on = make.switch(x, p)
    first, which = make.merge([off + 1.0, on * on])
    low, high = make.switch(first, q)
    second, other = make.merge([low * 0.5, high + first])
    return [second, make.tf.cast(which, make.tf.float32) + make.tf.cast(other, make.tf.float32)]


def dead_inputs_kill(make: Makers) -> list[Any]:
    """An op with inputs from both sides never runs; a Merge takes what is left."""
    p, _, x = placeholders(make.tf)
    off, on = make.switch(x, p)
    never = off + on
    merged, index = make.merge([never, off - 5.0, on + 5.0])
    return [merged, index]


def control_edges_carry_death(make: Makers) -> list[Any]:
    """An op that waits for a dead one is dead."""
    p, _, x = placeholders(make.tf)
    off, on = make.switch(x, p)
    with make.tf.control_dependencies([make.tf.identity(on)]):
        late = make.tf.constant(7.0)
    with make.tf.control_dependencies([make.tf.identity(off)]):
        early = make.tf.constant(8.0)
    merged, _ = make.merge([late, early])
    return [merged * x]


def two_loops_in_one_frame(make: Makers) -> list[Any]:
    """Two conditions in a frame, of five and of three rounds, as in a graph imported twice.

    TensorFlow refuses this.
    """
    _, _, x = placeholders(make.tf)
    tf = make.tf

    def counting(limit: float, step: float) -> Any:
        def build(variables: Any) -> Any:
            (n,) = variables
            with tf.control_dependencies([n]):
                bound, by = tf.constant(limit), tf.constant(step)
            return n < bound, lambda alive, done: [alive[0] + by]

        return build

    start = tf.abs(x) * 0.0
    first = make.loop([start], "shared", counting(5.0, 1.0))
    second = make.loop([start], "shared", counting(3.0, 2.0))
    return [first[0] * x, second[0] + x]


def a_value_after_the_last_round(make: Makers) -> list[Any]:
    """An op inside a loop on the output that is alive after the last round."""
    _, _, x = placeholders(make.tf)
    tf = make.tf
    entered = make.enter(tf.abs(x), "after")
    merged = make.merge([entered, entered])[0]
    with tf.control_dependencies([merged]):
        bound = tf.constant(20.0)
    cond = make.make("LoopCond", input=merged < bound)
    done, alive = make.switch(merged, cond)
    back = make.make("NextIteration", data=alive * alive + alive)
    close(merged, back)
    return [make.exit(done * done - done)]


def a_loop_that_may_be_dead(make: Makers) -> list[Any]:
    """A loop on one side of a Switch; its dead Exit lets the other side through a Merge."""
    p, _, x = placeholders(make.tf)
    tf = make.tf
    off, on = make.switch(x, p)

    def build(variables: Any) -> Any:
        (n,) = variables
        with tf.control_dependencies([n]):
            bound, two = tf.constant(9.0), tf.constant(2.0)
        return tf.abs(n) < bound, lambda alive, done: [alive[0] * two]

    (left,) = make.loop([on], "maybe", build)
    merged, index = make.merge([off - 1.0, left])
    return [merged, index]


def assigned(make: Makers, value: Any) -> Any:
    """The reference to a new variable that holds `value`."""
    variable = make.make("VariableV2", shape=[], dtype=make.tf.float32)
    return make.make("Assign", ref=variable, value=value)


def a_reference_round_a_loop(make: Makers) -> list[Any]:
    """A variable that every round doubles through the reference that the loop carries."""
    _, _, x = placeholders(make.tf)
    tf = make.tf
    start = assigned(make, tf.abs(x))
    entered = make.make("RefEnter", data=start, frame_name="references")
    merged, index = make.make("RefMerge", inputs=[entered, entered])
    with tf.control_dependencies([merged]):
        bound = tf.constant(9.0)
    cond = make.make("LoopCond", input=merged < bound)
    done, alive = make.make("RefSwitch", data=merged, pred=cond)
    with tf.control_dependencies(None):
        value = alive + tf.cast(index, tf.float32)
        grown = make.make("AssignAdd", ref=alive, value=value)
        back = make.make("RefNextIteration", data=grown)
    close(merged, back)
    left = make.make("RefExit", data=done)
    with tf.control_dependencies([left]):
        again = make.make("AssignSub", ref=left, value=1.0)
    with tf.control_dependencies([again]):
        return [again * 1.0, make.make("Identity", input=left)]


def a_reference_from_a_branch(make: Makers) -> list[Any]:
    """A variable that one branch adds to and the other takes from."""
    p, _, x = placeholders(make.tf)
    off, on = make.make("RefSwitch", data=assigned(make, x), pred=p)
    less = make.make("AssignSub", ref=off, value=3.0)
    more = make.make("AssignAdd", ref=on, value=2.0)
    merged, index = make.make("RefMerge", inputs=[less, more])
    return [merged * 1.0, index]


def one_of_two_references(make: Makers) -> list[Any]:
    """A reference to one variable or to another: no name in generated code."""
    p, _, x = placeholders(make.tf)
    off, _ = make.make("RefSwitch", data=assigned(make, x), pred=p)
    _, on = make.make("RefSwitch", data=assigned(make, x * 2.0), pred=p)
    merged, index = make.make("RefMerge", inputs=[off, on])
    return [make.make("AssignAdd", ref=merged, value=10.0) * 1.0, index]


def references_that_change_places(make: Makers) -> list[Any]:
    """Two variables whose references change places in each of three rounds."""
    _, _, x = placeholders(make.tf)
    tf = make.tf
    starts = [assigned(make, x), assigned(make, x * 10.0)]
    entered = [make.make("RefEnter", data=s, frame_name="places") for s in starts]
    merged = [make.make("RefMerge", inputs=[e, e])[0] for e in entered]
    zero = make.enter(x * 0.0, "places")
    count = make.merge([zero, zero])[0]
    with tf.control_dependencies([count]):
        bound = tf.constant(3.0)
    cond = make.make("LoopCond", input=count < bound)
    (done, alive), (other, waiting) = (make.make("RefSwitch", data=m, pred=cond) for m in merged)
    _, counted = make.switch(count, cond)
    with tf.control_dependencies([counted]):
        one = tf.constant(1.0)
    with tf.control_dependencies(None):
        grown = make.make("AssignAdd", ref=alive, value=one)
        backs = [make.make("RefNextIteration", data=d) for d in (waiting, grown)]
        again = make.make("NextIteration", data=counted + one)
    for merge, back in zip([*merged, count], [*backs, again], strict=True):
        close(merge, back)
    return [make.make("RefExit", data=d) * 1.0 for d in (done, other)]


GRAPHS = [
    branches_of_two_predicates,
    a_ladder_with_shared_rungs,
    dead_inputs_kill,
    control_edges_carry_death,
    two_loops_in_one_frame,
    a_value_after_the_last_round,
    a_loop_that_may_be_dead,
    a_reference_round_a_loop,
    a_reference_from_a_branch,
    one_of_two_references,
    references_that_change_places,
]
