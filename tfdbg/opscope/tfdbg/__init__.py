"""The graph debugger: dumps, commands, screens, session wrappers."""
