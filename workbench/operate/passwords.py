"""Passwords and one-time codes: the rules, the hashing (argon2id), the second factor (TOTP, RFC 6238)."""

import secrets
import string
from functools import cache
from typing import Any

from workbench.settings import now

LENGTH = 10
CLASSES = 3
DIFFERENT = 5
HISTORY = 5
MAX_AGE_DAYS = 180
COST: dict[str, Any] = {"time_cost": 3, "memory_cost": 65536, "parallelism": 1}
"""argon2id with 64 MiB (RFC 9106, second recommendation) in one lane: about 60 ms of one core."""

RULES = {
    "short": (f"至少 {LENGTH} 个字符", f"at least {LENGTH} characters"),
    "long": ("不超过 200 个字符", "at most 200 characters"),
    "classes": (
        f"大写、小写、数字、符号中至少 {CLASSES} 类",
        f"at least {CLASSES} of upper case, lower case, digits, symbols",
    ),
    "name": ("不得包含用户名", "must not contain the user name"),
    "repeated": (f"至少 {DIFFERENT} 种不同字符", f"at least {DIFFERENT} different characters"),
    "used": (f"不得与最近 {HISTORY} 次使用过的口令相同", f"must differ from the last {HISTORY} passwords"),
}
"""Every rule by its code, in both languages."""


def problems(password: str, name: str) -> list[str]:
    """The codes of the rules that a password breaks, none if it is good.

    >>> problems("Orange-2026-grove", "li"), problems("li-li-li", "li")
    ([], ['short', 'classes', 'name', 'repeated'])
    """
    classes = [str.isupper, str.islower, str.isdigit, lambda c: not c.isalnum()]
    found = {
        "short": len(password) < LENGTH,
        "long": len(password) > 200,
        "classes": sum(any(kind(c) for c in password) for kind in classes) < CLASSES,
        "name": bool(name) and name.casefold() in password.casefold(),
        "repeated": len(set(password)) < DIFFERENT,
    }
    return [code for code, hit in found.items() if hit]


def one_time() -> str:
    """A password to print once: 16 letters and digits that are hard to confuse, in groups of four (about 93 bits)."""
    letters = "".join(set(string.ascii_letters + string.digits) - set("0OoIl1"))
    while True:
        text = "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(4))
        if not problems(text, ""):
            return text


@cache
def hasher() -> Any:
    """The argon2id hasher at `COST`."""
    import argon2

    return argon2.PasswordHasher(**COST)


@cache
def nobody() -> str:
    """A hash to compare with where there is no such user, so that the answer takes as long."""
    return str(hasher().hash(secrets.token_urlsafe(16)))


def hashed(password: str) -> str:
    """The argon2id hash to keep."""
    return str(hasher().hash(password))


def matches(kept: str, password: str) -> bool:
    """True where the password belongs to the hash; takes the same time for an empty hash."""
    import argon2

    try:
        return bool(hasher().verify(kept or nobody(), password[:1000])) and bool(kept)
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
        return False


def new_secret() -> str:
    """A fresh secret for the second factor (base32, 160 bits)."""
    import pyotp

    return str(pyotp.random_base32())


def code_step(secret: str, code: str, last: int) -> int:
    """The time step (30 s) in which a six-digit code is right, 0 if it is not; a step ≤ `last` was used before.

    One step either side is accepted for clocks that differ.
    """
    import pyotp

    step = int(now().timestamp()) // 30
    for candidate in (step - 1, step, step + 1):
        expected = pyotp.TOTP(secret).generate_otp(candidate)
        if candidate > last and secrets.compare_digest(expected.encode(), code.strip().replace(" ", "").encode()):
            return candidate
    return 0


def enrolment_image(secret: str, name: str) -> str:
    """A QR code (SVG) that an authenticator app reads."""
    import io

    import pyotp
    import segno

    uri = pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name="County Workbench")
    out = io.BytesIO()
    segno.make(uri, error="m").save(out, kind="svg", scale=4, xmldecl=False, svgns=True)
    return out.getvalue().decode()
