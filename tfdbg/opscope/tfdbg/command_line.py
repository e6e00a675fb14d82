"""A typed command line as words and a place to write the output."""

from __future__ import annotations

from dataclasses import dataclass

from opscope.tfdbg.interval import IntervalError, parse_interval


class CommandLineError(ValueError):
    """The line cannot be read: an open quote or bracket, or a redirection without a path."""


@dataclass(frozen=True)
class Redirect:
    """Where `> path` or `>> path` sends a copy of the output."""

    path: str
    append: bool


@dataclass(frozen=True)
class CommandLine:
    """The words of a line, quotes removed, and its redirection."""

    words: tuple[str, ...]
    redirect: Redirect | None = None


@dataclass(frozen=True)
class _Word:
    text: str
    quoted: bool  # quoted text never redirects: eval "`y:0` > 3"


def parse_command_line(text: str) -> CommandLine:
    """The words and the redirection of a typed line.

    Words end at whitespace outside of `[...]`, `"..."` and `'...'`; in an eval also of `(...)`.
    A word that begins and ends with the same quote loses both. `> path`, `>path` and `cmd>path`
    write the output to a file, `>>` appends. `-e >100ms` is an argument, not a redirection.
    Raises CommandLineError.
    """
    return _split_redirect(_split_words(text))


def as_typed(text: str) -> str:
    """A word as it is typed: in quotes where it would be split or taken for a redirection."""
    if not any(char in text for char in " \t'\">"):
        return text
    return f"'{text}'" if '"' in text else f'"{text}"'


def _split_words(text: str) -> list[_Word]:
    # Spaces and > are part of an expression: eval np.sum(`x:0` > 3, axis=0)
    opening, closing = ("[(", "])") if text.split()[:1] in (["eval"], ["ev"]) else ("[", "]")
    words: list[_Word] = []
    start: int | None = None
    quote = ""
    depth = 0
    for at, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in closing and depth:
            depth -= 1
        elif char.isspace() and not depth:
            if start is not None:
                words.append(_word(text[start:at]))
            start = None
            continue
        elif char in "\"'":
            quote = char
        elif char in opening:
            depth += 1
        if start is None:
            start = at
    if quote or depth:
        missing = quote or " or ".join(closing)
        raise CommandLineError(f"No closing {missing} in: {text.strip()}")
    if start is not None:
        words.append(_word(text[start:]))
    return words


def _word(text: str) -> _Word:
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'":
        return _Word(text[1:-1], quoted=True)
    return _Word(text, quoted=False)


def _split_redirect(words: list[_Word]) -> CommandLine:
    texts = tuple(word.text for word in words)
    if not words:
        return CommandLine(())
    last = words[-1]
    previous = words[-2] if len(words) > 1 else None
    if not last.quoted:
        if last.text.endswith(">"):
            raise CommandLineError("Redirect file path is empty")
        head, arrow, path = _at_arrow(last.text)
        if arrow and not (not head and previous and _is_interval_flag(previous, last.text)):
            kept = texts[:-1] + ((head,) if head else ())
            return CommandLine(kept, Redirect(path, arrow == ">>"))
    if previous is not None and not previous.quoted and previous.text.endswith(">"):
        append = previous.text.endswith(">>")
        head = previous.text.removesuffix(">>" if append else ">")
        kept = texts[:-2] + ((head,) if head else ())
        return CommandLine(kept, Redirect(last.text, append))
    return CommandLine(texts)


def _at_arrow(text: str) -> tuple[str, str, str]:
    """The text around its last `>` or `>>`; no arrow inside brackets, or in `>=` and `=>`."""
    at = _last_arrow(text)
    if at < 0 or text[at + 1 : at + 2] == "=":
        return text, "", ""
    head, path = text[:at], text[at + 1 :]
    if head.endswith("="):
        return text, "", ""
    if head.endswith(">"):
        return head[:-1], ">>", path
    return head, ">", path


def _last_arrow(text: str) -> int:
    """Where the last `>` outside of brackets and quotes is; -1 where there is none."""
    found, depth, quote = -1, 0, ""
    for at, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char in "[(":
            depth += 1
        elif char in ")]":
            depth = max(depth - 1, 0)
        elif char == ">" and not depth:
            found = at
    return found


def _is_interval_flag(previous: _Word, text: str) -> bool:
    if not previous.text.startswith("-"):
        return False
    try:
        parse_interval(text)
    except IntervalError:
        return False
    return True
