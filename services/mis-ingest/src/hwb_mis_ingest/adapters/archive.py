"""Opens a zip that a stranger may have made: nothing is unpacked that was not found harmless."""

import codecs
import csv
import io
import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import IO, TYPE_CHECKING, TypeAlias

from hwb_mis_ingest.adapters.limits import LOOK_AT_THE_CLOCK_EVERY, Deadline, Limits
from hwb_mis_ingest.errors import (
    compressed_too_much,
    malformed,
    missing_file,
    not_utf8,
    path_in_zip,
    too_large,
    truncated,
    zip_not_readable,
)

if TYPE_CHECKING:
    import _csv  # csv names its reader's type only here

ZIP_BEGINS = b"PK\x03\x04"
MOST_MEMBERS = 100
RATIO_MATTERS_ABOVE_BYTES = 100_000
_PROBE_BYTES = 1 << 16
WHOLE_BYTES = 1 << 18
"""A file of at most so many bytes is read whole, once; a larger one streams and is read twice."""

_UTF16_BEGINS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

CsvRow: TypeAlias = tuple[int, list[str] | None, list[str]]
"""The line on which a row begins and its cells; of another width, None and then its cells.

A plain tuple, since one is made for every row of the nation.
"""

_NOT_BROKEN: list[str] = []


class CsvFile:
    """One CSV file of the zip. ``header`` is stripped and in small letters."""

    def __init__(self, archive: "Archive", name: str) -> None:
        self.name = archive.actual_name(name)
        self._archive = archive
        self._whole = archive.text_if_small(name)
        self._encoding = archive.encoding(name) if self._whole is None else ""
        with self._reader() as reader:
            try:
                self.header = [cell.strip().lower() for cell in next(reader, [])]
            except csv.Error as error:
                raise malformed(self.name, reader.line_num, str(error)) from error

    def rows(self) -> Iterator[CsvRow]:
        """The rows after the header; blank lines are passed over. Raises UploadRefusedError."""
        width = len(self.header)
        with self._reader() as reader:
            try:
                next(reader, None)
                line = reader.line_num + 1
                while some := [
                    (cells, reader.line_num) for cells in islice(reader, LOOK_AT_THE_CLOCK_EVERY)
                ]:
                    self._archive.deadline.check()
                    for cells, last_line in some:
                        if last_line > line:
                            cells = [_on_one_line(cell) for cell in cells]  # noqa: PLW2901
                        if len(cells) == width:
                            yield line, cells, _NOT_BROKEN
                        elif cells:
                            yield line, None, cells
                        line = last_line + 1
            except csv.Error as error:
                raise malformed(self.name, reader.line_num, str(error)) from error

    def count(self) -> tuple[int, int]:
        """How many rows have the header's width, and how many another.

        Raises UploadRefusedError where the file cannot be read to its end.
        """
        widths: Counter[int] = Counter()
        with self._reader() as reader:
            try:
                next(reader, None)
                while some := Counter(map(len, islice(reader, LOOK_AT_THE_CLOCK_EVERY))):
                    self._archive.deadline.check()
                    widths.update(some)
            except csv.Error as error:
                raise malformed(self.name, reader.line_num, str(error)) from error
        del widths[0]  # blank lines
        whole = widths[len(self.header)]
        return whole, widths.total() - whole

    @contextmanager
    def _reader(self) -> Iterator["_csv.Reader"]:
        if self._whole is not None:
            yield csv.reader(io.StringIO(self._whole, newline=""), strict=True)
            return
        with (
            self._archive.binary(self.name) as raw,
            io.TextIOWrapper(raw, encoding=self._encoding, newline="") as text,
        ):
            yield csv.reader(text, strict=True)


