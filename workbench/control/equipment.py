"""What a room can do: its devices, what they give and draw, and the relays that turn a duty into on and off.

A duty is a share 0–1 of a device; heater and cooler are one heat pump and never run together. Defaults are those of a
house of 100 m² for four boxes (heat pump of COP 3, ultrasonic humidifier of 6–12 kg/h, dehumidifier of 90–138 L/d,
axial fan at half speed): placeholders until a house has its own.
"""

from dataclasses import dataclass

import numpy as np

from workbench.science.psychrometrics import Floats

DEVICES = ("heater", "cooler", "humidifier", "dehumidifier", "vent")
HEATER, COOLER, HUMIDIFIER, DEHUMIDIFIER, VENT = range(5)


@dataclass(frozen=True)
class Equipment:
    """Full output: heat and cold W, water kg/h, fresh air m³/h; electric power at full output, W."""

    heat: float = 12_000.0
    cold: float = 9_000.0
    mist: float = 8.0
    drying: float = 5.0
    fresh: float = 1500.0
    power: tuple[float, float, float, float, float] = (4000.0, 3000.0, 450.0, 2000.0, 180.0)
    share_latent: float = 0.25
    minimum: float = 3.0

    @property
    def condensing(self) -> float:
        """Water that the cooler takes from the air at full output, kg/h."""
        return self.cold * self.share_latent * 3600 / 2.5e6


class Relays:
    """On/off devices that follow duties: what one owes is carried over, no state left before `minimum` min.

    The vent has a drive and follows its duty itself. Arrays are (rooms × 5); `switches` counts changes (rooms × 4).

    >>> relays = Relays(1)
    >>> duty = np.array([[0.5, 0, 0, 0, 0.2]])
    >>> ran = [float(relays.follow(duty)[0, HEATER]) for _ in range(600)]
    >>> round(sum(ran) / 600, 2)
    0.5
    """

    def __init__(self, rooms: int, minimum: float = 3.0) -> None:
        self.on = np.zeros((rooms, 4), dtype=bool)
        self.since = np.full((rooms, 4), 1e6)
        self.owed = np.zeros((rooms, 4))
        self.minimum = minimum
        self.switches = np.zeros((rooms, 4), dtype=np.int64)

    def follow(self, duty: Floats, minutes: float = 1.0) -> Floats:
        """The outputs 0–1 of the next `minutes`; where heating and cooling are asked at once, the difference counts."""
        asked = apart(duty)
        want = asked[:, :4]
        self.owed = np.clip(self.owed + (want - self.on) * minutes, -2 * self.minimum, 2 * self.minimum)
        full, none = want > 0.98, want < 0.02
        turn_on = ~self.on & (full | (~none & (self.owed >= self.minimum)))
        turn_off = self.on & (none | (~full & (self.owed <= -self.minimum)))
        turn_on[:, HEATER] &= ~self.on[:, COOLER]
        turn_on[:, COOLER] &= ~self.on[:, HEATER]
        change = (turn_on | turn_off) & (self.since >= self.minimum)
        self.on = self.on ^ change
        self.owed = np.where(change | full | none, 0.0, self.owed)
        self.since = np.where(change, minutes, self.since + minutes)
        self.switches += change
        return np.concatenate([self.on.astype(np.float64), asked[:, 4:]], axis=1)


def apart(duty: Floats) -> Floats:
    """Duties within 0–1 that neither heat and cool nor wet and dry at once."""
    found = np.clip(duty, 0, 1)
    for one, other in ((HEATER, COOLER), (HUMIDIFIER, DEHUMIDIFIER)):
        both = np.minimum(found[:, one], found[:, other])
        found[:, one] -= both
        found[:, other] -= both
    return found
