"""Why media refuse."""

from collections.abc import Mapping

from ..kernel.errors import NotFound, Refusal


class VideoBusy(Refusal):
    """The video's last upload is still being processed."""

    status = 409
    code = "video_processing"
    detail = "This video is being processed. Wait until it is ready or has failed, then upload again."


class TooManyUploads(Refusal):
    """The account has as many unfinished uploads as it may."""

    status = 409
    code = "too_many_uploads"
    detail = "You have too many unfinished uploads. Finish or cancel some first."


class UploadNotFound(NotFound):
    """There is no such upload: it never was, was cancelled, or its video is gone."""

    code = "upload_not_found"
    detail = "There is no such upload. Start a new one."


class UploadExpired(Refusal):
    """The upload was not finished in time."""

    status = 410
    code = "upload_expired"
    detail = "This upload was not finished in time. Start a new one."


class UploadComplete(Refusal):
    """All bytes are there already."""

    status = 409
    code = "upload_complete"
    detail = "This upload is complete: all of its bytes have arrived."


class OffsetMismatch(Refusal):
    """The bytes would not go where the last ones ended, or somebody else has sent them meanwhile."""

    status = 409
    code = "offset_mismatch"
    detail = "Upload-Offset is not where the upload stands. Ask with HEAD, and go on from there."


class TooManyPieces(Refusal):
    """The file comes in too many too small requests."""

    status = 409
    code = "too_many_pieces"
    detail = "This upload came in too many small pieces. Start a new one with larger requests."


class UploadTooLarge(Refusal):
    """The file is, or would become, larger than it may be."""

    status = 413
    code = "upload_too_large"
    detail = "The file is larger than this installation takes, or larger than was announced."


class EmptyUpload(Refusal):
    """A file without bytes is no video."""

    status = 400
    code = "empty_upload"
    detail = "The file is empty."


class SizeMismatch(Refusal):
    """The file has another size than was said before."""

    status = 400
    code = "size_mismatch"
    detail = "The size of the file is not the one that was announced."


class LengthRequired(Refusal):
    """A whole file must say how long it is."""

    status = 411
    code = "length_required"
    detail = "Send the file with a Content-Length."


class ChecksumMismatch(Refusal):
    """What arrived is not what was sent; nothing of it is kept (tus 1.0, checksum extension)."""

    status = 460
    code = "checksum_mismatch"
    detail = "The bytes do not match Upload-Checksum. Nothing of this request was kept; send it again."


class BadChecksum(Refusal):
    """Upload-Checksum cannot be used."""

    status = 400
    code = "bad_checksum"
    detail = "Upload-Checksum must be `sha1`, `sha256` or `md5`, a space, and the digest in Base64."


class BadMetadata(Refusal):
    """Upload-Metadata cannot be read, or lacks the video."""

    status = 400
    code = "bad_metadata"
    detail = "Upload-Metadata must hold comma-separated pairs of a name and a value in Base64, with video_id."


class WrongTusVersion(Refusal):
    """The client speaks another version of the protocol."""

    status = 412
    code = "wrong_tus_version"
    detail = "Send Tus-Resumable: 1.0.0, the one version of the protocol that is spoken here."

    def __init__(self) -> None:
        super().__init__(headers={"Tus-Version": "1.0.0"})


class UploadStalled(Refusal):
    """No byte came for so long that the request was ended; without a checksum, what had come is kept."""

    status = 408
    code = "upload_stalled"
    detail = "No byte came for a minute. Ask with HEAD how much was kept, and go on from there."

    def __init__(self) -> None:
        super().__init__(headers={"Connection": "close"})


class BodyCutOff(Refusal):
    """The connection ended in the middle of the body; without a checksum, what had come is kept."""

    status = 400
    code = "body_cut_off"
    detail = "The connection ended in the middle. Ask with HEAD how much was kept, and go on from there."


class StorageUnavailable(Refusal):
    """The file storage cannot be reached, or is full; nothing was acknowledged."""

    status = 503
    code = "storage_unavailable"
    detail = "The file storage cannot be reached or is full. Try again later."

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "30"})


class NotReadyToPlay(Refusal):
    """The video has no file that plays yet."""

    status = 409
    code = "not_ready"
    detail = "This video has nothing to play yet."


class FileNotFound(NotFound):
    """The address is signed, or looks so, but there is no such file."""

    code = "file_not_found"
    detail = "There is no such file."


class AddressForged(Refusal):
    """The signature does not belong to the address."""

    status = 403
    code = "bad_address"
    detail = "This address is not valid. Ask the video's playback for a new one."


class AddressExpired(Refusal):
    """The address was good, and is no longer."""

    status = 410
    code = "address_expired"
    detail = "This address has expired. Ask the video's playback for a new one."


class RangeNotSatisfiable(Refusal):
    """The range lies behind the end of the file."""

    status = 416
    code = "range_not_satisfiable"
    detail = "The range begins behind the end of the file; Content-Range says how long it is."

    def __init__(self, *, size: int = 0) -> None:
        headers: Mapping[str, str] = {"Content-Range": f"bytes */{size}"}
        super().__init__(headers=headers)