class Archive:
    """The files at the top level of a zip, by name without regard to case."""

    def __init__(self, archive: zipfile.ZipFile, names: dict[str, str], deadline: Deadline) -> None:
        self._archive = archive
        self._names = names
        self._encodings: dict[str, str] = {}
        self.deadline = deadline

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._names

    def names(self) -> list[str]:
        """The names at the top level as they are written there."""
        return sorted(self._names.values())

    def actual_name(self, name: str) -> str:
        """The name as it is written in the zip. Raises UploadRefusedError."""
        actual = self._names.get(name.lower())
        if actual is None:
            raise missing_file(name)
        return actual

    def csv(self, name: str) -> CsvFile:
        """A file of the zip as CSV. Raises UploadRefusedError."""
        return CsvFile(self, name)

    def read(self, name: str) -> bytes:
        """A small file whole."""
        with self.binary(self.actual_name(name)) as raw:
            return raw.read()

    def text_if_small(self, name: str) -> str | None:
        """A small file whole, None for a larger one. Raises UploadRefusedError."""
        actual = self.actual_name(name)
        if self._archive.getinfo(actual).file_size > WHOLE_BYTES:
            return None
        with self.binary(actual) as raw:
            content = raw.read()
            if content.startswith(_UTF16_BEGINS):
                raise not_utf8(actual)
            try:
                return content.decode("utf-8-sig")
            except UnicodeDecodeError:
                return content.decode("cp1252")

    @contextmanager
    def binary(self, name: str) -> Iterator[IO[bytes]]:
        """The bytes of a file. Raises UploadRefusedError where they cannot be read to the end."""
        try:
            with self._archive.open(name) as raw:
                yield raw
        except UnicodeDecodeError as error:
            raise not_utf8(name) from error
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
            raise truncated(f"{name} in the zip is damaged.") from error

    def encoding(self, name: str) -> str:
        """UTF-8, or Windows-1252 for a file that is not; found by reading the file to its end."""
        actual = self.actual_name(name)
        if actual not in self._encodings:
            self._encodings[actual] = self._find_encoding(actual)
        return self._encodings[actual]

    def _find_encoding(self, name: str) -> str:
        decoder = codecs.getincrementaldecoder("utf-8")()
        with self.binary(name) as raw:
            part = raw.read(_PROBE_BYTES)
            if part.startswith(_UTF16_BEGINS):
                raise not_utf8(name)
            try:
                while part:
                    decoder.decode(part)
                    part = raw.read(_PROBE_BYTES)
                decoder.decode(b"", final=True)
            except UnicodeDecodeError:
                return "cp1252"
        return "utf-8-sig"


def open_archive(data: bytes, limits: Limits) -> Archive:
    """The zip in these bytes. Raises UploadRefusedError."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        members = archive.infolist()
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError) as error:
        raise truncated("The zip has no end or a damaged directory.") from error
    except NotImplementedError as error:
        raise zip_not_readable("The zip") from error
    if len(members) > MOST_MEMBERS:
        raise too_large(f"The zip has {len(members)} files; at most {MOST_MEMBERS} are taken.")
    unpacked = sum(member.file_size for member in members)
    if unpacked > limits.unpacked_bytes:
        raise too_large(
            f"It unpacks to {unpacked} bytes; at most {limits.unpacked_bytes} are taken."
        )
    if unpacked > RATIO_MATTERS_ABOVE_BYTES and unpacked > limits.ratio * len(data):
        raise compressed_too_much(limits.ratio)
    names: dict[str, str] = {}
    for member in members:
        _check_member(member)
        name = member.filename.lower()
        if "/" not in name:
            if name in names:
                raise missing_file(member.filename)
            names[name] = member.filename
    return Archive(archive, names, limits.deadline())


def _check_member(member: zipfile.ZipInfo) -> None:
    name = member.filename
    is_link = stat.S_ISLNK(member.external_attr >> 16)
    if is_link or name.startswith("/") or "\\" in name or ":" in name or ".." in name.split("/"):
        raise path_in_zip(name)
    usual = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
    if member.flag_bits & 1 or member.compress_type not in usual:
        raise zip_not_readable(name)


def _on_one_line(cell: str) -> str:
    """A line break within a quoted cell is how a spreadsheet wraps it: it stands for a space."""
    return cell.replace("\r\n", " ").replace("\r", " ").replace("\n", " ")
