"""Ed25519 signatures (RFC 8032, 5.1), verified in plain Python: some milliseconds for one.

Points are X, Y, Z, T with x = X/Z, y = Y/Z and x*y = T/Z.
"""

from __future__ import annotations

import hashlib

PRIME = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
CURVE = -121665 * pow(121666, -1, PRIME) % PRIME
Point = tuple[int, int, int, int]


def added(one: Point, other: Point) -> Point:
    a = (one[1] - one[0]) * (other[1] - other[0])
    b = (one[1] + one[0]) * (other[1] + other[0])
    c, d = 2 * one[3] * other[3] * CURVE, 2 * one[2] * other[2]
    e, f, g, h = (b - a) % PRIME, (d - c) % PRIME, (d + c) % PRIME, (b + a) % PRIME
    return e * f % PRIME, g * h % PRIME, f * g % PRIME, e * h % PRIME


def times(number: int, point: Point) -> Point:
    found = (0, 1, 1, 0)
    while number:
        if number & 1:
            found = added(found, point)
        point, number = added(point, point), number >> 1
    return found


def decoded(data: bytes) -> Point | None:
    number = int.from_bytes(data, "little")
    y, is_odd = number & (2**255 - 1), number >> 255
    square = (y * y - 1) * pow(CURVE * y * y + 1, -1, PRIME) % PRIME
    x = pow(square, (PRIME + 3) // 8, PRIME)
    if x * x % PRIME != square:
        x = x * pow(2, (PRIME - 1) // 4, PRIME) % PRIME
    if y >= PRIME or x * x % PRIME != square or (x == 0 and is_odd):
        return None
    x = PRIME - x if x & 1 != is_odd else x
    return x, y, 1, x * y % PRIME


def is_signed(public: bytes, text: bytes, signature: bytes) -> bool:
    base, key = decoded((4 * pow(5, -1, PRIME) % PRIME).to_bytes(32, "little")), decoded(public)
    scalar = int.from_bytes(signature[32:], "little")
    if base is None or key is None or len(signature) != 64 or scalar >= ORDER:
        return False
    digest = hashlib.sha512(signature[:32] + public + text).digest()
    minus = (PRIME - key[0], key[1], 1, PRIME - key[3])
    challenge = int.from_bytes(digest, "little") % ORDER
    x, y, z, _ = added(times(scalar, base), times(challenge, minus))
    x, y = x * pow(z, -1, PRIME) % PRIME, y * pow(z, -1, PRIME) % PRIME
    return (y | (x & 1) << 255).to_bytes(32, "little") == signature[:32]
