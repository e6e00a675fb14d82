"""The `opscope` command."""
