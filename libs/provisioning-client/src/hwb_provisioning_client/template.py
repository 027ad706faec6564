"""Writes the template of an upload: every file with its header and an example of each row."""

from enum import StrEnum
from importlib.resources import files
from pathlib import Path

from hwb_provisioning_client.errors import UsageError


class Format(StrEnum):
    """The formats that Hwb takes. JSON lines are written beside OneRoster 1.1."""

    ONEROSTER_1_1 = "oneroster-1.1"
    ONEROSTER_1_2 = "oneroster-1.2"
    SDS_2_1 = "sds-2.1"
    SDS_1 = "sds-1"
    CTF = "ctf"
    JSON_LINES = "jsonl"


ENDINGS = (".csv", ".jsonl", ".xml", ".yaml")


def write_template(folder: Path, *, format_: Format = Format.ONEROSTER_1_1) -> list[Path]:
    """Write the template's files into a folder that has none of them. Raises UsageError."""
    source = files("hwb_provisioning_client") / "templates"
    endings = (".jsonl",) if format_ is Format.JSON_LINES else ENDINGS
    if format_ not in {Format.ONEROSTER_1_1, Format.JSON_LINES}:
        source = source / format_.value
    names = sorted(one.name for one in source.iterdir() if one.name.endswith(endings))
    there = [name for name in names if (folder / name).exists()]
    if there:
        raise UsageError(
            "file_exists",
            "There are files already",
            f"{folder} already has {', '.join(there)}. Name an empty folder.",
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        written = []
        for name in names:
            target = folder / name
            target.write_bytes((source / name).read_bytes())
            written.append(target)
    except OSError as error:
        raise UsageError(
            "folder_not_writable",
            "The template cannot be written",
            f"{folder}: {error.strerror}. Name a folder that you may write to.",
        ) from error
    return written
