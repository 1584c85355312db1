"""Units: what turns into what, exactly, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import BrokenContract
from workbench.lake import units


@pytest.mark.parametrize(
    ("source", "target", "value", "wanted"),
    [
        ("µg/m³", "mg/m³", 1500, 1.5),
        ("mg/m3", "µg/m³", 0.035, 35),
        ("微克/立方米", "µg/m³", 35, 35),
        ("毫克每立方米", "µg/m³", 0.1, 100),
        ("km/h", "m/s", 36, 10),
        ("kn", "m/s", 1, 1852 / 3600),
        ("mp/h", "m/s", 1, 0.44704),
        ("°F", "°C", -40, -40),
        ("K", "°C", 300, 26.85),
        ("Pa", "hPa", 98765, 987.65),
        ("inch", "mm", 2, 50.8),
        ("公顷", "亩", 2, 30),
        ("万吨", "t", 1.5, 15000),
    ],
)
def test_known_units_turn_into_one_another(source: str, target: str, value: float, wanted: float) -> None:
    """Hand-worked numbers."""
    scale, shift = units.conversion(source, target, "x")
    assert value * scale + shift == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize(("source", "target"), [("ppb", "µg/m³"), ("km/h", "hPa"), ("小红旗", "mm")])
def test_other_units_are_refused_with_what_to_do(source: str, target: str) -> None:
    """A mixing ratio needs temperature and pressure; a speed is no pressure."""
    with pytest.raises(BrokenContract, match=f"column 'O3' is in {source}, which cannot be turned into") as refused:
        units.conversion(source, target, "O3")
    assert f"export it in {target}" in str(refused.value)


PAIRS = [(a, b) for group in units.DIMENSIONS.values() for a in group for b in group]


@given(st.sampled_from(PAIRS), st.floats(-1e4, 1e4))
def test_there_and_back_is_where_one_started(pair: tuple[str, str], value: float) -> None:
    """Every conversion has its inverse."""
    there, back = units.conversion(*pair, "x"), units.conversion(*reversed(pair), "x")
    assert (value * there[0] + there[1]) * back[0] + back[1] == pytest.approx(value, rel=1e-9, abs=1e-6)
