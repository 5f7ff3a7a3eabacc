"""binary_platform.py - for which machine a binary is, told by the binary itself.

    python3 binary_platform.py FILE...        a line each: the file, the tags of a wheel that holds it

Formats: ELF (glibc and musl), Mach-O, PE; 64 bits and little-endian each, as all that we build.
"""

import re
import struct
import sys
from pathlib import Path
from typing import NamedTuple, Optional, Tuple


class UnknownBinary(ValueError):
    """The file is no binary of a platform that wheels have."""


class Platform(NamedTuple):
    """What must be there where a binary is to run."""

    system: str  #: glibc, musl, macosx or win
    machine: str  #: x86_64 or aarch64; arm64 and amd64 are what Apple and Microsoft say
    version: Optional[Tuple[int, int]]  #: the oldest of the system that will do; None: any

    def newest(self, other: "Platform") -> "Platform":
        """What both need. Raises UnknownBinary where no machine can run both."""
        if self[:2] != other[:2]:
            raise UnknownBinary(f"{self.system} on {self.machine} and {other.system} on {other.machine} in one folder")
        return max(self, other, key=lambda platform: platform.version or (0, 0))

    def tags(self) -> str:
        """The platform's part of a wheel's name."""
        if self.system == "win":
            return f"win_{self.machine}"
        if self.system == "musl":
            # musl's functions have no versions: 1.2 is what the packages are tried on.
            return f"musllinux_1_2_{self.machine}"
        major, minor = self.version or (0, 0)
        if self.system == "macosx":
            return f"macosx_{major}_{minor}_{self.machine}"
        tag = f"manylinux_{major}_{minor}_{self.machine}"
        # The older name of 2.17, which pip has known for longer.
        return f"manylinux2014_{self.machine}.{tag}" if (major, minor) == (2, 17) else tag


#: glibc's versions of functions older than this need nothing newer on any machine.
OLDEST_GLIBC = (2, 17)
ELF_MACHINES = {62: "x86_64", 183: "aarch64"}
MACHO_MACHINES = {0x01000007: "x86_64", 0x0100000C: "arm64"}
PE_MACHINES = {0x8664: "amd64", 0xAA64: "arm64"}
LC_VERSION_MIN_MACOSX, LC_BUILD_VERSION = 0x24, 0x32


def _machine(number: int, known: dict) -> str:
    if number not in known:
        raise UnknownBinary(f"made for the machine {number:#x}")
    return known[number]


def _elf(data: bytes) -> Platform:
    if data[4:6] != b"\2\1":
        raise UnknownBinary("not of 64 bits and little-endian")
    machine = _machine(struct.unpack_from("<H", data, 18)[0], ELF_MACHINES)
    # The names of versions, and of libraries, are in the table of strings.
    asked = [(2, int(minor)) for minor in re.findall(rb"\0GLIBC_2\.(\d+)", data)]
    if asked:
        return Platform("glibc", machine, max(asked + [OLDEST_GLIBC]))
    if b"\0libc.so\0" in data or b"\0libc.musl-" in data:
        return Platform("musl", machine, None)
    raise UnknownBinary("asks for neither glibc nor musl")


def _macho(data: bytes) -> Platform:
    _, number, _, _, commands = struct.unpack_from("<5I", data)
    at = 32
    for _ in range(commands):
        command, size = struct.unpack_from("<2I", data, at)
        if command in (LC_VERSION_MIN_MACOSX, LC_BUILD_VERSION):
            field = at + (8 if command == LC_VERSION_MIN_MACOSX else 12)
            packed = struct.unpack_from("<I", data, field)[0]
            major, minor = packed >> 16, packed >> 8 & 0xFF
            # From 11 on, wheels are named by the major version alone.
            version = (major, 0 if major > 10 else minor)
            return Platform("macosx", _machine(number, MACHO_MACHINES), version)
        at += size
    raise UnknownBinary("does not say for which macOS it is")


def _pe(data: bytes) -> Platform:
    at = struct.unpack_from("<I", data, 60)[0]
    if data[at : at + 4] != b"PE\0\0":
        raise UnknownBinary("a program of DOS")
    return Platform("win", _machine(struct.unpack_from("<H", data, at + 4)[0], PE_MACHINES), None)


READERS = {b"\x7fELF": _elf, b"\xcf\xfa\xed\xfe": _macho, b"MZ": _pe}


def platform_of(path: Path) -> Platform:
    """The platform of a binary. Raises UnknownBinary, with the file and the reason, and OSError."""
    data = path.read_bytes()
    for magic, read in READERS.items():
        if data.startswith(magic):
            try:
                return read(data)
            except (UnknownBinary, struct.error) as error:
                raise UnknownBinary(f"{path}: {error}") from error
    raise UnknownBinary(f"{path}: neither ELF nor Mach-O nor PE")


if __name__ == "__main__":
    try:
        for name in sys.argv[1:]:
            print(name, platform_of(Path(name)).tags())
    except (UnknownBinary, OSError) as error:
        sys.exit(f"binary_platform.py: {error}")
