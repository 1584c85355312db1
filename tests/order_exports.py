"""Exports of the shop platforms as their headers are known, filled with people who must not be found again."""

import csv
import io
from collections.abc import Callable

NEEDLES = (
    "钱塘江边的王小二",
    "wang_xiaoer_1988",
    "alipay-xiaoer@example.com",
    "13812345678",
    "永安街道诗城路88号3栋501",
    "请放在门口不要敲门",
    "备注老客户多送两个",
    "YT8812345678901",
    "奉节县小二贸易公司",
    "77889900112",
    "达人橙子姐姐",
    "TB3344556677889900",
    "PD-9988776655443322",
    "DY69190000000012345",
    "DYSUB6919000000077",
    "JD2900011122233",
    "jd_buyer_account_7",
)
"""Name, account, Alipay, phone, address, message, remark, tracking, invoice title, influencer, order ids."""

NAME, ACCOUNT, ALIPAY, PHONE, STREET, MESSAGE, REMARK, TRACKING, INVOICE, STAR_ID, STAR = NEEDLES[:11]
TB, PDD_TAIL, DY, DYSUB, JD, JD_ACCOUNT = NEEDLES[11:]

TAOBAO = [
    "订单编号",
    "买家会员名",
    "买家支付宝账号",
    "买家应付货款",
    "买家应付邮费",
    "买家支付积分",
    "总金额",
    "返点积分",
    "买家实际支付金额",
    "买家实际支付积分",
    "订单状态",
    "买家留言",
    "收货人姓名",
    "收货地址",
    "运送方式",
    "联系电话",
    "联系手机",
    "订单创建时间",
    "订单付款时间",
    "宝贝标题",
    "宝贝种类",
    "物流单号",
    "物流公司",
    "订单备注",
    "宝贝总数量",
    "店铺Id",
    "店铺名称",
    "订单关闭原因",
    "卖家服务费",
    "买家服务费",
    "发票抬头",
    "是否手机订单",
    "分阶段订单信息",
    "定金排名",
    "修改后的sku",
    "修改后的收货地址",
    "异常信息",
]
PINDUODUO = [
    "商品",
    "订单号",
    "订单状态",
    "商品总价(元)",
    "邮费(元)",
    "店铺优惠折扣(元)",
    "平台优惠折扣(元)",
    "多多支付立减金额(元)",
    "用户实付金额(元)",
    "商家实收金额(元)",
    "商品数量(件)",
    "支付时间",
    "发货时间",
    "确认收货时间",
    "商品id",
    "商品规格",
    "样式ID",
    "商家编码-规格维度",
    "商家编码-商品维度",
    "商家备注",
    "售后状态",
    "快递单号",
    "快递公司",
    "省",
    "市",
    "区",
]
DOUYIN = [
    "主订单编号",
    "子订单编号",
    "选购商品",
    "商品规格",
    "商品数量",
    "商品ID",
    "商家编码",
    "商品单价",
    "订单应付金额",
    "运费",
    "收件人",
    "收件人手机号",
    "省",
    "市",
    "区",
    "详细地址",
    "订单提交时间",
    "支付方式",
    "支付完成时间",
    "订单完成时间",
    "发货时间",
    "订单状态",
    "售后状态",
    "取消原因",
    "商家备注",
    "平台实际承担优惠金额",
    "商家实际承担优惠金额",
    "达人实际承担优惠金额",
    "达人ID",
    "达人昵称",
    "快递信息",
    "流量体裁",
    "流量渠道",
    "流量来源",
    "流量类型",
]
JINGDONG = [
    "订单号",
    "商品名称",
    "订购数量",
    "下单时间",
    "应付金额",
    "下单帐号",
    "客户姓名",
    "客户地址",
    "联系电话",
    "订单状态",
    "结算金额",
    "仓库id",
    "仓库名称",
    "增值税发票",
]
RETAIL = ["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"]


