"""Columns that are stored as keyed hashes only: numbers by which a row is told from others, and nobody is found.

The key lies in `<home>/secret/key`, readable by its owner alone, made when it is first needed. Backups leave it out:
whoever finds one cannot try numbers against it. `<home>/key.check` goes into backups and tells whether a key is the
one that the home's rows were made with; with another one the same rows would be counted twice, so that is refused.
"""

import hashlib
import os
import secrets
from dataclasses import replace
from pathlib import Path

import polars as pl

from workbench.errors import Refused
from workbench.lake.catalogue import Table
from workbench.lake.reading import Parsed
from workbench.settings import home

BYTES = 12
"""Of a hash: a billion rows have two alike with a chance of 1 in 10^11."""
FOLDER, FILE, CHECK = "secret", "key", "key.check"


def keyed(parsed: Parsed, table: Table) -> Parsed:
    """The rows with every keyed column of the table hashed; a table without one passes as it is."""
    names = [c.name for c in table.columns.values() if c.keyed and c.name in parsed.frame.columns]
    if not names:
        return parsed
    secret = key()
    frame = parsed.frame.with_columns(hashed(parsed.frame[name], secret) for name in names)
    return replace(parsed, frame=frame)


def hashed(values: pl.Series, secret: bytes) -> pl.Series:
    """Text as hexadecimal digits of its BLAKE2b under a key; null stays null.

    >>> hashed(pl.Series(["1", None, "1"]), b"k").n_unique()
    2
    """
    known = values.cast(pl.String).unique().drop_nulls()
    codes = [hashlib.blake2b(one.encode(), digest_size=BYTES, key=secret).hexdigest() for one in known]
    return values.cast(pl.String).replace_strict(known, pl.Series(codes, dtype=pl.String), default=None)


def key(folder: Path | None = None) -> bytes:
    """The home's key; a new one where nothing was ever keyed. Refused where it is lost or another than the rows'."""
    folder = folder or home()
    file, check = folder / FOLDER / FILE, folder / CHECK
    there = check.read_text(encoding="ascii").strip() if check.exists() else ""
    if not file.exists():
        if there:
            raise Refused(
                f"{file} is missing: the rows of this home were made with a key that no backup holds",
                "copy it back from where it was kept apart; with a new key known rows would be counted twice",
            )
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return key(folder)
        with os.fdopen(handle, "w", encoding="ascii") as opened:
            opened.write(secrets.token_hex(32))
    secret = bytes.fromhex(file.read_text(encoding="ascii").strip())
    seal = hashlib.sha256(b"workbench key check" + secret).hexdigest()[:16]
    if not there:
        check.write_text(f"{seal}\n", encoding="ascii")
    elif there != seal:
        raise Refused(
            f"{file} is not the key that the rows of this home were made with", "bring back the one that belongs to it"
        )
    return secret
