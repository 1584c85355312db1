"""Psychrometrics against the tables of the ASHRAE Handbook (2017, ch. 1) and against itself, turned round."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.science import psychrometrics as moist


@pytest.mark.parametrize(
    ("t", "pascal"),
    [(-20, 103.24), (-5, 401.74), (5, 872.6), (25, 3169.7), (50, 12351.3), (100, 101418.0), (150, 476101.4)],
)
def test_saturation_pressure_is_that_of_table_3(t: float, pascal: float) -> None:
    assert float(moist.saturation_pressure(t)) == pytest.approx(pascal, rel=3e-4)


@pytest.mark.parametrize(
    ("t", "ratio", "rel"), [(-20, 0.0006373, 0.01), (5, 0.005425, 0.005), (25, 0.020173, 0.005), (50, 0.086863, 0.01)]
)
def test_saturated_ratio_is_that_of_table_2(t: float, ratio: float, rel: float) -> None:
    assert float(moist.humidity_ratio(t, 100)) == pytest.approx(ratio, rel=rel)


@pytest.mark.parametrize(
    ("t", "wet", "pressure", "ratio"),
    [(30, 25, 95461, 0.0192281274241096), (-1, -5, 95461, 0.00120399819933844)],
)
def test_ratio_from_wet_bulb(t: float, wet: float, pressure: float, ratio: float) -> None:
    assert float(moist.ratio_of_wet_bulb(t, wet, pressure)) == pytest.approx(ratio, rel=3e-4)


def test_example_1_of_the_handbook() -> None:
    """40 °C with 20 °C wet bulb at sea level."""
    w = moist.ratio_of_wet_bulb(40, 20)
    assert float(w) == pytest.approx(0.0065, abs=1e-4)
    assert float(moist.relative_humidity(40, w)) == pytest.approx(14, abs=1)
    assert float(moist.dew_point(40, moist.relative_humidity(40, w))) == pytest.approx(7, abs=0.5)
    assert float(moist.enthalpy(40, w)) == pytest.approx(56700, abs=100)


def test_volume_and_enthalpy_of_moist_air() -> None:
    assert float(moist.enthalpy(30, 0.02)) == pytest.approx(81316, rel=3e-4)
    assert 1 / float(moist.dry_air_density(30, 0.02, 95461)) == pytest.approx(0.940855374352943, rel=3e-4)


@pytest.mark.parametrize(
    ("height", "pascal"), [(-500, 107478), (0, 101325), (500, 95461), (1000, 89875), (4000, 61640)]
)
def test_standard_atmosphere_is_that_of_table_1(height: float, pascal: float) -> None:
    assert moist.pressure_at(height) == pytest.approx(pascal, abs=1)


@pytest.mark.parametrize(
    ("t", "gap", "rh"), [(27.5, 1, 92.6), (26.5, 1.5, 88.8), (24.5, 2, 84.5), (23.5, 2, 84.2), (23.5, 3, 76.7)]
)
def test_the_gap_rule_of_rearing_guides(t: float, gap: float, rh: float) -> None:
    """The wet-bulb gaps of farm guides as relative humidity at 98 kPa."""
    w = moist.ratio_of_wet_bulb(t, t - gap, 98_000)
    assert float(moist.relative_humidity(t, w, 98_000)) == pytest.approx(rh, abs=0.06)


@given(t=st.floats(-15, 45), rh=st.floats(5, 100), height=st.floats(0, 2000))
def test_turned_round_it_is_the_same(t: float, rh: float, height: float) -> None:
    """Ratio, wet bulb and dew point lead back to the humidity they came from, and stand in order."""
    pressure = moist.pressure_at(height)
    w = moist.humidity_ratio(t, rh, pressure)
    assert float(moist.relative_humidity(t, w, pressure)) == pytest.approx(rh, rel=1e-9)
    wet, dew = moist.wet_bulb(t, rh, pressure), moist.dew_point(t, rh)
    assert np.abs(moist.saturation_pressure(dew) / moist.saturation_pressure(t) * 100 - rh) < 0.02
    if wet > 0.1:
        assert float(moist.ratio_of_wet_bulb(t, wet, pressure)) == pytest.approx(float(w), rel=1e-4)
        assert dew - 1e-3 <= wet <= t + 1e-3
