"""Pinduoduo order lists (CSV): one row an order; a blank time is the day that its number begins with."""

from pipelines.readers import _orders as orders
from workbench.lake.catalogue import Table
from workbench.lake.files import SourceFile
from workbench.lake.reading import Parsed

TITLE_ZH = "拼多多 订单导出"
TITLE_EN = "Pinduoduo order export"
STRIPS = True

EXPORT = orders.Export(
    name="拼多多 Pinduoduo",
    platform="pinduoduo",
    signs=(
        "商品总价(元)",
        "商品数量(件)",
        "用户实付金额(元)",
        "商家实收金额(元)",
        "店铺优惠折扣(元)",
        "平台优惠折扣(元)",
        "样式ID",
        "邮费(元)",
    ),
    order=("订单号",),
    time=("支付时间", "拼单成功时间", "订单成交时间"),
    item=("商品",),
    spec=("商品规格",),
    code=("商品id",),
    quantity=("商品数量(件)",),
    value=("商家实收金额(元)", "用户实付金额(元)", "商品总价(元)"),
    status=("订单状态", "售后状态"),
    shipped=("发货时间",),
    tracking=("快递单号",),
    province=("省",),
    city=("市",),
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
