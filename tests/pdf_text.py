"""What a PDF says, read back from its bytes: an independent reader of what typst writes, enough for tests."""

import re
import zlib

LITERAL = rb"\((?:\\.|[^\\()]|\((?:\\.|[^\\()])*\))*\)"  # pairs of brackets stand inside as they are
SHOWN = re.compile(
    rb"(?s)/(\w+) [\d.]+ Tf|(\[(?:" + LITERAL + rb"|[^\]()])*\]\s*TJ|<[0-9a-fA-F]*>\s*Tj|" + LITERAL + rb"\s*Tj)"
)


def text(pdf: bytes) -> str:
    """Every shown text in the order of the page streams, without blanks and line ends."""
    objects = {int(n): body for n, body in re.findall(rb"(?s)(?:^|\n)(\d+) 0 obj\n(.*?)\nendobj", pdf)}
    maps = {name: _codes(_stream(objects[ref])) for name, ref in _fonts(objects)}
    lines = []
    for body in objects.values():
        if b"stream" not in body:
            continue
        content = _stream(body)
        if not re.search(rb"\bBT\b", content):
            continue
        codes: dict[int, str] = {}
        for block in re.findall(rb"(?s)\bBT\b(.*?)\bET\b", content):
            said = ""
            for font, shown in SHOWN.findall(block):
                if font:
                    codes = maps.get(font.decode(), {})
                else:
                    said += "".join(codes.get(code, "") for code in _glyphs(shown))
            lines.append(said)
    return re.sub(r"\s+", "", "".join(lines))


def _fonts(objects: dict[int, bytes]) -> list[tuple[str, int]]:
    found = []
    for body in objects.values():
        for name, ref in re.findall(rb"/(\w+) (\d+) 0 R", body):
            target = objects.get(int(ref), b"")
            to = re.search(rb"/ToUnicode (\d+) 0 R", target)
            if b"/Type0" in target and to:
                found.append((name.decode(), int(to[1])))
    return found


def _stream(body: bytes) -> bytes:
    raw = body.split(b"stream\n", 1)[1].rsplit(b"\nendstream", 1)[0]
    return zlib.decompress(raw) if b"FlateDecode" in body.split(b"stream\n", 1)[0] else raw


def _codes(cmap: bytes) -> dict[int, str]:
    found = {}
    for block in re.findall(rb"(?s)beginbfchar(.*?)endbfchar", cmap):
        for code, said in re.findall(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
            found[int(code, 16)] = bytes.fromhex(said.decode()).decode("utf-16-be")
    return found


def _glyphs(shown: bytes) -> list[int]:
    found = []
    for hexed, literal in re.findall(rb"(?s)<([0-9A-Fa-f]*)>|(" + LITERAL + rb")", shown):
        raw = bytes.fromhex(hexed.decode()) if hexed else _unescaped(literal[1:-1])
        found += [int.from_bytes(raw[i : i + 2], "big") for i in range(0, len(raw), 2)]
    return found


def _unescaped(literal: bytes) -> bytes:
    plain = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}

    def one(found: re.Match[bytes]) -> bytes:
        code = found[1]
        return bytes([int(code, 8)]) if code.isdigit() else plain.get(code, code)

    return re.sub(rb"(?s)\\([0-7]{1,3}|.)", one, literal)
