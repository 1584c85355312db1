"""Password rules, hashing and one-time codes."""

import pytest

from workbench.operate import passwords

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # the secret of RFC 6238, appendix B: 12345678901234567890


@pytest.mark.parametrize(
    ("password", "broken"),
    [
        ("Orange-2026-grove", []),
        ("Or-2026", ["short"]),
        ("orange grove orange", ["classes"]),
        ("Wang-fei-2026", ["name"]),
        ("Aa1Aa1Aa1Aa1", ["repeated"]),
        ("橙子-Orange-2026", []),
        ("Aa1-" * 60, ["long", "repeated"]),
    ],
)
def test_each_rule_is_named_by_its_code(password: str, broken: list[str]) -> None:
    """A good password breaks none; each bad one says which."""
    assert broken == passwords.problems(password, "wang-fei")


def test_one_time_passwords_differ_and_keep_the_rules() -> None:
    """Two hundred of them: no two alike, none breaks a rule, none has letters that look alike."""
    made = {passwords.one_time() for _ in range(200)}
    assert 200 == len(made)
    assert all(not passwords.problems(one, "") and not set(one) & set("0OoIl1") for one in made)


def test_a_hash_is_argon2id_salted_and_matches_only_its_password() -> None:
    """Two hashes of one password differ; an empty hash matches nothing, not even the empty password."""
    first, second = passwords.hashed("Orange-2026"), passwords.hashed("Orange-2026")
    assert first.startswith("$argon2id$v=19$m=65536,t=3,p=1$")
    assert first != second
    assert passwords.matches(first, "Orange-2026")
    assert not passwords.matches(first, "orange-2026")
    assert not passwords.matches("", "")


@pytest.mark.parametrize(("seconds", "code"), [(59, "287082"), (1111111109, "081804"), (20000000000, "353130")])
def test_codes_are_those_of_the_standard(seconds: int, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test vectors of RFC 6238, appendix B (SHA-1, last six digits)."""
    from datetime import UTC, datetime

    monkeypatch.setenv("WORKBENCH_NOW", datetime.fromtimestamp(seconds, UTC).isoformat())
    assert seconds // 30 == passwords.code_step(SECRET, code, 0)


def test_a_code_is_taken_once_and_not_too_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """One step either side passes, two do not, and a step that was used does not pass again."""
    monkeypatch.setenv("WORKBENCH_NOW", "1970-01-01T00:01:20+00:00")  # one step after 59 s
    assert 1 == passwords.code_step(SECRET, " 287 082 ", 0)
    assert 0 == passwords.code_step(SECRET, "287082", 1)
    monkeypatch.setenv("WORKBENCH_NOW", "1970-01-01T00:01:50+00:00")
    assert 0 == passwords.code_step(SECRET, "287082", 0)
    assert 0 == passwords.code_step(SECRET, "六位数字", 0)


def test_the_enrolment_image_is_a_plain_drawing() -> None:
    """An SVG without scripts or foreign addresses."""
    image = passwords.enrolment_image(SECRET, "wang")
    assert image.startswith("<svg")
    assert "<script" not in image
    assert "href" not in image
