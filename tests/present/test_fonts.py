"""The cut face has every character that a page may need, in mainland forms, and is made once."""

from pathlib import Path

import pytest

from workbench.present import fonts
from workbench.present.words import texts


def test_what_our_pages_say_can_be_drawn() -> None:
    kept = set(fonts.characters())
    said = set("".join([*texts("zh").values(), *texts("en").values()])) - {"\n"}
    assert said <= kept
    assert set("奉节县鳜µ°²³₂₃–—“”…≥≤·") <= kept
    assert 7000 < len(kept) < 9000


def test_a_cut_face_keeps_the_asked_characters_in_mainland_form(tmp_path: Path) -> None:
    """骨 differs between the regions: the mainland form is another glyph than the face's default one."""
    from fontTools.ttLib import TTFont

    target = tmp_path / "cut.woff2"
    fonts.cut(fonts.source(), "骨A1污", target)
    with TTFont(target) as cut:
        assert {ord(c) for c in "骨A1污"} <= set(cut.getBestCmap())
    assert target.stat().st_size < 20_000
    with TTFont(fonts.source(), lazy=True) as face:
        before = dict(face.getBestCmap())
        fonts.mainland(face)
        after = face.getBestCmap()
        assert before[ord("骨")] != after[ord("骨")]
        assert before[ord("A")] == after[ord("A")]


def test_a_face_made_once_is_served_again(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Path] = []

    def quick(face: Path, text: str, target: Path) -> None:
        made.append(target)
        target.write_bytes(b"face")

    monkeypatch.setattr(fonts, "cut", quick)
    assert fonts.woff2() == fonts.woff2()
    assert 1 == len(made)
    assert home / "fonts" == made[0].parent
