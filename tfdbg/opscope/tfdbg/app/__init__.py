"""The full-screen terminal app; the only part of tfdbg that draws with prompt_toolkit."""

from opscope.tfdbg.app.full_screen import build_app, run_app

__all__ = ["build_app", "run_app"]
