"""Tells an upload's format from its content, and reads it with that format's reader."""

from dataclasses import dataclass

from hwb_mis_ingest.adapters.json_lines import JsonLines, open_json_lines
from hwb_mis_ingest.adapters.limits import Limits
from hwb_mis_ingest.adapters.oneroster_zip import ZIP_BEGINS, OneRosterZip, open_zip
from hwb_mis_ingest.domain.rows import UploadFiles
from hwb_mis_ingest.domain.snapshot import WrongSchoolError, school_of
from hwb_mis_ingest.errors import not_a_format, wrong_school

ZIP = "oneroster-1.1-zip"
JSONL = "oneroster-1.1-jsonl"
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class UploadReader:
    """Reads uploads within limits."""

    limits: Limits

    def check(self, data: bytes, school: str) -> str:
        """The format of an upload that can be taken whole. Raises UploadRefusedError."""
        files = self._open(data)
        try:
            school_of(files, school)
        except WrongSchoolError as error:
            raise wrong_school(error.school, error.found) from error
        files.check(self.limits)
        return ZIP if isinstance(files, OneRosterZip) else JSONL

    def open(self, data: bytes) -> UploadFiles:
        """The upload's rows. Raises UploadRefusedError."""
        return self._open(data)

    def _open(self, data: bytes) -> OneRosterZip | JsonLines:
        if data.startswith(ZIP_BEGINS):
            return open_zip(data, self.limits)
        text = data.removeprefix(_BOM).lstrip()
        if text.startswith(b"{"):
            return open_json_lines(text, self.limits)
        raise not_a_format()
