"""Writes the template of an upload: every file with its header and an example of each row."""

from importlib.resources import files
from pathlib import Path

from hwb_provisioning_client.errors import UsageError


def write_template(folder: Path) -> list[Path]:
    """Write the template's files into a folder that has none of them. Raises UsageError."""
    source = files("hwb_provisioning_client") / "templates"
    names = sorted(one.name for one in source.iterdir() if one.name.endswith((".csv", ".jsonl")))
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
