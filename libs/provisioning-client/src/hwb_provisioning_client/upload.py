"""Reads what the school's MIS exported: one file, or a folder of CSV files packed on the fly."""

import hashlib
import io
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from hwb_provisioning_client.errors import UsageError

# The same folder must give the same bytes, so that a repeated push is known as the same upload.
_SAME_MOMENT = (1980, 1, 1, 0, 0, 0)
MAPPING = "hwb-mapping.yaml"
LAYOUTS = (
    {"manifest.csv"},
    {"school.csv", "student.csv", "teacher.csv"},
    {"orgs.csv", "users.csv", "roles.csv"},
)
"""What must be in a folder, in small letters: OneRoster, Microsoft SDS v1, Microsoft SDS v2.1."""


@dataclass(frozen=True, slots=True)
class Upload:
    """The bytes to send and when they were exported from the MIS (None: not known)."""

    data: bytes
    extracted_at: datetime | None = None

    def idempotency_key(self, school: str) -> str:
        """The same for every try of one upload: of the bytes, the school and the extract time."""
        instant = self.extracted_at.astimezone(UTC).isoformat() if self.extracted_at else ""
        digest = hashlib.sha256(self.data).hexdigest()
        return hashlib.sha256(f"{school} {instant} {digest}".encode()).hexdigest()


def read_upload(
    path: Path, *, extracted_at: datetime | None = None, mapping: Path | None = None
) -> Upload:
    """The upload at a path; its time of change stands for the extract time if none is given.

    ``mapping`` is the school's mapping file, which is sent along. Raises UsageError.
    """
    try:
        if path.is_dir():
            files = sorted(one for one in path.iterdir() if one.suffix.lower() in {".csv", ".xml"})
            _require_layout(path, files)
            changed = max(file.stat().st_mtime for file in files)
            if mapping is None and (path / MAPPING).exists():
                mapping = path / MAPPING
            contents = {file.name: file.read_bytes() for file in files}
            data = _zip(_with_mapping(contents, mapping))
        else:
            data = path.read_bytes()
            changed = path.stat().st_mtime
            if mapping is not None:
                data = _zip(_with_mapping(_contents(path, data), mapping))
    except OSError as error:
        raise UsageError(
            "file_not_readable",
            "The file cannot be read",
            f"{path}: {error.strerror}. Check the path and that this user may read it.",
        ) from error
    return Upload(data, extracted_at or datetime.fromtimestamp(int(changed), UTC))


def _require_layout(folder: Path, files: list[Path]) -> None:
    names = {file.name.lower() for file in files}
    ctfs = [name for name in names if name.endswith(".xml")]
    if len(ctfs) != 1 and not any(layout <= names for layout in LAYOUTS):
        raise UsageError(
            "not_an_export",
            "The folder is not an export",
            f"{folder} has the files neither of OneRoster (manifest.csv) nor of Microsoft SDS, nor "
            "one CTF. Give the folder that the MIS wrote its files to; `hwb-provision template` "
            "writes an example.",
        )


def _contents(path: Path, data: bytes) -> dict[str, bytes]:
    """The files of an export that is one file."""
    if path.suffix.lower() == ".xml":
        return {path.name: data}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
        raise UsageError(
            "mapping_not_for_this",
            "The mapping file cannot be sent along",
            f"{path} is neither a zip nor a CTF. JSON lines need no mapping file.",
        ) from error


def _with_mapping(contents: dict[str, bytes], mapping: Path | None) -> dict[str, bytes]:
    if mapping is None:
        return contents
    return {**contents, MAPPING: mapping.read_bytes()}


def _zip(contents: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(contents.items()):
            entry = zipfile.ZipInfo(name, _SAME_MOMENT)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
    return packed.getvalue()
