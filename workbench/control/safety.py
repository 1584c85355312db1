"""The plain values that go into and come out of the safety shield; `workbench.control.shield` says what is done."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from workbench.control.senses import Believed, Reading, Sense

CODES = (
    *("dead", "frozen", "lying", "drifting", "stuck_on", "stuck_off", "too_warm", "too_cold", "too_damp", "too_dry"),
    *("foul_air", "weather_lost", "link_lost", "plan_lost", "plan_unsound", "handover_ends", "handover_ended", "clock"),
)
WARNINGS = ("drifting", "weather_lost", "link_lost", "handover_ends", "plan_unsound", "too_damp", "too_dry")
MODES = ("shadow", "advice", "automatic")


@dataclass(frozen=True)
class Limits:
    """Hard limits (°C, % RH, ppm), minimum minutes on or off of the four relays, minutes after which a thing is lost.

    `margin` (°C, %): before a limit what pushes there goes off; `ahead`: minutes on, along the present slope of each;
    `stuck`: minutes that a contact may differ from its command; `effect`: minutes that the room may be `amiss` (°C, %)
    before a relay is suspected.
    """

    t_low: float = 20.0
    t_high: float = 30.0
    margin: tuple[float, float] = (1.0, 2.0)
    rh_low: float = 45.0
    rh_high: float = 97.0
    co2_high: float = 3000.0
    minimum: tuple[float, float, float, float] = (3.0, 3.0, 3.0, 3.0)
    ahead: tuple[float, float] = (8.0, 4.0)
    weather: float = 360.0
    link: float = 15.0
    plan: float = 3.0
    stuck: float = 3.0
    effect: float = 15.0
    amiss: tuple[float, float] = (2.0, 12.0)


@dataclass(frozen=True)
class Seen:
    """What the device process sees this minute; times are minutes of one clock of its own, which should only go on.

    `readings` by sensor (t, t2, rh, rh2, co2); `local`: the selector stands on 就地; `proofs`: the feedback contact of
    each device, None where none is wired; `foreseen`: °C and % that the room's model expects now; `weather_at`,
    `link_at`: when a weather forecast, and when the network, was last heard of; `outdoor` °C.
    """

    at: float
    readings: Mapping[str, Reading]
    local: bool = False
    proofs: tuple[bool | None, ...] = (None,) * 5
    foreseen: tuple[float, float] | None = None
    weather_at: float | None = None
    link_at: float | None = None
    outdoor: float | None = None


@dataclass(frozen=True)
class Ask:
    """What is wanted: `plan` as outputs 0–1 a device (None: the controller failed), `manual` by device, the band."""

    plan: tuple[float, ...] | None
    manual: Mapping[int, float] = field(default_factory=dict)
    band: tuple[float, float, float, float] = (24.0, 26.0, 70.0, 80.0)


@dataclass(frozen=True)
class Alarm:
    """One thing wrong: its code (CODES), the sensor or device, the minute it began, `warning` or `alarm`."""

    code: str
    what: str
    since: float
    level: str


@dataclass(frozen=True)
class Changed:
    """A device that was not given what was wanted, and why."""

    device: str
    wanted: float
    given: float
    reason: str


@dataclass(frozen=True)
class Verdict:
    """What leaves the shield: `commands` by device (None: leave it alone), and what it would command (`allowed`).

    `mode`: local, shadow, advice, automatic, manual or a safe state; `trusted`: t, rh, co2 as believed; `cut`: open the
    main contactor.
    """

    commands: tuple[float | None, ...]
    allowed: tuple[float, ...]
    mode: str
    alarms: tuple[Alarm, ...]
    trusted: dict[str, float | None]
    changed: tuple[Changed, ...]
    cut: bool


@dataclass(frozen=True)
class Memory:
    """All that the shield remembers between two minutes; a fresh one is in `shadow`."""

    at: float = -1e9
    mode: str = "shadow"
    until: float | None = None
    ended: bool = False
    senses: Mapping[str, Sense] = field(default_factory=dict)
    commands: tuple[float, ...] = (0.0,) * 5
    moved: tuple[float, ...] = (-1e9,) * 5
    share: tuple[float, ...] = (0.0,) * 5
    state: str = ""
    planless: float = 0.0
    slope: tuple[float, float] = (0.0, 0.0)
    last: tuple[float | None, float | None] = (None, None)
    suspects: Mapping[str, float] = field(default_factory=dict)
    alarms: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def restored(cls, document: Mapping[str, Any]) -> "Memory":
        """From `dataclasses.asdict`, also after a way through JSON."""
        parts = {k: tuple(v) if isinstance(v, list) else v for k, v in document.items()}
        return cls(**parts | {"senses": {name: Sense(**sense) for name, sense in document["senses"].items()}})


@dataclass(frozen=True)
class Air:
    """What is believed of the room this minute, and the extremes that it has or is heading for."""

    t: Believed
    rh: Believed
    co2: Believed
    warmest: float
    coldest: float
    dampest: float
    driest: float
    outdoor: float | None
