"""Documents as the bytes of which they are stored (BSON, bsonspec.org), for whoever looks beneath the stores."""

from bson import ObjectId, decode, encode
from bson.errors import InvalidBSON

from app.store.database import CODEC, Document


def encode_document(document: Document) -> bytes:
    """Write a document as the database stores it."""
    return encode(document, codec_options=CODEC)


def decode_document(data: bytes) -> Document:
    """Read what the database stores; raises ValueError where the bytes are no document."""
    try:
        document: Document = decode(data, CODEC)
    except (InvalidBSON, OverflowError) as error:
        raise ValueError(str(error)) from error
    return document


def new_document_id() -> ObjectId:
    """Make an `_id` as the driver gives one to a document without."""
    return ObjectId()
