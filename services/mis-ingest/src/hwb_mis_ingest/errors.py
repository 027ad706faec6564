"""Why an upload is refused whole, in words for whoever runs the school's Provisioning Client."""

from hwb_runtime.problems import ProblemError

INTERNAL_FAULT = "internal_fault"


class UploadRefusedError(Exception):
    """The file as a whole cannot be used. Nothing was changed.

    ``code`` is for programs; ``detail`` says what was found and what to do. Send a whole, new
    export of the school.
    """

    def __init__(self, code: str, title: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.title = title
        self.detail = detail


def not_a_format() -> UploadRefusedError:
    return UploadRefusedError(
        "not_a_known_format",
        "This is not a file that can be taken",
        "Nothing was changed. Send a zip of CSV files (OneRoster or Microsoft SDS), a CTF file, or "
        "JSON lines; `hwb-provision template` writes an example of each.",
    )


def truncated(what: str) -> UploadRefusedError:
    return UploadRefusedError(
        "truncated",
        "The file is damaged or not complete",
        f"Nothing was changed. {what} Export the data again and send the new file.",
    )


def malformed(file: str, line: int, what: str) -> UploadRefusedError:
    return UploadRefusedError(
        "malformed",
        "The file cannot be read to its end",
        f"Nothing was changed. {file}, line {line}: {what}. Export the data again.",
    )


def not_utf8(file: str) -> UploadRefusedError:
    return UploadRefusedError(
        "not_utf8",
        "The file's characters cannot be read",
        f"Nothing was changed. {file} is neither UTF-8 nor Windows-1252, so names would be wrong. "
        "Export it as UTF-8.",
    )


def missing_file(file: str) -> UploadRefusedError:
    return UploadRefusedError(
        "missing_file",
        "A file is missing",
        f"Nothing was changed. {file} must be at the top level of the zip, once. Export all files "
        "together.",
    )


def missing_columns(file: str, columns: list[str]) -> UploadRefusedError:
    return UploadRefusedError(
        "missing_column",
        "A column is missing",
        f"Nothing was changed. {file} must have each of these columns once: {', '.join(columns)}. "
        "Columns may be empty but not left out.",
    )


def header_only(file: str) -> UploadRefusedError:
    return UploadRefusedError(
        "no_rows",
        "A file has no rows",
        f"Nothing was changed. {file} has no rows, and an empty file is not taken as 'everyone "
        "left'. Check the export's settings and send the school's whole data.",
    )


def nobody_there() -> UploadRefusedError:
    return UploadRefusedError(
        "nobody_there",
        "The upload has nobody in it",
        "Nothing was changed. There is no learner and no member of staff in it, or no class has "
        "anyone in it. Check the export's settings and send the school's whole data.",
    )


def not_a_snapshot(what: str) -> UploadRefusedError:
    return UploadRefusedError(
        "not_a_whole_snapshot",
        "The manifest does not fit",
        f"Nothing was changed. {what} Set the export to OneRoster 1.1 or 1.2.",
    )


def entity_declared() -> UploadRefusedError:
    return UploadRefusedError(
        "entity_declared",
        "The CTF has a document type declaration",
        "Nothing was changed. A CTF needs none, and entities that it might declare are never "
        "expanded. Export the CTF anew from the MIS.",
    )


def compressed_too_much(ratio: int) -> UploadRefusedError:
    return UploadRefusedError(
        "compressed_too_much",
        "The zip unpacks to far more than it holds",
        f"Nothing was changed. It unpacks to more than {ratio} times its size, as no school's data "
        "do. Make the zip anew from the exported files.",
    )


def path_in_zip(name: str) -> UploadRefusedError:
    return UploadRefusedError(
        "path_in_zip",
        "The zip names a place outside itself",
        f"Nothing was changed. {name[:100]!r} is a link, or has a drive or .. in its name. Make an "
        "ordinary zip of the exported files.",
    )


def zip_not_readable(name: str) -> UploadRefusedError:
    return UploadRefusedError(
        "zip_not_readable",
        "The zip is encrypted or packed in an unusual way",
        f"Nothing was changed. {name[:100]} cannot be unpacked. Make an ordinary zip without a "
        "password.",
    )


def too_slow(seconds: float) -> UploadRefusedError:
    return UploadRefusedError(
        "too_slow",
        "The upload takes too long to read",
        f"Nothing was changed. It was not read within {seconds:g} seconds, as every school's data "
        "are. Send the data of one school only; if that is what it is, tell the Service Desk.",
    )


def upload_too_slow(seconds: float) -> UploadRefusedError:
    return UploadRefusedError(
        "upload_too_slow",
        "The upload did not arrive in time",
        f"Nothing was changed. Not all of it arrived within {seconds:g} seconds. Check the network "
        "and proxy, then push the same file again.",
    )


def unknown_value(line: int, what: str) -> UploadRefusedError:
    return UploadRefusedError(
        "unknown_field",
        "The file holds something that is not known",
        f"Nothing was changed. Line {line}: {what}. docs/reference/upload-format.md lists what may "
        "be there; a misspelt name would lose data.",
    )


def too_large(what: str) -> UploadRefusedError:
    return UploadRefusedError(
        "too_large",
        "The upload is too large",
        f"Nothing was changed. {what} Send the data of one school only.",
    )


def internal_fault() -> UploadRefusedError:
    return UploadRefusedError(
        INTERNAL_FAULT,
        "The upload could not be worked on",
        "Nothing was changed. The fault is ours and has been noted; the upload is kept. The "
        "operators will take it up again.",
    )


def overtaken() -> UploadRefusedError:
    return UploadRefusedError(
        "overtaken",
        "A later upload took this one's place",
        "This upload was not worked on, through a fault of ours. A later one of the school, which "
        "is whole, was published: nothing is lost.",
    )


def wrong_school(school: str, found: str | None) -> UploadRefusedError:
    if found is None:
        what = f"orgs must have exactly one row of type school, for school {school}."
    else:
        what = f"The file is of school {found}, and it was sent for school {school}."
    return UploadRefusedError(
        "wrong_school",
        "The file is not of this school",
        f"Nothing was changed. {what} Check the export and the school number.",
    )


class OutdatedExtractError(ProblemError):
    """The extract is older than the last one taken. Send a newer export; nothing was changed."""

    def __init__(self, *, last: str) -> None:
        super().__init__(
            status=409,
            code="extract_outdated",
            title="A newer extract of this school was already taken",
            detail=f"Nothing was changed. The last one was made at {last}. Export the data again "
            "and send the new file.",
        )


class UnknownSchoolError(ProblemError):
    """The school is not in the register. Check the seven digits; new schools are added there."""

    def __init__(self, school: str) -> None:
        super().__init__(
            status=404,
            code="school_unknown",
            title="This school is not in the register",
            detail=f"There is no school {school}. Check its seven-digit number; a new school is "
            "added to the register by the Service Desk.",
        )


class UnknownRunError(ProblemError):
    """The school has no such run. Take the run_id from the list of its runs."""

    def __init__(self, run_id: str) -> None:
        super().__init__(
            status=404,
            code="run_unknown",
            title="This school has no such run",
            detail=f"There is no run {run_id}. The school's runs are listed at ../runs.",
        )
