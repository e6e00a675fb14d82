"""Which session runs are watched and where the prompt comes: the state between runs."""

from __future__ import annotations

from opscope.tfdbg.action import EXIT, Detach, RunRequest


class RunControl:
    """What the user's last `run` command says about the coming runs.

    A prompt comes before a run only where no command is pending: at the first run, and after
    one that `run -n` let pass. Otherwise the command given at the end of a run decides. `standing`
    is the request that holds whenever the debugger is attached, so that no run is announced.
    """

    def __init__(self, standing: RunRequest | None = None) -> None:
        self.standing = standing
        self._pending = standing
        self._left = 0 if standing is None else standing.times
        self.detached = False
        self.attach_at: int | None = None
        self.exiting = False

    def detach_until(self, step: int | None) -> None:
        """Let runs pass, up to a step, at which whoever counts steps calls `attach`."""
        self.detached, self.attach_at = True, step

    def attach(self) -> None:
        """Watch again, as the standing request says, or ask how before the next run."""
        self.detached, self.attach_at = False, None
        self._pending = self.standing
        self._left = 1 if self.standing is None else self.standing.times

    @property
    def needs_prompt(self) -> bool:
        """True where the coming run is to be announced."""
        return self._pending is None and not self.detached and not self.exiting

    def take(self, action: object) -> None:
        """Follow what the user chose; raises TypeError for what is no action."""
        if isinstance(action, RunRequest):
            self._pending = action
            self._left = action.times
        elif isinstance(action, Detach):
            self.detach_until(action.until_step)
        elif action is EXIT:
            self.exiting = True
        else:
            raise TypeError(f"an action is a RunRequest, EXIT or DETACH, got {action!r}")

    def next_run(self) -> RunRequest | None:
        """Count one run; the request where it is to be watched, None where it is not.

        `-t N` lets N - 1 runs pass and watches the one after. With `-f` every run is watched, at
        most N where N is given.
        """
        request = self._pending
        if request is None or self.detached:
            return None
        self._left -= 1
        if request.till_filter_pass is None and self._left > 0:
            return None
        if request.no_debug:
            self._pending = None
            return None
        return request

    def stops(self, passed: bool) -> bool:
        """After a watched run: True where the prompt comes now; the request is then done with.

        `passed` says whether a tensor passed the filter, or the run failed.
        """
        request = self._pending
        if request is None:
            return True
        limited = request.times > 1 and self._left <= 0
        if request.till_filter_pass is not None and not passed and not limited:
            return False
        self._pending = None
        return True
