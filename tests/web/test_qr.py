"""Does a QR code hold what it should, for any reader, and tell nobody which units exist?"""

import re
import struct
import zlib
from itertools import pairwise
from xml.etree import ElementTree

import httpx
import pytest
import zxingcpp

from app.domain.unit.code import parse_code
from tests.client import Api, Json, new_customer, new_unit

UNIT = """query($code: ProductCode!) { product(code: $code) {
    gtin serial digitalLink svg: qrCode png: qrCode(format: PNG) } }"""
GTIN, SERIAL = "09524000000156", "7K3M9QXT2CHVE"
ADDRESS = f"/qr/01/{GTIN}/21/{SERIAL}"
WHITE = 255


async def new_product(api: Api) -> Json:
    customer = await new_customer(api)
    product: Json = (await customer.ask(UNIT, code=await new_unit(customer)))["product"]
    return product


async def fetch(api: Api, path: str, **headers: str) -> httpx.Response:
    return await api.http.get(api.url + path, headers=headers)


def read(width: int, pixels: bytes) -> str:
    """Read a QR code from grey pixels with a reader that is not ours."""
    found = zxingcpp.read_barcode(memoryview(pixels).cast("B", (len(pixels) // width, width)))
    assert found is not None
    assert found.format == zxingcpp.BarcodeFormat.QRCode
    return str(found.text)


def pixels_of_png(png: bytes) -> tuple[int, bytes]:
    """Unpack a PNG of one bit for a pixel, whose rows are as they are or differ from the one above."""
    width, height, depth, colour = struct.unpack(">IIBB", png[16:26])
    assert (png[:8], depth, colour) == (b"\x89PNG\r\n\x1a\n", 1, 0)
    place, packed = 8, b""
    while place < len(png):
        length, kind = struct.unpack(">I4s", png[place : place + 8])
        packed += png[place + 8 : place + 8 + length] if kind == b"IDAT" else b""
        place += 12 + length
    rows, stride, above = zlib.decompress(packed), (width + 7) // 8, bytes(width)
    lines = []
    for start in range(0, height * (stride + 1), stride + 1):
        method, row = rows[start], rows[start + 1 : start + 1 + stride]
        assert method in (0, 2)
        above = bytes((new + old) % 256 for new, old in zip(row, above, strict=False)) if method else row
        lines.append(above)
    return width, bytes(WHITE * (line[x // 8] >> (7 - x % 8) & 1) for line in lines for x in range(width))


def pixels_of_svg(svg: bytes, scale: int = 4) -> tuple[int, bytes]:
    """Draw the lines of an SVG: `M` and `m` move, `h` draws along the middle of a row of modules."""
    root = ElementTree.fromstring(svg)
    _, _, width, height = (int(number) for number in root.attrib["viewBox"].split())
    dark: set[tuple[int, int]] = set()
    path = next(found for found in root.iter() if "stroke" in found.attrib)
    x, y = 0.0, 0.0
    for command, numbers in re.findall("([Mmh])([^Mmh]*)", path.attrib["d"]):
        values = [float(number) for number in re.findall(r"-?[\d.]+", numbers)]
        if command == "h":
            dark |= {(int(x) + step, int(y)) for step in range(int(values[0]))}
            x += values[0]
        else:
            x, y = (values[0], values[1]) if command == "M" else (x + values[0], y + values[1])
    places = [(column // scale, row // scale) for row in range(height * scale) for column in range(width * scale)]
    return width * scale, bytes(0 if place in dark else WHITE for place in places)


@pytest.mark.parametrize(("form", "media_type"), [("svg", "image/svg+xml"), ("png", "image/png")])
async def test_a_reader_finds_the_unit_s_digital_link_in_its_qr_code(api: Api, form: str, media_type: str) -> None:
    product = await new_product(api)
    answer = await fetch(api, product[form])  # without a token: it stands in an <img>
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].partition(";")[0] == media_type
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    unpack = pixels_of_svg if form == "svg" else pixels_of_png
    text = read(*unpack(answer.content))
    assert text == product["digitalLink"]
    assert text.endswith(f"/01/{product['gtin']}/21/{product['serial']}")


async def test_a_code_is_drawn_with_a_quiet_zone_of_four_modules(api: Api) -> None:
    width, pixels = pixels_of_svg((await fetch(api, f"{ADDRESS}.svg")).content, 1)
    rows = [pixels[start : start + width] for start in range(0, len(pixels), width)]
    border = [*rows[:4], *rows[-4:], *(row[:4] + row[-4:] for row in rows)]
    assert {pixel for row in border for pixel in row} == {WHITE}
    assert 0 in rows[4]


async def test_a_unit_that_is_not_there_has_its_qr_code_too(api: Api) -> None:
    there, absent = (await new_product(api))["svg"], f"{ADDRESS}.svg"
    answers = [await fetch(api, path) for path in (there, absent)]
    assert {answer.status_code for answer in answers} == {200}
    first, second = ({**answer.headers, "etag": "", "content-length": "", "date": ""} for answer in answers)
    assert first == second


async def test_what_a_client_has_already_is_not_sent_again(api: Api) -> None:
    first = await fetch(api, f"{ADDRESS}.png")
    again = await fetch(api, f"{ADDRESS}.png", **{"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert "max-age" in again.headers["Cache-Control"]
    assert (await fetch(api, f"{ADDRESS}.png", **{"If-None-Match": '"other"'})).content == first.content


@pytest.mark.parametrize(
    "path",
    [
        f"/qr/01/{GTIN}/21/7K3M9QXT2CHVF.svg",
        f"/qr/01/{GTIN}/21/7K3M-9QXT-2CHV-E.svg",
        f"/qr/01/{GTIN}/21/7k3m9qxt2chve.svg",
        f"/qr/01/{GTIN}/21/{SERIAL}.gif",
        f"/qr/01/{GTIN}/21/{'7' * 5000}.svg",
        f"/qr/01/09524000000157/21/{SERIAL}.svg",
        f"/qr/01/9524000000156/21/{SERIAL}.svg",
        f"/qr/01/%EF%BC%90{GTIN[1:]}/21/{SERIAL}.svg",
        f"/qr/01/x/21/{SERIAL}.png",
    ],
)
async def test_what_is_no_code_is_not_found_in_the_form_of_all_errors(api: Api, path: str) -> None:
    answer = await fetch(api, path)
    assert answer.status_code == 404
    (error,) = answer.json()["errors"]
    assert error["extensions"] == {"code": "NOT_FOUND"}


async def test_different_units_have_different_codes(api: Api) -> None:
    products = [await new_product(api) for _ in range(3)]
    contents = [(await fetch(api, product["svg"])).content for product in products]
    assert all(first != second for first, second in pairwise(contents))
    assert all(parse_code(product["serial"]) == product["serial"] for product in products)
