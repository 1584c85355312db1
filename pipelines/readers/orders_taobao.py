"""Taobao and Tmall order lists (GBK CSV): one row an order. Headers as in public code that reads such exports."""

from pipelines.readers import _orders as orders
from workbench.lake.catalogue import Table
from workbench.lake.files import SourceFile
from workbench.lake.reading import Parsed

TITLE_ZH = "淘宝/天猫 订单导出"
TITLE_EN = "Taobao/Tmall order export"
STRIPS = True

EXPORT = orders.Export(
    name="淘宝/天猫 Taobao/Tmall",
    platform="taobao",
    signs=(
        "买家会员名",
        "买家应付货款",
        "宝贝标题",
        "宝贝总数量",
        "订单付款时间",
        "宝贝种类",
        "店铺名称",
        "买家实际支付金额",
    ),
    order=("订单编号",),
    time=("订单付款时间", "订单创建时间"),
    paid=("订单付款时间",),
    item=("宝贝标题",),
    spec=("修改后的sku",),
    quantity=("宝贝总数量",),
    value=("买家应付货款", "总金额"),
    shop=("店铺Id", "店铺名称"),
    status=("订单状态",),
    tracking=("物流单号",),
    address=("收货地址",),
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
