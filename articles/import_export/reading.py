"""From a file to records: the plain-text form of the sample documents, and JSON Lines."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from articles import seed_format

SIZE_LIMIT = 1_000_000  # bytes of a text file, and of a line of JSON
SUFFIXES = {".txt", ".jsonl", ".ndjson"}


class Item(NamedTuple):
    """One thing read from a source: a record, or the reason why there is none."""

    path: str
    line: int
    record: dict[str, Any] | None
    refusal: str = ""
    related: tuple[seed_format.Teaser, ...] = ()


def files(paths: list[str]) -> Iterator[Path]:
    """The files named, and those of a known form in the folders named, in order."""
    for path in map(Path, paths):
        if path.is_dir():
            yield from sorted(file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES and file.is_file())
        else:
            yield path


def read(path: Path) -> Iterator[Item]:
    """Every record of a file; what cannot be read comes as a refusal, never as an exception."""
    try:
        if path.suffix.lower() == ".txt":
            yield _read_text(path)
        elif path.suffix.lower() in SUFFIXES:
            yield from _read_lines(path)
        else:
            yield Item(printable(path), 1, None, f"不支持的文件类型“{printable(path.suffix)}”，请用 .txt 或 .jsonl")
    except OSError as error:
        yield Item(printable(path), 1, None, f"无法读取：{error.strerror or error}")


def printable(path: Path | str) -> str:
    """A file's name with what is not UTF-8 in it escaped; archives from older systems have such names."""
    return str(path).encode(errors="backslashreplace").decode()


def _read_text(path: Path) -> Item:
    with path.open("rb") as file:
        raw = file.read(SIZE_LIMIT + 1)
    if len(raw) > SIZE_LIMIT:
        return Item(printable(path), 1, None, "文件超过 1 MB")
    try:
        document = seed_format.parse(_decoded(raw))
    except seed_format.FormatError as error:
        return Item(printable(path), error.line, None, str(error))
    except UnicodeDecodeError as error:
        return Item(printable(path), raw.count(b"\n", 0, error.start) + 1, None, "不是 UTF-8 编码的文本文件")
    record = {"source_id": printable(path.stem), "title": document.title, "short_answer": document.short_answer, "body": document.body}
    return Item(printable(path), 1, record, related=tuple(document.related))


def _decoded(raw: bytes) -> str:
    if (position := raw.find(b"\0")) >= 0:
        raise UnicodeDecodeError("utf-8", raw, position, position + 1, "NUL")
    return raw.decode("utf-8-sig")


def _read_lines(path: Path) -> Iterator[Item]:
    with path.open("rb") as file:
        number = 0
        while raw := file.readline(SIZE_LIMIT + 1):
            number += 1
            if len(raw) > SIZE_LIMIT:
                while raw and not raw.endswith(b"\n"):
                    raw = file.readline(SIZE_LIMIT)
                yield Item(printable(path), number, None, "这一行超过 1 MB")
            elif raw.strip():
                yield _line(path, number, raw)


def _line(path: Path, number: int, raw: bytes) -> Item:
    try:
        record = json.loads(_decoded(raw))
    except UnicodeDecodeError:
        return Item(printable(path), number, None, "不是 UTF-8 编码的文本")
    except (ValueError, RecursionError) as error:
        return Item(printable(path), number, None, f"不是有效的 JSON：{error}")
    if not isinstance(record, dict):
        return Item(printable(path), number, None, "每行应是一个 JSON 对象")
    return Item(printable(path), number, record)
