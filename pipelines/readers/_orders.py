"""Order exports of shop platforms as order lines: what is sold passes the door, to whom it is sold does not.

Each platform's reader says in an `Export` which headers hold what; everything it does not name is left out: buyers'
names, accounts, phones, addresses finer than the city, messages and remarks, tracking numbers, invoice titles,
influencers. Order numbers leave as SHA-256 digests, which the lake stores under its key. No cell goes to the quarantine
as it was written: of one that cannot be read only the shape is told (`9` a digit, `a` a letter, `字` a character), and
of a line with another number of fields than the header only its number.
"""

from dataclasses import dataclass, field

import polars as pl

from pipelines.readers import _columns as columns
from pipelines.readers import _order_cells as said
from workbench.errors import BrokenContract, UnreadableFile
from workbench.lake.catalogue import Table
from workbench.lake.files import SourceFile
from workbench.lake.headers import plain
from workbench.lake.reading import Parsed

UNPAID = "待付款|待支付|等待买家付款|等待付款|未付款|未支付"
CLOSED = "关闭|取消"
PAID_BACK = "退款成功|已退款|已全额退款|退货成功|退款完成"


@dataclass(frozen=True)
class Export:
    """One platform's export: for each target the headers that may hold it, the best first; `signs` tell the platform.

    `part` tells lines of one order apart (none: an order is one line). `once` is for exports whose time of payment is
    a column: an order without it was never paid.
    """

    name: str
    platform: str
    signs: tuple[str, ...]
    order: tuple[str, ...]
    time: tuple[str, ...]
    item: tuple[str, ...]
    quantity: tuple[str, ...]
    value: tuple[str, ...] = ()
    price: tuple[str, ...] = ()
    part: tuple[str, ...] = ()
    paid: tuple[str, ...] = ()
    spec: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    shop: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    shipped: tuple[str, ...] = ()
    tracking: tuple[str, ...] = ()
    province: tuple[str, ...] = ()
    city: tuple[str, ...] = ()
    address: tuple[str, ...] = ()
    channel: tuple[str, ...] = ()


def header(file: SourceFile, export: Export) -> columns.Found | None:
    """The line that is this platform's header: at least half of its signs stand in it."""
    signs = {plain(sign) for sign in export.signs}
    best, score = None, len(signs) / 2
    for found in columns.headers_of(file):
        there = len(signs & {plain(name) for name in found.names})
        if there >= score and (best is None or there > score):
            best, score = found, there
    return best


def fits(file: SourceFile, table: Table, export: Export) -> bool:
    """Whether the table is one of order lines and the file this platform's."""
    return {"order", "line", "platform"} <= set(table.columns) and header(file, export) is not None


def nearest(file: SourceFile, table: Table, export: Export) -> tuple[int, str] | None:
    """How many of the platform's signs some line holds, and which are missing; no word of the file's own is told."""
    if not {"order", "line", "platform"} <= set(table.columns):
        return None
    lines = [{plain(name) for name in found.names} for found in columns.headers_of(file)]
    there = max(lines, key=lambda names: sum(plain(sign) in names for sign in export.signs), default=set())
    missing = [sign for sign in export.signs if plain(sign) not in there]
    count = len(export.signs) - len(missing)
    return (count, f"nearest is {export.name}, but its columns {'、'.join(missing)} are missing") if count else None


@dataclass(frozen=True)
class Sheet:
    """The rows of an export with their headers' plain names; `at` finds the first header that is there."""

    rows: pl.DataFrame
    where: dict[str, str]
    seen: dict[str, pl.Series] = field(default_factory=dict)

    def cells(self, name: str) -> pl.Series:
        """One column, cleaned once."""
        if name not in self.seen:
            self.seen[name] = said.clean(self.rows[self.where[plain(name)]])
        return self.seen[name]

    def at(self, names: tuple[str, ...]) -> pl.Series | None:
        """A column as text without blanks, tabs, Excel's `="…"` and masks; None where there is none."""
        found = [self.cells(name) for name in names if plain(name) in self.where]
        if not found:
            return None
        whole = found[0]
        for other in found[1:]:
            whole = whole.zip_with(whole.is_not_null(), other)
        return whole

    def all_of(self, names: tuple[str, ...]) -> pl.Series:
        """What several columns say, one after the other; empty where they say nothing."""
        found = [self.or_null((name,)).fill_null("") for name in names]
        empty = pl.Series([""]).new_from_index(0, self.rows.height)
        return pl.select(pl.concat_str(found, separator=" ")).to_series() if found else empty

    def or_null(self, names: tuple[str, ...]) -> pl.Series:
        """The same, nulls where there is none."""
        found = self.at(names)
        return pl.Series([None], dtype=pl.String).new_from_index(0, self.rows.height) if found is None else found


def opened(file: SourceFile, export: Export) -> tuple[Sheet, pl.DataFrame]:
    """The sheet of an export, and its broken lines. BrokenContract where a column that is needed has another name."""
    found = header(file, export)
    if found is None:
        raise UnreadableFile(f"{file.name}: no header of a {export.name} export", "export the order list again")
    rows, broken = columns.grid(file, found)
    sheet = Sheet(rows, {plain(name): str(i) for i, name in reversed(list(enumerate(found.names)))})
    for what in ("order", "time", "item", "quantity"):
        names: tuple[str, ...] = getattr(export, what)
        if sheet.at(names) is None:
            raise BrokenContract(
                f"{file.name}: this {export.name} export has no column {' or '.join(names)} ({what})",
                "name that column as the platform does, or export the order list again; nothing was read",
            )
    return sheet, broken


