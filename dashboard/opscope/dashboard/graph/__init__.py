"""The graph page without its page: hierarchy, layout, view, details; functions of columns."""
