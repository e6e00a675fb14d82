"""Small real data sets that ship with the runtime, each with its source and licence beside it."""
