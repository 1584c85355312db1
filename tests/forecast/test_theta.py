"""The theta method: known answers, and the moving average as a slow loop."""

import numpy as np

from workbench.forecast.algorithms.theta import profile, slopes, theta


def test_half_of_a_line_is_followed() -> None:
    line = np.arange(100.0)[None]
    rise = np.diff(theta(line, 1, 5)[0])
    assert np.allclose(rise, 0.5)


def test_slopes_are_least_squares() -> None:
    values = np.random.default_rng(0).normal(size=(2, 20))
    values[1, :6] = np.nan
    expected = [np.polyfit(np.arange(20), values[0], 1)[0], np.polyfit(np.arange(6, 20), values[1, 6:], 1)[0]]
    assert np.allclose(slopes(values, np.isfinite(values)), expected)


def test_the_profile_is_the_mean_deviation_from_the_moving_average() -> None:
    random = np.random.default_rng(1)
    for season in (4, 5):
        values = random.normal(size=(1, 33))
        half = season // 2
        away: dict[int, list[float]] = {place: [] for place in range(season)}
        for t in range(half, 33 - half):
            window = values[0, t - half : t + half + 1]
            ends = (window[0] + window[-1]) / 2 if season % 2 == 0 else window[0] + window[-1]
            away[t % season].append(values[0, t] - (window[1:-1].sum() + ends) / season)
        slow = np.array([np.mean(away[place]) for place in range(season)])
        assert np.allclose(profile(values, season)[0], slow - slow.mean())


def test_a_season_on_a_level_goes_on() -> None:
    year = np.tile([10.0, 14.0, 9.0, 11.0], 10)
    values = np.stack([year, year])
    values[1, :11] = np.nan
    assert np.allclose(theta(values, 4, 4), [[10.0, 14.0, 9.0, 11.0]] * 2, atol=0.2)


def test_a_single_value_is_repeated() -> None:
    assert theta(np.array([[5.0]]), 1, 2).tolist() == [[5.0, 5.0]]
