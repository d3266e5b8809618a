"""Writes the function's zip and prints what is in it. People call `infra/package`.

The same files give the same bytes: entries are sorted, and have one date and fixed rights.
"""

import argparse
import hashlib
import os
import re
import struct
import sys
import tempfile
import zipfile
from pathlib import Path

# provided.al2023.
GLIBC = (2, 34)
# Lambda's limit for the unpacked zip.
MOST_BYTES = 250 * 1024 * 1024
MACHINES = {0x3E: "x86_64", 0xB7: "arm64"}


def fail(message, hint=None):
    print(f"error: {message}", file=sys.stderr)
    if hint:
        print(f"  hint: {hint}", file=sys.stderr)
    sys.exit(1)


def read(path):
    try:
        return Path(path).read_bytes()
    except OSError as error:
        fail(f"cannot read {path}: {error.strerror}")


def architecture(path, program):
    """The processor that a program was built for. Fails if Lambda could not start it."""
    if program.startswith(b"#!"):
        return "any (a script)"
    if program[:4] != b"\x7fELF":
        fail(f"{path} is not a program for Linux", "build with --target aarch64-unknown-linux-gnu")
    (machine,) = struct.unpack_from("<H", program, 18)
    if machine not in MACHINES:
        fail(f"{path} was built for a processor that Lambda does not have")
    versions = {tuple(map(int, found)) for found in re.findall(rb"GLIBC_(\d+)\.(\d+)", program)}
    newest = max(versions, default=GLIBC)
    if newest > GLIBC:
        fail(
            f"{path} needs glibc {newest[0]}.{newest[1]}, and Lambda has {GLIBC[0]}.{GLIBC[1]}",
            "build with --target x86_64-unknown-linux-gnu or aarch64-unknown-linux-gnu, which uses Lambda's glibc",
        )
    return MACHINES[machine]


def below(folder):
    """The files of a directory of detections, with their names in the zip."""
    folder = Path(folder)
    if not folder.is_dir():
        fail(f"{folder} is not a directory")
    name = folder.resolve().name
    found = {}
    for root, folders, files in os.walk(folder):
        folders[:] = [one for one in folders if not one.startswith(".")]
        for file in files:
            path = Path(root) / file
            if path.suffix in (".sql", ".toml") and not file.startswith("."):
                found[f"{name}/{path.relative_to(folder).as_posix()}"] = path
    if not found:
        fail(f"{folder} holds no detection (*.sql)")
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", required=True)
    parser.add_argument("--config")
    parser.add_argument("--detections", action="append", default=[])
    parser.add_argument("--mmdb", action="append", default=[])
    parser.add_argument("--out", required=True)
    given = parser.parse_args()

    program = read(given.binary)
    built_for = architecture(given.binary, program)
    entries = {"bootstrap": (program, 0o755)}
    if given.config:
        entries["trailbrief.toml"] = (read(given.config), 0o644)
    config = entries.get("trailbrief.toml", (b"", 0))[0].decode(errors="replace")
    for folder in given.detections:
        # The program checks where the name stands; a name that is nowhere in the text cannot be in the right place.
        if (name := Path(folder).resolve().name) not in config:
            fail(
                f"no configuration in the zip names {name}, so nothing would read these detections",
                f'give --config a file with `paths = ["{name}"]` in `[library]`',
            )
        for name, path in below(folder).items():
            if name in entries:
                fail(f"two directories of detections have a file {name}", "rename one of them")
            entries[name] = (read(path), 0o644)
    for database in given.mmdb:
        name = Path(database).name
        if name not in config:
            fail(
                f"no configuration in the zip names {name}, so nothing would read this database",
                f'give --config a file with `mmdb = ["{name}"]` in `[addresses]`',
            )
        if name in entries:
            fail(f"the zip has a file {name} already", "rename the database")
        entries[name] = (read(database), 0o644)
    unpacked = sum(len(content) for content, _ in entries.values())
    if unpacked > MOST_BYTES:
        fail(
            f"the zip would unpack to {unpacked // 1_000_000} MB, and Lambda's limit is {MOST_BYTES // 1_000_000} MB",
            "pack a release build: a dev build holds debug information",
        )

    out = Path(given.out)
    if out.is_dir():
        fail(f"--out {out} is a directory", "add the name of the zip")
    with tempfile.NamedTemporaryFile(dir=out.parent, delete=False) as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for name in sorted(entries):
                content, mode = entries[name]
                entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
                entry.create_system = 3
                entry.external_attr = (0o100000 | mode) << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, content, compresslevel=9)
    os.chmod(file.name, 0o644)
    os.replace(file.name, out)

    packed = out.read_bytes()
    print(out)
    print(f"  {len(packed):,} bytes, {unpacked:,} unpacked; {len(entries)} files")
    print(f"  architecture {built_for}")
    print(f"  sha256 {hashlib.sha256(packed).hexdigest()}")


main()
