"""Why albums and photos refuse."""

from ..kernel.errors import NotAllowed, NotFound, Refusal, Unacceptable


class AlbumNotFound(NotFound):
    """There is no such album, or it is private and somebody else's: the two look the same."""

    code = "album_not_found"
    detail = "There is no such album."


class NotYourAlbum(NotAllowed):
    """The caller may see the album, but only its owner may do this."""

    code = "not_your_album"
    detail = "Only the owner of this album may do that."


class ItemNotFound(NotFound):
    """The album has no such item, or the caller may not see what it shows."""

    code = "item_not_found"
    detail = "There is no such item in this album."


class AlreadyInAlbum(Refusal):
    """The same photo or video is in the album already."""

    status = 409
    code = "already_in_album"
    detail = "This photo or video is in the album already."


class AlbumFull(Refusal):
    """The album has as many items as it may."""

    status = 409
    code = "album_full"
    detail = "An album holds at most 1,000 items. Begin another one."


class TooManyAlbums(Refusal):
    """The account has as many albums as it may."""

    status = 409
    code = "too_many_albums"
    detail = "You have 1,000 albums, and cannot have more. Delete some first."


class UnknownItem(Refusal):
    """An order names something that is not in the album; nothing was changed."""

    status = 400
    code = "unknown_item"
    detail = "The order names an item that is not in this album. Nothing was changed."


class RepeatedItem(Refusal):
    """An order names an item twice; nothing was changed."""

    status = 400
    code = "repeated_item"
    detail = "The order names an item twice. Nothing was changed."


class PhotoNotFound(NotFound):
    """There is no such photo, or it is somebody else's: the two look the same."""

    code = "photo_not_found"
    detail = "You have no such photo."


class UnreadablePhoto(Unacceptable):
    """What was sent is not a photo that can be used; nothing of it was kept."""

    code = "unreadable_photo"
    detail = "This file cannot be read as a photo: send JPEG, PNG, WebP, AVIF or HEIC."


class PhotoTooLarge(Refusal):
    """The file has more bytes than are taken."""

    status = 413
    code = "photo_too_large"
    detail = "The file is larger than this installation takes of a photo."


class PhotoSpaceUsedUp(Refusal):
    """The photos of the account take as much room as they may."""

    status = 409
    code = "photo_space_used_up"
    detail = "Your photos take as much room as they may here. Delete some first."


class BadForm(Refusal):
    """The form cannot be read."""

    status = 400
    code = "bad_form"
    detail = "The form cannot be read. Send multipart/form-data with one file, or the bytes alone."


class PhotoCutOff(Refusal):
    """The connection ended in the middle; nothing of it was kept."""

    status = 400
    code = "body_cut_off"
    detail = "The connection ended in the middle of the photo. Send it again."


class PhotosBusy(Refusal):
    """Too many photos wait to be read."""

    status = 503
    code = "photos_busy"
    detail = "Too many photos are being read at the moment. Send it again in some seconds."

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "5"})