def read(file: SourceFile, table: Table, export: Export) -> Parsed:
    """Order lines of a platform's export."""
    sheet, broken = opened(file, export)
    lines, notes = told(sheet, table, export)
    return finished(lines, broken, export, notes)


def nameless(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of which only their number is handed on: the contract refuses them for lack of an order."""
    return rows.select("_row", order=pl.lit(None, pl.String), line=pl.lit("0"))


def shifted(lines: pl.DataFrame) -> pl.Expr:
    """Whether time or pieces of a line could not be read: they are still text then."""
    number = pl.col("quantity").cast(pl.Float64, strict=False)
    unread = number.is_null() & pl.col("quantity").is_not_null()
    if lines.schema["time"] == pl.String:
        unread |= ~pl.col("time").str.contains(r"^\d{4}-\d\d-\d\dT").fill_null(True)
    return unread | pl.col("time").is_null()


def finished(lines: pl.DataFrame, broken: pl.DataFrame, export: Export, notes: list[str]) -> Parsed:
    """Lines and notes as a reader gives them; of a line that nobody can read only the number is told.

    Where time or pieces cannot be read, columns have shifted and a name may stand in the title: the line is refused.
    """
    odd = lines.filter(shifted(lines))
    if odd.height:
        notes.append(f"{odd.height} lines whose time or pieces cannot be read: not used")
        lines = pl.concat([lines.filter(~shifted(lines)), nameless(odd)], how="diagonal")
    if broken.height:
        notes.append(f"{broken.height} lines with another number of fields than the header: not used")
        lines = pl.concat([lines, nameless(broken)], how="diagonal")
    return Parsed(lines.sort("_row", maintain_order=True), f"orders_{export.platform}", tuple(notes))


def told(sheet: Sheet, table: Table, export: Export) -> tuple[pl.DataFrame, list[str]]:
    """The order lines of a sheet, and what is to be said about them."""
    order, status = sheet.or_null(export.order), sheet.or_null(export.status[:1]).fill_null("")
    time = said.instants(sheet.or_null(export.time), order, table.zone)
    paid = sheet.or_null(export.paid).is_not_null() if export.paid else pl.Series([True]).new_from_index(0, len(order))
    quantity = said.number(sheet.or_null(export.quantity), table.columns["quantity"])
    spec, item = sheet.or_null(export.spec), sheet.or_null(export.item)
    address = sheet.or_null(export.address)
    frame = sheet.rows.select("_row").with_columns(
        order=said.digest(order, export.platform),
        line=said.digest(sheet.or_null(export.part), "part").fill_null("0"),
        kind=pl.lit("sale"),
        time=time,
        platform=pl.lit(export.platform),
        shop=said.digest(sheet.or_null(export.shop), "shop"),
        channel=said.channel(sheet.or_null(export.channel)),
        item=said.scrubbed(item),
        code=said.code(sheet.or_null(export.code)),
        spec=said.scrubbed(spec),
        quantity=quantity,
        value=value(sheet, table, export),
        parcels=said.parcels(sheet.or_null(export.tracking)),
        province=said.province(sheet.or_null(export.province), address),
        city=said.city(sheet.or_null(export.city), address),
        _closed=status.str.contains(CLOSED),
        _unpaid=status.str.contains(UNPAID) | ~paid & status.str.contains(CLOSED),
        _back=sheet.all_of(export.status).str.contains(PAID_BACK),
        _sent=(sheet.or_null(export.shipped).is_not_null() | sheet.or_null(export.tracking).is_not_null()),
    )
    frame = frame.with_columns(kilograms=said.kilograms(frame))
    notes = []
    unpaid = int(frame["_unpaid"].sum())
    if unpaid:
        notes.append(f"{unpaid:,} orders never paid: not counted")
    sold = frame.filter(~pl.col("_unpaid"))
    taken = reversed_lines(sold.filter(pl.col("_back") | pl.col("_closed")))
    if taken.height:
        notes.append(f"{taken.height:,} orders cancelled or returned: counted as sold and as taken back")
    left = len(sheet.where) - sum(plain(name) in sheet.where for name in kept(export))
    notes.append(f"left at the door: {left} of {len(sheet.where)} columns")
    names = ["_row", *(name for name in table.columns if name in frame.columns)]
    return pl.concat([sold.select(names), taken.select(names)], how="vertical_relaxed"), notes


def value(sheet: Sheet, table: Table, export: Export) -> pl.Series:
    """What the shop receives for a line: stated, or price times pieces."""
    stated = sheet.at(export.value)
    if stated is not None:
        return said.number(stated, table.columns["value"])
    price = said.number(sheet.or_null(export.price), table.columns["value"]).cast(pl.Float64, strict=False)
    pieces = said.number(sheet.or_null(export.quantity), table.columns["quantity"]).cast(pl.Float64, strict=False)
    return (price * pieces).round(4)


def reversed_lines(lines: pl.DataFrame) -> pl.DataFrame:
    """The lines that take sales back: cancelled before anything was sent, returned afterwards."""
    numbers = [
        (-pl.col(name).cast(pl.Float64, strict=False)).alias(name) for name in ("quantity", "kilograms", "value")
    ]
    return lines.with_columns(
        *numbers,
        line=pl.format("{}r", "line"),
        kind=pl.when("_sent").then(pl.lit("returned")).otherwise(pl.lit("cancelled")),
        parcels=pl.lit(None, pl.Int64),
    )


def kept(export: Export) -> tuple[str, ...]:
    """Headers of which something passes the door."""
    return tuple(
        name for what, names in vars(export).items() if isinstance(names, tuple) and what != "signs" for name in names
    )
