"""The op types, by subject; importing a module defines its ops."""
