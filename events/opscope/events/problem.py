"""What was found damaged in a file, where, and what became of it."""

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Problem:
    """One fault of one file: its path, the byte offset where it begins, and what it means."""

    file: str
    offset: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}: byte {self.offset}: {self.message}"
