"""Card numbers (读者证号): district (6), year (2), serial (6), check digit (1).

Fifteen digits, because Excel keeps no more. The check digit is ISO/IEC 7064 MOD 11,10: every single wrong digit is
found, and nearly every exchange of neighbours.
"""

from typing import Final

LENGTH: Final = 15
LAST_SERIAL: Final = 999_999


# MOD 11,10 from one digit to the next: the product so far and a digit give the next product.
_NEXT: Final = {
    (product, str(digit)): ((digit + product) % 10 or 10) * 2 % 11 for product in range(1, 11) for digit in range(10)
}


def check_digit(digits: str) -> str:
    """Of fourteen digits."""
    return _close(_go_on(10, digits))


def compose(district: str, year: int, serial: int) -> str:
    """`year` has two digits; `serial` counts from 1 to 999,999 within the district's year."""
    if not (len(district) == 6 and 0 <= year <= 99 and 1 <= serial <= LAST_SERIAL):
        raise ValueError("a card number has six digits of district, two of year, six of serial")
    digits = f"{district}{year:02}{serial:06}"
    return digits + check_digit(digits)


def compose_many(district: str, year: int, first: int, count: int) -> list[str]:
    """The numbers of `count` serials from `first` on: what they have in common is worked out once."""
    if not count:
        return []
    compose(district, year, first)
    compose(district, year, first + count - 1)
    begin = f"{district}{year:02}"
    product = _go_on(10, begin)
    numbers = []
    for serial in range(first, first + count):
        digits = f"{serial:06}"
        numbers.append(begin + digits + _close(_go_on(product, digits)))
    return numbers


def has_form(text: str) -> bool:
    """Fifteen digits: what any card's number is, one printed before this system included."""
    return len(text) == LENGTH and text.isascii() and text.isdigit()


def may_be_assigned(text: str) -> bool:
    """Whether a number assigned beforehand can be anybody's: fifteen digits, and not only zeros."""
    return has_form(text) and text.strip("0") != ""


def _go_on(product: int, digits: str) -> int:
    for digit in digits:
        product = _NEXT[product, digit]
    return product


def _close(product: int) -> str:
    return str((11 - product) % 10)
