"""The identity of one unit: its ID code, GTIN and GS1 Digital Link."""

import secrets
from collections.abc import Callable
from enum import StrEnum

from stdnum.iso7064 import mod_37_36

from app.domain.shared.refusal import InvalidInput

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford base32: no I, L, O, U
RANDOM_SYMBOLS = 12
TYPED_LENGTH_MAX = 64
QR_PATH = "/qr/01/{gtin}/21/{serial}.{form}"
FORGIVEN = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})


class QrFormat(StrEnum):
    SVG = "svg"
    PNG = "png"


def new_code(choose: Callable[[str], str] = secrets.choice) -> str:
    """Draw a code of 12 random symbols and an ISO/IEC 7064 MOD 37,36 check symbol, without hyphens.

    60 random bits: codes can't be guessed. Drawn again where the check symbol would be I, L, O or U.
    """
    while True:
        symbols = "".join(choose(ALPHABET) for _ in range(RANDOM_SYMBOLS))
        check = mod_37_36.calc_check_digit(symbols)
        if check in ALPHABET:
            return symbols + check


def parse_code(text: str) -> str:
    """Read a code as people type it and return its 13 symbols; raise InvalidInput where it is none.

    Case, hyphens and spaces are forgiven; O reads as 0, I and L as 1.
    """
    symbols = text.upper().translate(FORGIVEN) if len(text) <= TYPED_LENGTH_MAX else ""
    if len(symbols) != RANDOM_SYMBOLS + 1 or any(symbol not in ALPHABET for symbol in symbols):
        raise InvalidInput("An ID code has 13 symbols, digits and letters without I, L, O and U: 7K3M-9QXT-2CHV-E.")
    if not mod_37_36.is_valid(symbols):
        raise InvalidInput("The check symbol does not fit: one of the symbols is wrong, or two are exchanged.")
    return symbols


def format_code(code: str) -> str:
    """Show a code in its canonical form, 7K3M-9QXT-2CHV-E."""
    return "-".join((code[0:4], code[4:8], code[8:12], code[12:]))


def digital_link(resolver: str, gtin: str, serial: str) -> str:
    """Build the GS1 Digital Link URI (AI 01 GTIN-14, AI 21 serial) below the resolver's address."""
    return f"{resolver.rstrip('/')}/01/{gtin}/21/{serial}"


def qr_address(public_url: str, gtin: str, serial: str, form: QrFormat) -> str:
    """Build the address at which the QR code of a unit is served, below the server's own."""
    return public_url.rstrip("/") + QR_PATH.format(gtin=gtin, serial=serial, form=form.value)