def taobao(n: int, **more: str) -> dict[str, str]:
    """One paid order of two boxes."""
    return {
        "订单编号": f'="{TB}{n:04d}"',
        "买家会员名": ACCOUNT,
        "买家支付宝账号": ALIPAY,
        "买家应付货款": "79.80",
        "总金额": "79.80",
        "买家实际支付金额": "79.80",
        "订单状态": "交易成功",
        "买家留言": MESSAGE,
        "收货人姓名": NAME,
        "收货地址": f"广东省 深圳市 南山区 {STREET}",
        "联系手机": f"'{PHONE}",
        "订单创建时间": f"2026-11-10 0{n % 10}:01:00",
        "订单付款时间": f"2026-11-10 0{n % 10}:02:30",
        "宝贝标题": "奉节脐橙 纽荷尔 新鲜5斤装",
        "物流单号": f"No:{TRACKING}",
        "订单备注": REMARK,
        "宝贝总数量": "2",
        "店铺名称": "三峡果园",
        "发票抬头": INVOICE,
        "修改后的收货地址": f"{STREET} {PHONE}",
    } | more


def pinduoduo(n: int, **more: str) -> dict[str, str]:
    """One sent order; its own day is masked nowhere, its district is."""
    return {
        "商品": "奉节脐橙凤园72-1 单果180g 当季水果",
        "订单号": f"261112-{PDD_TAIL[3:]}{n:04d}",
        "订单状态": "已收货",
        "商品总价(元)": "68.8",
        "用户实付金额(元)": "60",
        "商家实收金额(元)": "66.5",
        "商品数量(件)": "1",
        "支付时间": f"2026-11-12 1{n % 10}:00:00",
        "发货时间": "2026-11-13 08:00:00",
        "商品id": "445566",
        "商品规格": "净重9-10斤 大果",
        "商家备注": REMARK,
        "售后状态": "无售后或售后取消",
        "快递单号": f"{TRACKING},{TRACKING}7",
        "省": "上海市",
        "市": "上海市",
        "区": "****",
    } | more


def douyin(n: int, **more: str) -> dict[str, str]:
    """One order of a live stream."""
    return {
        "主订单编号": f"\t{DY}{n:04d}",
        "子订单编号": f"\t{DYSUB}{n:04d}",
        "选购商品": "伦晚春橙",
        "商品规格": "10斤装",
        "商品数量": "1",
        "商品ID": "\t3600",
        "商品单价": "59.9",
        "订单应付金额": "¥59.90",
        "收件人": NAME,
        "收件人手机号": PHONE,
        "省": "重庆市",
        "市": "重庆市",
        "区": "奉节县",
        "详细地址": f"##{STREET}",
        "订单提交时间": f"2026/11/13 1{n % 10}:00:00\t",
        "支付完成时间": "",
        "发货时间": "",
        "订单状态": "待发货",
        "商家备注": REMARK,
        "达人ID": STAR_ID,
        "达人昵称": STAR,
        "快递信息": "",
        "流量体裁": "直播",
    } | more


def jingdong(n: int, **more: str) -> dict[str, str]:
    """One finished order."""
    return {
        "订单号": f"{JD}{n:04d}",
        "商品名称": "奉节脐橙 20斤",
        "订购数量": "1",
        "下单时间": f"2026-11-14 1{n % 10}:00:00",
        "应付金额": "126",
        "下单帐号": JD_ACCOUNT,
        "客户姓名": NAME,
        "客户地址": f"北京海淀区{STREET}",
        "联系电话": PHONE,
        "订单状态": "完成",
        "结算金额": "120",
        "仓库id": "1",
        "仓库名称": "一号仓",
        "增值税发票": INVOICE,
    } | more


Row = Callable[..., dict[str, str]]
PLATFORMS: dict[str, tuple[list[str], Row, str]] = {
    "taobao": (TAOBAO, taobao, "gb18030"),
    "pinduoduo": (PINDUODUO, pinduoduo, "utf-8"),
    "douyin": (DOUYIN, douyin, "utf-8-sig"),
    "jd": (JINGDONG, jingdong, "utf-8"),
}


def text(header: list[str], rows: list[dict[str, str]]) -> str:
    """A CSV file."""
    out = io.StringIO()
    writer = csv.DictWriter(out, header, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def export(platform: str, count: int = 4, **more: str) -> bytes:
    """A whole export of a platform in its own encoding."""
    header, row, encoding = PLATFORMS[platform]
    return text(header, [row(n, **more) for n in range(count)]).encode(encoding)
