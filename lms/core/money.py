"""Money: integer minor units inside, decimal strings on the wire. The only place that converts.

Nothing is rounded: an amount with more digits than its currency has is refused.
"""

import re
from decimal import Decimal

CURRENCY = re.compile(r"^[A-Z]{3}$")
# ISO 4217 currencies whose minor unit is not a hundredth.
_DIGITS = dict.fromkeys(
    [
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "UYI",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ],
    0,
) | dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3)


class TooPrecise(ValueError):
    """The amount has more decimal places than its currency."""


def to_minor(amount: Decimal, currency: str) -> int:
    """Decimal("99.99"), "USD" -> 9999. Raises TooPrecise."""
    minor = amount.scaleb(_DIGITS.get(currency, 2))
    if minor != minor.to_integral_value():
        raise TooPrecise(f"{amount} {currency}")
    return int(minor)


def from_minor(minor: int, currency: str) -> str:
    """9999, "USD" -> "99.99"; 500, "JPY" -> "500"."""
    digits = _DIGITS.get(currency, 2)
    return f"{Decimal(minor).scaleb(-digits):.{digits}f}"
