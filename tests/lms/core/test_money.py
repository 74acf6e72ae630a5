from decimal import Decimal

import pytest

from lms.core.money import TooPrecise, from_minor, to_minor


@pytest.mark.parametrize(
    ("amount", "currency", "minor", "shown"),
    [
        ("99.99", "USD", 9999, "99.99"),
        ("0", "EUR", 0, "0.00"),
        ("5.1", "EUR", 510, "5.10"),
        ("500", "JPY", 500, "500"),
        ("1.234", "KWD", 1234, "1.234"),
        ("12345678901.2", "USD", 1234567890120, "12345678901.20"),
    ],
)
def test_an_amount_comes_back_as_it_went_in(amount, currency, minor, shown):
    assert to_minor(Decimal(amount), currency) == minor
    assert from_minor(minor, currency) == shown


@pytest.mark.parametrize(("amount", "currency"), [("0.001", "USD"), ("0.5", "JPY")])
def test_nothing_is_rounded(amount, currency):
    with pytest.raises(TooPrecise):
        to_minor(Decimal(amount), currency)
