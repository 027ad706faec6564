"""Finds the school among the organisations of an export, by its number or by the mapping file."""

import re
from collections.abc import Iterator

from hwb_mis_ingest.adapters.archive import Archive
from hwb_mis_ingest.adapters.mapping import Mapping
from hwb_mis_ingest.domain.rows import Row
from hwb_mis_ingest.errors import missing_columns

SCHOOL = "school"
_NUMBER_COLUMNS = ("identifier", "school number")
_NUMBER = re.compile(r"[0-9]{7}")


def school_rows(
    archive: Archive,
    name: str,
    mapping: Mapping,
    *,
    id_column: str = "sourcedid",
    type_column: str | None = "type",
) -> Iterator[Row]:
    """Rows of orgs that are schools, as (id, type, number); with ``orgs`` mapped, only that one."""
    file = archive.csv(name)
    header = file.header
    wanted = [column for column in (id_column, type_column) if column is not None]
    missing = [column for column in wanted if header.count(column) != 1]
    number = next((header.index(one) for one in _NUMBER_COLUMNS if header.count(one) == 1), None)
    if missing:
        raise missing_columns(file.name, missing)
    at_id = header.index(id_column)
    at_type = None if type_column is None else header.index(type_column)
    for line, cells, broken in file.rows():
        if cells is None:
            found = broken[at_id].strip() if at_id < len(broken) else ""
            yield Row(line, None, found)
            continue
        local_id = cells[at_id].strip()
        type_ = SCHOOL if at_type is None else cells[at_type].strip()
        if mapping.orgs:
            if local_id != mapping.orgs[0]:
                continue
            type_ = SCHOOL
        said = local_id if number is None else cells[number].strip()
        if mapping.school is not None and _NUMBER.fullmatch(said) is None:
            said = mapping.school
        yield Row(line, (local_id, type_, said))
