"""What every command is given: the dump, the filters, the run, and the width of the screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from opscope.tfdbg.debug_dump import DebugDump
from opscope.tfdbg.filters import TensorFilter, default_filters
from opscope.tfdbg.profile import Profile
from opscope.tfdbg.screen import Screen
from opscope.tfdbg.session_run import SessionRun
from opscope.tfdbg.settings import Settings
from opscope.tfdbg.stepper.stepping import Stepping
from opscope.tfdbg.stored_run import StoredRun


@dataclass(frozen=True)
class Analysis:
    """The context of a command; `dataclasses.replace` gives one for another width.

    `dump` is None before a run and after one that was not watched. `session` is None when a dump
    is analysed without the program that made it. `profile` is there after a profiled run. `intro`
    stands above the whole help: what the run-start screen says, or which op failed. `settings`
    are what `config` shows and sets; `history` are the commands typed so far, oldest first.
    `stepping` is there while a run is stepped through.
    `stored` is how the run is looked at again. `fitted` answers are for a window: tables are made
    to fit `columns`, where else they keep every name whole.
    """

    dump: DebugDump | None = None
    filters: Mapping[str, TensorFilter] = field(default_factory=default_filters)
    columns: int = 80
    session: SessionRun | None = None
    intro: Screen | None = None
    stored: StoredRun | None = None
    profile: Profile | None = None
    settings: Settings = field(default_factory=Settings)
    history: Sequence[str] = ()
    stepping: Stepping | None = None
    fitted: bool = False

    @property
    def watched(self) -> DebugDump:
        """The dump; raises LookupError where no run was watched."""
        if self.dump is None:
            raise LookupError("No run was watched: there are no tensors to show.")
        return self.dump

    @property
    def stepped(self) -> Stepping:
        """The stepped run; raises LookupError where none is."""
        if self.stepping is None:
            raise LookupError("No run is being stepped through.")
        return self.stepping

    @property
    def feeds(self) -> Mapping[str, object]:
        """The feeds by tensor name, of the session's run or as stored with the dump."""
        if self.session is not None:
            return self.session.feeds
        return self.dump.feeds if self.dump is not None else {}
