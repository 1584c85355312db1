"""JD order lists of POP shops (CSV): one row an item of an order."""

from pipelines.readers import _orders as orders
from workbench.lake.catalogue import Table
from workbench.lake.files import SourceFile
from workbench.lake.reading import Parsed

TITLE_ZH = "京东 订单导出"
TITLE_EN = "JD order export"
STRIPS = True

EXPORT = orders.Export(
    name="京东 JD",
    platform="jd",
    signs=("订购数量", "下单帐号", "仓库id", "仓库名称", "结算金额", "客户姓名", "客户地址", "增值税发票"),
    order=("订单号",),
    part=("商品ID", "商品名称"),
    time=("下单时间", "付款确认时间"),
    item=("商品名称",),
    code=("商品ID",),
    quantity=("订购数量",),
    value=("应付金额", "订单金额"),
    price=("京东价",),
    status=("订单状态",),
    address=("客户地址",),
)


def matches(file: SourceFile, table: Table) -> bool:
    """True where half of the platform's own headers are there."""
    return orders.fits(file, table, EXPORT)


def nearest(file: SourceFile, table: Table) -> tuple[int, str] | None:
    """What a file lacks to be this export."""
    return orders.nearest(file, table, EXPORT)


def read(file: SourceFile, table: Table) -> Parsed:
    """Order lines, without whom they went to."""
    return orders.read(file, table, EXPORT)
