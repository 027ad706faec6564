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
MANIFEST = "manifest.csv"


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


def read_upload(path: Path, *, extracted_at: datetime | None = None) -> Upload:
    """The upload at a path; its time of change stands for the extract time if none is given.

    Raises UsageError.
    """
    try:
        if path.is_dir():
            files = sorted(path.glob("*.csv"))
            _require_manifest(path, files)
            data = _zip(files)
            changed = max(file.stat().st_mtime for file in files)
        else:
            data = path.read_bytes()
            changed = path.stat().st_mtime
    except OSError as error:
        raise UsageError(
            "file_not_readable",
            "The file cannot be read",
            f"{path}: {error.strerror}. Check the path and that this user may read it.",
        ) from error
    return Upload(data, extracted_at or datetime.fromtimestamp(int(changed), UTC))


def _require_manifest(folder: Path, files: list[Path]) -> None:
    if MANIFEST not in {file.name for file in files}:
        raise UsageError(
            "no_manifest",
            "The folder is not an export",
            f"{folder} has no {MANIFEST}. Give the folder that the MIS wrote its CSV files to; "
            "`hwb-provision template` writes an example.",
        )


def _zip(files: list[Path]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            entry = zipfile.ZipInfo(file.name, _SAME_MOMENT)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, file.read_bytes())
    return packed.getvalue()
