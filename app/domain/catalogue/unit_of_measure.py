"""How units of measure are written for people: the signs of UN/ECE Rec 20 codes."""

from collections.abc import Mapping

SIGNS: Mapping[str, str] = {
    "2N": "dB",
    "41": "ml/min",
    "4H": "µm",
    "4K": "mA",
    "59": "ppm",
    "B75": "MΩ",
    "BAR": "bar",
    "C62": "",
    "CEL": "°C",
    "GRM": "g",
    "HUR": "h",
    "KWH": "kWh",
    "KWT": "kW",
    "LTR": "l",
    "MIN": "min",
    "MMT": "mm",
    "OHM": "Ω",
    "P1": "%",
    "PAL": "Pa",
    "SEC": "s",
}


def with_unit(figure: str, unit: str) -> str:
    """Put a unit's sign behind a figure; a code that has none here is shown as it is."""
    return f"{figure} {SIGNS.get(unit, unit)}".strip()
