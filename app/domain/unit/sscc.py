"""The number of a package: GS1 SSCC, 18 digits (AI 00), as the GS1 General Specifications write it."""

from stdnum import ean

from app.domain.shared.refusal import InvalidInput

DIGITS = 18


def checked_sscc(text: str) -> str:
    """Return an SSCC's 18 digits; raise InvalidInput where it is none or its check digit is wrong."""
    if len(text) != DIGITS or not (text.isascii() and text.isdigit()):
        raise InvalidInput(f"An SSCC has {DIGITS} digits, without its application identifier (00).", ("sscc",))
    expected = ean.calc_check_digit(text[:-1])
    if text[-1] != expected:
        raise InvalidInput("The check digit of the SSCC does not fit: one of its digits is wrong.", ("sscc",))
    return text
