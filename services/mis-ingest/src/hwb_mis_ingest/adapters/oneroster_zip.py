"""Reads a zip of CSV files in OneRoster 1.1 layout, row by row."""

import csv
import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from operator import itemgetter

from hwb_mis_ingest.adapters.limits import Limits
from hwb_mis_ingest.domain.rows import COLUMNS, Row, Table
from hwb_mis_ingest.errors import (
    UploadRefusedError,
    header_only,
    malformed,
    missing_columns,
    missing_file,
    not_a_snapshot,
    not_utf8,
    too_large,
    truncated,
)

ZIP_BEGINS = b"PK\x03\x04"
VERSION = "1.1"
MANIFEST = "manifest.csv"
NEED_ROWS = (Table.USERS, Table.CLASSES, Table.ENROLLMENTS, Table.ACADEMIC_SESSIONS)


class OneRosterZip:
    """The files of a zip. Made by ``open_zip``; reading streams, memory does not grow with it."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def label(self, table: Table) -> str:
        return f"{table}.csv"

    def rows(self, table: Table) -> Iterator[Row]:
        """The rows of a file. Raises UploadRefusedError where it cannot be read to its end."""
        with self._text(self.label(table)) as text:
            reader = csv.reader(text, strict=True)
            try:
                header = [name.strip().lower() for name in next(reader, [])]
                wanted = [name.lower() for name in COLUMNS[table]]
                _require_columns(self.label(table), header, wanted, COLUMNS[table])
                pick = itemgetter(*(header.index(name) for name in wanted))
                id_column = header.index(wanted[0])
                width = len(header)
                line = reader.line_num + 1
                for cells in reader:
                    if len(cells) == width:
                        yield Row(line, tuple(map(str.strip, pick(cells))))
                    elif cells:
                        local_id = cells[id_column].strip() if len(cells) > id_column else ""
                        yield Row(line, None, local_id)
                    line = reader.line_num + 1
            except csv.Error as error:
                raise malformed(self.label(table), reader.line_num, str(error)) from error

    def check(self, limits: Limits) -> None:
        """Read everything once: whatever refuses the file whole is found before it is taken."""
        self._check_manifest()
        rows = 0
        for table in Table:
            found = sum(1 for _ in self.rows(table))
            if not found and table in NEED_ROWS:
                raise header_only(self.label(table))
            rows += found
        if rows > limits.rows:
            raise too_large(f"It has {rows} rows; at most {limits.rows} are taken.")

    def _check_manifest(self) -> None:
        with self._text(MANIFEST) as text:
            reader = csv.reader(text, strict=True)
            try:
                properties = {row[0].strip(): row[1].strip() for row in reader if len(row) > 1}
            except csv.Error as error:
                raise malformed(MANIFEST, reader.line_num, str(error)) from error
        version = properties.get("oneroster.version")
        if version != VERSION:
            found = f"says {version}" if version else "does not say which"
            raise not_a_snapshot(f"oneroster.version in {MANIFEST} must be {VERSION}; it {found}.")
        for table in Table:
            mode = properties.get(f"file.{table}")
            if mode != "bulk":
                found = f"is {mode}" if mode else "is not there"
                raise not_a_snapshot(f"file.{table} in {MANIFEST} must be bulk; it {found}.")

    @contextmanager
    def _text(self, name: str) -> Iterator[io.TextIOWrapper]:
        try:
            with (
                self._archive.open(name) as raw,
                io.TextIOWrapper(raw, encoding="utf-8-sig", newline="") as text,
            ):
                yield text
        except KeyError as error:
            raise missing_file(name) from error
        except UnicodeDecodeError as error:
            raise not_utf8(name) from error
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
            raise truncated(f"{name} in the zip is damaged.") from error


def open_zip(data: bytes, limits: Limits) -> OneRosterZip:
    """The upload in these bytes. Raises UploadRefusedError."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        members = archive.infolist()
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError) as error:
        raise truncated("The zip has no end or a damaged directory.") from error
    unpacked = sum(member.file_size for member in members)
    if unpacked > limits.unpacked_bytes:
        raise too_large(
            f"It unpacks to {unpacked} bytes; at most {limits.unpacked_bytes} are taken."
        )
    names = [member.filename for member in members]
    for name in (MANIFEST, *(f"{table}.csv" for table in Table)):
        if names.count(name) != 1:
            raise missing_file(name)
    for member in members:
        if member.flag_bits & 1 or member.compress_type not in {
            zipfile.ZIP_STORED,
            zipfile.ZIP_DEFLATED,
        }:
            raise UploadRefusedError(
                "zip_not_readable",
                "The zip is encrypted or packed in an unusual way",
                f"Nothing was changed. {member.filename} cannot be unpacked. Make an ordinary zip "
                "without a password.",
            )
    return OneRosterZip(archive)


def _require_columns(
    file: str, header: list[str], wanted: list[str], names: tuple[str, ...]
) -> None:
    missing = [name for name, lower in zip(names, wanted, strict=True) if header.count(lower) != 1]
    if missing:
        raise missing_columns(file, missing)
