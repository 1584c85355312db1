"""The gate of promotion: is a challenger better than the champion on the same origins, beyond chance?

CRPS of each series is put on a common scale (the champion's own mean of that series), averaged over series and leads
within an origin, and differenced: one number an origin. Neighbouring origins share weather, so the mean difference is
judged by a moving-block bootstrap (Künsch 1989; Politis and Romano's circular form). A tie never promotes.
"""

from dataclasses import asdict, dataclass

import numpy as np
import polars as pl

CONFIDENCE = 0.95
RESAMPLES = 2000
FEWEST = 8
"""Origins below which nothing can be said."""
TOLERANCE = 0.02
"""How much farther from 80 % a challenger's interval may lie than the champion's."""
GOOD_ENOUGH = 0.03
"""A coverage within this of 80 % is never held against a challenger."""

KEYS = ["unique_id", "cutoff", "lead_day"]


@dataclass(frozen=True)
class Verdict:
    """What the gate found. `gain` is the share of CRPS saved, `low` its lower bound at 95 %."""

    passed: bool
    gain: float
    low: float
    coverage: float
    coverage_champion: float
    origins: int
    reason: str

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def compare(champion: pl.DataFrame, challenger: pl.DataFrame, seed: int, block: int = 3) -> Verdict:
    """Judge two SCORE frames (unique_id, cutoff, lead_day, metric, value, count) on what both forecast.

    `block` is the length of a bootstrap block in origins.
    """
    both = wide(champion).join(wide(challenger), on=KEYS, suffix="_new")
    scale = pl.col("crps").mean().over("unique_id")
    both = both.filter(scale > 0).with_columns(saved=(pl.col("crps") - pl.col("crps_new")) / scale)
    by_origin = both.group_by("cutoff").agg(pl.col("saved").mean()).sort("cutoff")["saved"].to_numpy()
    if len(by_origin) < FEWEST:
        return Verdict(
            False, 0.0, 0.0, 0.0, 0.0, len(by_origin), f"only {len(by_origin)} common origins; {FEWEST} needed"
        )
    gain, low = float(by_origin.mean()), lower_bound(by_origin, block, seed)
    old, new = (float(both.select(weighted(name)).item()) for name in ("coverage_80", "coverage_80_new"))
    allowed = max(abs(old - 0.8) + TOLERANCE, GOOD_ENOUGH)
    covered = abs(new - 0.8) <= allowed
    if not covered:
        reason = f"its 80 % interval held {new:.0%} of the truth (champion {old:.0%}): farther off than is allowed"
    elif low <= 0:
        reason = f"CRPS {gain:+.1%} lower, but no more than chance could give ({low:+.1%} at {CONFIDENCE:.0%})"
    else:
        reason = f"CRPS {gain:.1%} lower (at least {low:.1%} at {CONFIDENCE:.0%}), coverage {new:.0%}"
    return Verdict(covered and low > 0, gain, low, new, old, len(by_origin), reason)


def wide(scores: pl.DataFrame) -> pl.DataFrame:
    """One row a series, origin and lead day: crps, coverage_80, count."""
    wanted = scores.filter(pl.col("metric").is_in(["crps", "coverage_80"]))
    return wanted.pivot("metric", index=[*KEYS, "count"], values="value").sort(KEYS)


def weighted(name: str) -> pl.Expr:
    """Mean of a score over all forecasts that it stands for; what has none (null) does not count."""
    return (pl.col(name) * pl.col("count")).sum() / pl.col("count").filter(pl.col(name).is_not_null()).sum()


def lower_bound(differences: np.ndarray, block: int, seed: int) -> float:
    """Lower bound of the mean of a dependent series, one-sided, by circular moving blocks.

    >>> round(lower_bound(np.array([1.0] * 20), block=3, seed=1), 6)
    1.0
    """
    n = len(differences)
    random = np.random.default_rng(seed)
    starts = random.integers(0, n, size=(RESAMPLES, -(-n // block)))
    picked = (starts[:, :, None] + np.arange(block)) % n
    means = differences[picked.reshape(RESAMPLES, -1)[:, :n]].mean(axis=1)
    return float(np.quantile(means, 1 - CONFIDENCE))
