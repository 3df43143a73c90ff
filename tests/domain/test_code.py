"""Does an ID code say when it was misread, and does it forgive what people type?"""

import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.iso7064 import mod_37_36

from app.domain.shared.refusal import InvalidInput, RefusalCode
from app.domain.unit.code import ALPHABET, QrFormat, digital_link, format_code, new_code, parse_code, qr_address
from tests.rows import rows

EXAMPLE = "7K3M9QXT2CHVE"
codes = st.randoms(use_true_random=False).map(lambda source: new_code(source.choice))


def test_the_alphabet_is_crockfords_base32() -> None:
    assert len(set(ALPHABET)) == len(ALPHABET) == 32
    assert not set("ILOU") & set(ALPHABET)


def test_a_code_has_12_random_symbols_and_the_check_symbol_of_iso_7064() -> None:
    for seed in range(500):
        code = new_code(random.Random(seed).choice)
        assert len(code) == 13
        assert set(code) <= set(ALPHABET)
        assert mod_37_36.calc_check_digit(code[:12]) == code[12]


def scripted(symbols: str) -> Callable[[str], str]:
    drawn = iter(symbols)
    return lambda alphabet: next(drawn)


def test_a_code_whose_check_symbol_would_be_i_l_o_or_u_is_drawn_again() -> None:
    source = random.Random(1)
    refused: dict[str, str] = {}
    while len(refused) < 4:
        symbols = "".join(source.choice(ALPHABET) for _ in range(12))
        if (check := mod_37_36.calc_check_digit(symbols)) not in ALPHABET:
            refused[check] = symbols
    assert set(refused) == set("ILOU")
    for symbols in refused.values():
        assert new_code(scripted(symbols + EXAMPLE)) == EXAMPLE


def test_codes_are_drawn_from_a_secure_source_by_default() -> None:
    assert len({new_code() for _ in range(200)}) == 200


@given(codes)
def test_every_wrong_symbol_is_refused(code: str) -> None:
    for place, right in enumerate(code):
        for wrong in ALPHABET:
            if wrong != right:
                with pytest.raises(InvalidInput):
                    parse_code(code[:place] + wrong + code[place + 1 :])


@given(codes)
def test_two_exchanged_neighbours_are_refused_wherever_the_standard_sees_them(code: str) -> None:
    """MOD 37,36 overlooks an exchange only of two symbols that follow each other in its alphabet."""
    for place in range(12):
        first, second = code[place], code[place + 1]
        exchanged = code[:place] + second + first + code[place + 2 :]
        if mod_37_36.is_valid(exchanged):
            assert (int(first, 36) - int(second, 36)) % 36 in (0, 1, 35)
            assert parse_code(exchanged) == exchanged
        else:
            with pytest.raises(InvalidInput, match="check symbol"):
                parse_code(exchanged)


def test_fewer_than_1_in_300_exchanges_are_overlooked() -> None:
    overlooked = tried = 0
    for seed in range(2000):
        code = new_code(random.Random(seed).choice)
        for place in range(12):
            if code[place] != code[place + 1]:
                tried += 1
                overlooked += mod_37_36.is_valid(code[:place] + code[place + 1] + code[place] + code[place + 2 :])
    assert overlooked * 300 < tried


def typed(code: str, source: random.Random) -> str:
    """Type a code as a person may: other case, hyphens and spaces anywhere, look-alikes."""
    alike = {"0": "0Oo", "1": "1IiLl"}
    symbols = (source.choice(alike.get(symbol, symbol + symbol.lower())) for symbol in code)
    return "".join(symbol + source.choice(("", "", "-", " ", " - ")) for symbol in symbols)


@given(codes, st.randoms(use_true_random=False))
def test_case_hyphens_spaces_and_look_alikes_are_forgiven(code: str, source: random.Random) -> None:
    assert parse_code(typed(code, source)) == code
    assert parse_code(format_code(code)) == code


def test_the_canonical_form_has_four_groups() -> None:
    assert format_code(EXAMPLE) == "7K3M-9QXT-2CHV-E"
    assert parse_code("7k3m-9qxt-2chv-e") == EXAMPLE


@rows(
    "text",
    [
        "",
        "7K3M-9QXT-2CHV",
        "7K3M-9QXT-2CHV-EE",
        "7K3M-9QXT-2CHV-U",
        "7K3M-9QXT-2CHV-é",
        "７K3M9QXT2CHVE",
        "7K3M_9QXT_2CHV_E",
        "7K3M-9QXT-2CHV-E" + " " * 60 + "and more",
        "x" * 100_000,
    ],
)
def test_what_is_no_code_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_code(text)
    assert refused.value.code == RefusalCode.INVALID_INPUT


def test_a_wrong_check_symbol_is_refused() -> None:
    with pytest.raises(InvalidInput, match="check symbol"):
        parse_code("7K3M-9QXT-2CHV-F")


@given(st.text(max_size=80))
def test_any_text_is_a_code_or_refused(text: str) -> None:
    try:
        code = parse_code(text)
    except InvalidInput:
        return
    assert mod_37_36.is_valid(code)
    assert set(code) <= set(ALPHABET)


@rows("resolver", ["https://id.example.com", "https://id.example.com/"])
def test_the_digital_link_names_gtin_and_serial(resolver: str) -> None:
    expected = "https://id.example.com/01/09524000000156/21/7K3M9QXT2CHVE"
    assert digital_link(resolver, "09524000000156", EXAMPLE) == expected


@rows(("public_url", "host"), [("", ""), ("https://api.example.com/", "https://api.example.com")])
def test_a_qr_code_is_below_the_public_address(public_url: str, host: str) -> None:
    address = qr_address(public_url, "09524000000156", EXAMPLE, QrFormat.PNG)
    assert address == f"{host}/qr/01/09524000000156/21/7K3M9QXT2CHVE.png"
