"""What a reader may ask of a room: to acknowledge an alarm, to set a mode, to command a device. Each is audited."""

from dashboards import rooms_view as view
from dashboards.auth import note, require
from dashboards.reader import reader
from workbench.control.desk import Desk, Order
from workbench.settings import now

BUREAU = "sericulture"


def acknowledge(room: str, code: str, what: str) -> None:
    """Note in journal and audit log that the reader has seen an alarm of a room. Refused without the right."""
    user = require("revise", BUREAU)
    view.scene(reader(), room)
    Desk(room).note("acknowledge", what, reason=code, person=user.name)
    note("acknowledge", f"room {room} {code} {what}")


def post(room: str, order: Order) -> None:
    """Lay an order of the reader's before a room's process, and note it. Refused without the right."""
    user = require("revise", BUREAU)
    view.scene(reader(), room)
    at = now().isoformat()
    Desk(room).post(Order(order.kind, order.what, order.value, user.name, order.reason, at))
    note(f"room {order.kind}", f"{room} {order.what} {order.value:g}", order.reason)
