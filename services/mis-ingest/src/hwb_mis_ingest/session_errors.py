"""Why an upload in parts does not go on, in words for whoever runs the Provisioning Client."""

from hwb_runtime.problems import ProblemError


class UploadSessionUnknownError(ProblemError):
    """The upload session has ended, gave way to newer ones, or is somebody else's. Begin anew."""

    def __init__(self, session_id: str) -> None:
        super().__init__(
            status=404,
            code="upload_session_unknown",
            title="There is no such upload session",
            detail=f"Nothing was changed. {session_id} has ended or is not yours. Push the same "
            "file again: it is sent from its beginning.",
        )


class UploadOffsetWrongError(ProblemError):
    """A part does not begin where the last one ended. Go on from the offset in the answer."""

    def __init__(self, offset: int) -> None:
        super().__init__(
            status=409,
            code="upload_offset_wrong",
            title="The part does not begin where the last one ended",
            detail=f"The part was not kept. Go on from byte {offset}.",
            extra={"offset": offset},
            headers={"Upload-Offset": str(offset)},
        )


class UploadPartWrongError(ProblemError):
    """A part has another size than the session asked for. Send parts of ``part_bytes``."""

    def __init__(self, *, found: int, wanted: int) -> None:
        super().__init__(
            status=400,
            code="upload_part_wrong",
            title="The part has the wrong size",
            detail=f"The part was not kept. It has {found} bytes; the next must have {wanted}.",
        )


class UploadIncompleteError(ProblemError):
    """The upload was to be taken before all of it was there. Send the rest, then finish."""

    def __init__(self, *, offset: int, length: int) -> None:
        super().__init__(
            status=409,
            code="upload_incomplete",
            title="The upload is not complete",
            detail=f"Nothing was changed. {offset} of {length} bytes are here; send the rest.",
            extra={"offset": offset},
        )


class UploadDigestWrongError(ProblemError):
    """What arrived is not what was announced: something between changed it. Push again."""

    def __init__(self) -> None:
        super().__init__(
            status=400,
            code="upload_digest_wrong",
            title="What arrived is not what was announced",
            detail="Nothing was changed. The bytes do not have the digest that was told at the "
            "start. Push the file again; if it fails again, see what the proxy does to uploads.",
        )
