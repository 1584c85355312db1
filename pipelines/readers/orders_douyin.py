"""Douyin shop order lists (CSV, ids after a tab, addresses encrypted): one row a part of an order."""

from pipelines.readers import _orders as orders
from workbench.lake.catalogue import Table
from workbench.lake.files import SourceFile
from workbench.lake.reading import Parsed

TITLE_ZH = "抖店 订单导出"
TITLE_EN = "Douyin shop order export"
STRIPS = True

EXPORT = orders.Export(
    name="抖店 Douyin",
    platform="douyin",
    signs=("主订单编号", "子订单编号", "选购商品", "流量体裁", "订单应付金额", "订单提交时间", "达人ID", "达人昵称"),
    order=("主订单编号",),
    part=("子订单编号",),
    time=("支付完成时间", "订单提交时间"),
    item=("选购商品",),
    spec=("商品规格",),
    code=("商品ID",),
    quantity=("商品数量",),
    value=("订单应付金额",),
    price=("商品单价", "商品金额"),
    status=("订单状态", "售后状态"),
    shipped=("发货时间",),
    tracking=("快递信息",),
    province=("省",),
    city=("市",),
    channel=("流量体裁", "流量来源"),
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
