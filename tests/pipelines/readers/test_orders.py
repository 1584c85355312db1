"""Order exports: what is sold is counted once, and who bought reaches no disk, log or quarantine."""

import tarfile
from pathlib import Path

import order_exports as exports
import polars as pl
import pytest
from typer.testing import CliRunner

from workbench import cli, domain
from workbench.errors import BrokenContract, UnreadableFile, WorkbenchError
from workbench.lake.files import SourceFile
from workbench.lake.ingest import Report, ingest
from workbench.lake.store import Lake

COUNTED = ["order", "line", "kind", "time", "platform", "shop", "channel", "item", "code", "spec"]
COUNTED += ["quantity", "kilograms", "value", "parcels", "province", "city"]


def bring(data: bytes, name: str = "orders.csv") -> Report:
    return ingest(Lake(), "orders", SourceFile.of(name, data), tuple(domain.readers().values()))


def lines() -> pl.DataFrame:
    return Lake().read("orders").select(COUNTED).sort("platform", "order", "line").collect()


def found_in(folder: Path) -> list[str]:
    """Every needle that some file below a folder holds, in any of the encodings that text is kept in, packed or not."""
    whole = b""
    for file in folder.rglob("*"):
        if file.is_file():
            whole += str(file).encode() + file.read_bytes()
            if file.suffix == ".parquet":
                whole += pl.read_parquet(file).write_json().encode()
    spelt = {needle: [needle.encode(code) for code in ("utf-8", "gb18030", "utf-16-le")] for needle in exports.NEEDLES}
    return [needle for needle, ways in spelt.items() if any(way in whole for way in ways)]


def test_each_platform_is_recognised_and_read(home: Path) -> None:
    for platform in exports.PLATFORMS:
        assert bring(exports.export(platform), f"{platform}.csv").accepted == 4
    told = lines().unique("platform").sort("platform")
    assert told.select("platform", "quantity", "kilograms", "value", "parcels", "province", "city").rows() == [
        ("douyin", 1.0, 5.0, 59.9, None, "chongqing", "重庆市"),
        ("jd", 1.0, 10.0, 126.0, None, "beijing", "北京市"),
        ("pinduoduo", 1.0, 4.75, 66.5, 2, "shanghai", "上海市"),
        ("taobao", 2.0, 5.0, 79.8, None, "guangdong", "深圳市"),
    ]
    assert told.filter(platform="douyin")["channel"].item() == "live"


