"""The UCI Online Retail data set (id 352; Chen, Sain and Guo 2012): invoice lines of an English gift shop.

Invoices that begin with C take sales back, on the day that they were written. Prices are pounds and stay pounds.
Lines of no price, or that lower the stock without being a credit note, correct the stock and are no sale. Countries
stand where provinces do; customers' numbers are left at the door. Equal lines of one invoice are one line.
"""

import polars as pl

from pipelines.readers import _order_cells as said
from pipelines.readers import _orders as orders
from workbench.lake.catalogue import Table
from workbench.lake.files import SourceFile
from workbench.lake.reading import Parsed

TITLE_ZH = "UCI Online Retail 数据集"
TITLE_EN = "UCI Online Retail data set"
STRIPS = True

EXPORT = orders.Export(
    name="UCI Online Retail",
    platform="online_retail",
    signs=("InvoiceNo", "StockCode", "Description", "InvoiceDate", "UnitPrice", "CustomerID", "Country"),
    order=("InvoiceNo", "Invoice"),
    time=("InvoiceDate",),
    item=("Description",),
    code=("StockCode",),
    quantity=("Quantity",),
    price=("UnitPrice", "Price"),
    province=("Country",),
)


def matches(file: SourceFile, table: Table) -> bool:
    """True where most of the data set's own headers are there."""
    return orders.fits(file, table, EXPORT)


def nearest(file: SourceFile, table: Table) -> tuple[int, str] | None:
    """What a file lacks to be this export."""
    return orders.nearest(file, table, EXPORT)


def read(file: SourceFile, table: Table) -> Parsed:
    """Order lines, without the customers."""
    sheet, broken = orders.opened(file, EXPORT)
    order, quantity = (
        sheet.or_null(EXPORT.order),
        said.number(sheet.or_null(EXPORT.quantity), table.columns["quantity"]),
    )
    price = said.number(sheet.or_null(EXPORT.price), table.columns["value"])
    time = said.instants(sheet.or_null(EXPORT.time), order, "Europe/London")
    code = sheet.or_null(EXPORT.code).str.slice(0, 40)
    country = sheet.or_null(EXPORT.province).str.to_lowercase().str.replace_all(r"[^a-z]+", "_")
    frame = sheet.rows.select("_row").with_columns(
        order=said.digest(order, EXPORT.platform),
        line=pl.concat_str(
            code.fill_null(""), *[part.cast(pl.String).fill_null("") for part in (quantity, price, time)], separator="|"
        ),
        kind=kinds(order, quantity, price),
        time=time,
        platform=pl.lit(EXPORT.platform),
        item=said.scrubbed(sheet.or_null(EXPORT.item)),
        code=code,
        quantity=quantity,
        value=(quantity.cast(pl.Float64, strict=False) * price.cast(pl.Float64, strict=False)).round(4),
        province=country,
    )
    notes = [f"left at the door: {len(sheet.where) - 7} of {len(sheet.where)} columns", "values are pounds, not yuan"]
    return orders.finished(frame, broken, EXPORT, notes)


def kinds(order: pl.Series, quantity: pl.Series, price: pl.Series) -> pl.Series:
    """`returned` for credit notes, `adjusted` for corrections of the stock, `sale` for what was sold."""
    sold = (quantity.cast(pl.Float64, strict=False) > 0) & (price.cast(pl.Float64, strict=False) > 0)
    back = order.str.starts_with("C")
    return pl.select(
        pl.when(back).then(pl.lit("returned")).when(~sold).then(pl.lit("adjusted")).otherwise(pl.lit("sale"))
    ).to_series()
