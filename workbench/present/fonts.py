"""The Chinese face for a machine that has none: cut down once to what a page needs, served locally.

The full face (16 MB) comes from a package; GB 2312 and every character of our texts and of the catalogue are kept,
in their mainland forms, as one woff2 of about 2 MB under `<home>/fonts`. Pages name local faces first, so that most
browsers never fetch it.
"""

import hashlib
import importlib.util
import threading
from pathlib import Path
from typing import Any

from workbench.errors import MissingData
from workbench.settings import PROJECT, home

FACE = "Workbench Sans"
PACKAGE = "cvttf_NotoSansCJK_Regular"


def characters() -> str:
    """The characters kept: ASCII, Latin-1, Greek, punctuation and signs, GB 2312, and whatever our texts use."""
    gb2312 = (bytes([high, low]).decode("gb2312", "ignore") for high in range(0xA1, 0xF8) for low in range(0xA1, 0xFF))
    latin = (chr(code) for code in [*range(0x20, 0x7F), *range(0xA0, 0x100), *range(0x391, 0x3CA)])
    signs = "‐–—‘’“”…‰′″←↑→↓⇒−√∞≈≠≤≥⊕①②③④⑤⑥⑦⑧⑨⑩□■▲△▼▽○●☆★⁰¹²³⁴⁵⁻₀₁₂₃₄₅"
    folders = (PROJECT / "workbench/present/text", PROJECT / "data", PROJECT / "data/catalogue")
    ours = (file.read_text("utf-8") for folder in folders for file in folder.glob("*.toml"))
    return "".join(sorted(set("".join([*gb2312, *latin, signs, *ours])) - set("\n\t")))


def source() -> Path:
    """The full face in the installed package; MissingData when the package is not there."""
    found = importlib.util.find_spec(PACKAGE)
    files = (
        sorted(Path(found.submodule_search_locations[0]).glob("*.[ot]tf"))
        if found and found.submodule_search_locations
        else []
    )
    if not files:
        raise MissingData("the package with the Chinese face is not installed", "make .venv")
    return files[0]


_making = threading.Lock()


def place() -> Path:
    """Where the cut face is kept: under `<home>/fonts`, named by its characters, so that new texts make a new one."""
    return home() / "fonts" / f"sans-{hashlib.sha256(characters().encode()).hexdigest()[:12]}.woff2"


def woff2() -> Path:
    """The cut face; made at the first call, which takes about half a minute of processor time."""
    target = place()
    with _making:
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            cut(source(), characters(), target)
    return target


def prepare() -> None:
    """Make the cut face ready beside everything else, without waiting for it."""
    threading.Thread(target=woff2, name="fonts", daemon=True).start()


def cut(face: Path, text: str, target: Path) -> None:
    """Write the characters of `text` from `face` to `target` as woff2, Han characters in their mainland forms."""
    from fontTools import subset
    from fontTools.ttLib import TTFont

    kept = subset.Options(layout_features=["kern", "tnum"], hinting=False, name_IDs=[1, 2, 4])
    cutter, part = subset.Subsetter(kept), target.with_suffix(".part")
    cutter.populate(text=text)
    with TTFont(face, lazy=True) as font:
        mainland(font)
        cutter.subset(font)
        font.flavor = "woff2"
        font.save(part)
    part.replace(target)


def mainland(font: Any) -> None:
    """Make the mainland form of each character the default one: the face's own `locl` rule for ZHS, applied once."""
    gsub = font["GSUB"].table
    wanted: set[int] = set()
    for script in gsub.ScriptList.ScriptRecord:
        for system in script.Script.LangSysRecord:
            if system.LangSysTag.strip() == "ZHS":
                wanted |= set(system.LangSys.FeatureIndex)
    swaps: dict[str, str] = {}
    for index in sorted(wanted):
        feature = gsub.FeatureList.FeatureRecord[index]
        if feature.FeatureTag == "locl":
            for number in feature.Feature.LookupListIndex:
                for table in gsub.LookupList.Lookup[number].SubTable:
                    swaps |= getattr(getattr(table, "ExtSubTable", table), "mapping", {})
    for table in font["cmap"].tables:
        if hasattr(table, "cmap"):
            table.cmap = {code: swaps.get(glyph, glyph) for code, glyph in table.cmap.items()}