def test_nothing_of_a_buyer_reaches_the_disk(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole files, torn lines, people in columns of numbers, a file without its header, refused and dropped ones."""
    drop, box = home / "drop" / "orders", home.parent / "inbox"
    drop.mkdir(parents=True)
    box.mkdir()
    for platform, (header, row, encoding) in exports.PLATFORMS.items():
        shifted = dict.fromkeys(header, f"{exports.NAME} {exports.PHONE}")
        rows = exports.text(header, [row(1), row(2), {**shifted, header[0]: row(3)[header[0]]}, shifted, row(4)])
        torn = rows + f"{exports.NAME},{exports.PHONE},{exports.STREET}\n"
        variants = {
            "whole": rows,
            "torn": torn,
            "cut": torn[: len(torn) // 2],
            "headless": rows.split("\n", 1)[1],
            "renamed": rows.replace(header[0], "某列", 1).replace("订单号", "号码", 1).replace("订单编号", "号码", 1),
        }
        for name, text in variants.items():
            file = box / f"{platform}-{name}.csv"
            file.write_bytes(text.encode(encoding))
            (drop / file.name).write_bytes(text.encode(encoding) + b"\n")
            result = CliRunner().invoke(cli.app, ["ingest", "orders", str(file)])
            assert result.exit_code in (0, 2), result.output
            assert not [needle for needle in exports.NEEDLES if needle in result.output]
    monkeypatch.setattr("workbench.lake.drop.SETTLED", -1.0)
    assert CliRunner().invoke(cli.app, ["drop"]).exit_code == 0
    assert lines().height == 12
    assert Lake().quarantine("orders").height > 0
    assert not any(drop.iterdir())
    assert found_in(home) == []


def test_the_search_for_needles_bites(home: Path) -> None:
    (home / "log" / "leak.txt").write_bytes(f"…{exports.NAME}…".encode("gb18030"))
    pl.DataFrame({"who": [exports.PHONE] * 9}).write_parquet(home / "lake" / "leak.parquet")
    assert found_in(home) == [exports.NAME, exports.PHONE]


@pytest.mark.parametrize("platform", exports.PLATFORMS)
def test_a_stripped_file_ingests_like_the_original(platform: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    header, row, encoding = exports.PLATFORMS[platform]
    mixed = [row(0), row(1), row(1), row(2, 订单状态="交易关闭 已退款")]
    file = home.parent / f"{platform}.csv"
    file.write_bytes((exports.text(header, mixed) + "a,b\n").encode(encoding))
    result = CliRunner().invoke(cli.app, ["strip", str(file)])
    assert result.exit_code == 0, result.output
    stripped = file.with_name(f"{platform}.stripped.csv").read_bytes()
    assert not [needle for needle in exports.NEEDLES if needle.encode() in stripped]
    bring(file.read_bytes())
    raw = lines()
    assert raw.height == 4
    again = bring(stripped)
    assert (again.accepted, again.corrected) == (0, 0)
    assert lines().equals(raw)


def test_overlapping_exports_count_nothing_twice(home: Path) -> None:
    for platform, (header, row, encoding) in exports.PLATFORMS.items():
        bring(exports.text(header, [row(n) for n in range(6)]).encode(encoding))
        again = bring(exports.text(header, [row(n) for n in range(3, 9)]).encode(encoding))
        assert (again.accepted, again.corrected, again.duplicate) == (3, 0, 3), platform
    assert lines().height == 36


def test_what_comes_back_is_a_line_of_its_own_and_what_was_never_paid_is_none(home: Path) -> None:
    bring(exports.export("pinduoduo"))
    later = bring(exports.export("pinduoduo", 售后状态="退款成功"))
    assert (later.accepted, later.corrected, later.duplicate) == (4, 0, 4)
    bring(exports.export("taobao", 2, 订单状态="交易关闭", 物流单号=""))
    unpaid = bring(exports.export("taobao", 3, 订单状态="等待买家付款", 订单付款时间=""))
    assert "3 orders never paid: not counted" in unpaid.notes
    counts = lines().group_by("platform", "kind").agg(pl.len(), pl.col("value").sum()).sort("platform", "kind")
    assert counts.rows() == [
        ("pinduoduo", "returned", 4, -266.0),
        ("pinduoduo", "sale", 4, 266.0),
        ("taobao", "cancelled", 2, -159.6),
        ("taobao", "sale", 2, 159.6),
    ]


def test_a_blank_time_is_the_day_of_the_order_number(home: Path) -> None:
    bring(exports.export("pinduoduo", 1, 支付时间="", 省="****", 市="****"))
    row = lines().row(0, named=True)
    assert row["time"].isoformat() == "2026-11-11T16:00:00+00:00"
    assert (row["province"], row["city"]) == (None, None)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_any_encoding_reads_the_same(encoding: str, home: Path) -> None:
    for platform in exports.PLATFORMS:
        native = exports.PLATFORMS[platform][2]
        bring(exports.export(platform).decode(native).encode(encoding))
    assert lines().height == 16


def test_a_cut_file_loses_one_line_and_says_so(home: Path) -> None:
    for platform in exports.PLATFORMS:
        whole = exports.export(platform, 9)
        cut = whole[: whole.rindex(b",")]
        report = bring(cut)
        assert report.accepted == 8, platform
        assert sum(report.quarantined.values()) == 1
        assert any("another number of fields" in note for note in report.notes)


def test_a_renamed_column_is_named(home: Path) -> None:
    for platform, needed in {
        "taobao": "订单编号",
        "pinduoduo": "订单号",
        "douyin": "主订单编号",
        "jd": "订购数量",
    }.items():
        header, row, encoding = exports.PLATFORMS[platform]
        text = exports.text(header, [row(1)]).replace(needed, "某列", 1)
        with pytest.raises(BrokenContract, match=needed):
            bring(text.encode(encoding))
    assert lines().is_empty()


def test_mixed_platforms_in_one_folder_go_in_together(home: Path) -> None:
    files = []
    for platform in exports.PLATFORMS:
        files.append(home.parent / f"{platform}.csv")
        files[-1].write_bytes(exports.export(platform))
    result = CliRunner().invoke(cli.app, ["ingest", "orders", *map(str, files)])
    assert result.exit_code == 0, result.output
    assert result.output.count("4 accepted") == 4


def test_a_foreign_file_is_refused_by_name(home: Path) -> None:
    with pytest.raises(UnreadableFile, match="no known format"):
        bring("order,line,time,city\n1,2,2026-01-01,王五\n".encode())


def test_the_key_is_in_no_backup_and_a_lost_one_stops_the_ingest(home: Path) -> None:
    from workbench.operate.home import backup, restore

    bring(exports.export("jd"))
    secret = (home / "secret" / "key").read_text()
    assert (home / "secret" / "key").stat().st_mode & 0o077 == 0
    file = home.parent / "b.tar.gz"
    backup(file)
    with tarfile.open(file) as tar:
        names = tar.getnames()
    assert "key.check" in names
    assert not [name for name in names if name.startswith("secret")]
    restore(file, force=True)
    assert (home / "secret" / "key").read_text() == secret
    (home / "secret" / "key").unlink()
    with pytest.raises(WorkbenchError, match="is missing"):
        bring(exports.export("taobao"))
    (home / "secret" / "key").write_text("ab" * 32)
    with pytest.raises(WorkbenchError, match="is not the key"):
        bring(exports.export("taobao"))


def test_the_same_order_has_another_hash_in_another_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bring(exports.export("jd"))
    here = lines()["order"].to_list()
    monkeypatch.setenv("WORKBENCH_HOME", str(home.parent / "other"))
    bring(exports.export("jd"))
    assert not set(here) & set(lines()["order"])
