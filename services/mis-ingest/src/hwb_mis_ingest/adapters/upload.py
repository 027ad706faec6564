"""Tells an upload's format from its content, and reads it with that format's reader."""

import io
from dataclasses import dataclass

from hwb_mis_ingest.adapters import mapping as mapping_file
from hwb_mis_ingest.adapters.archive import ZIP_BEGINS, Archive, open_archive
from hwb_mis_ingest.adapters.csv_upload import CsvUpload
from hwb_mis_ingest.adapters.ctf import CtfFile
from hwb_mis_ingest.adapters.json_lines import JsonLines, open_json_lines
from hwb_mis_ingest.adapters.limits import Limits
from hwb_mis_ingest.adapters.mapping import NO_MAPPING, read_mapping
from hwb_mis_ingest.adapters.oneroster import MANIFEST, open_oneroster
from hwb_mis_ingest.adapters.sds import FILES_OF_1, FILES_OF_2_1, open_sds_1, open_sds_2_1
from hwb_mis_ingest.domain.rows import UploadFiles
from hwb_mis_ingest.domain.snapshot import WrongSchoolError, school_of
from hwb_mis_ingest.errors import (
    missing_file,
    not_a_format,
    too_large,
    wrong_school,
)

CTF_NAME = "ctf.xml"
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
        return files.format

    def open(self, data: bytes) -> UploadFiles:
        """The upload's rows. Raises UploadRefusedError."""
        return self._open(data)

    def _open(self, data: bytes) -> CsvUpload | JsonLines | CtfFile:
        if data.startswith(ZIP_BEGINS):
            return _in_zip(open_archive(data, self.limits), self.limits)
        text = data.removeprefix(_BOM).lstrip()
        if text.startswith(b"<"):
            if len(data) > self.limits.unpacked_bytes:
                raise too_large(
                    f"It has {len(data)} bytes; at most {self.limits.unpacked_bytes} are taken."
                )
            return CtfFile(CTF_NAME, lambda: io.BytesIO(text), NO_MAPPING, self.limits)
        if text.startswith(b"{"):
            return open_json_lines(text, self.limits)
        raise not_a_format()


def _in_zip(archive: Archive, limits: Limits) -> CsvUpload | CtfFile:
    mapping = NO_MAPPING
    if mapping_file.FILE in archive:
        mapping = read_mapping(archive.read(mapping_file.FILE))
    if MANIFEST in archive:
        return open_oneroster(archive, mapping)
    if all(name in archive for name in FILES_OF_1):
        return open_sds_1(archive, mapping)
    if all(name in archive for name in FILES_OF_2_1):
        return open_sds_2_1(archive, mapping)
    xml = [name for name in archive.names() if name.lower().endswith(".xml")]
    if len(xml) == 1:
        return CtfFile(xml[0], lambda: archive.binary(xml[0]), mapping, limits)
    raise missing_file(MANIFEST)
