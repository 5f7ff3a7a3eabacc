"""build_wheel.py - makes a wheel of biobert-sqlite, with the standard library alone.

    python3 build_wheel.py --binaries FOLDER ... --out build/packages/wheels [--license FILE ...]

A wheel is for one platform: it has the three binaries of a folder (biobert, biobert.so, biobert_import.so, or
what they are called on macOS and Windows), built by whatever means, and the package beside this script. The
binaries themselves tell the platform (binary_platform.py), which is the last part of the wheel's name. The
same input gives the same bytes.
"""

import argparse
import base64
import hashlib
import re
import sys
import tomllib
import zipfile
from functools import reduce
from pathlib import Path

from binary_platform import Platform, UnknownBinary, platform_of

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
#: What the command and the extensions end with, a kind of system each.
ENDINGS = (("", ".so"), ("", ".dylib"), (".exe", ".dll"))
#: Zip has no older time: every file of a wheel has this one.
TIME = (1980, 1, 1, 0, 0, 0)


def version():
    header = (ROOT / "include/biobert.h").read_text()
    return re.search(r'^#define BIOBERT_VERSION "(.*)"', header, re.M).group(1)


def binaries_of(folder):
    """The command and the two extensions in a folder."""
    for command, extension in ENDINGS:
        names = (f"biobert{command}", f"biobert{extension}", f"biobert_import{extension}")
        if all((folder / name).is_file() for name in names):
            return [folder / name for name in names]
    sys.exit(f"build_wheel.py: {folder}: the command and the two extensions are not there: make packaged")


def metadata(project):
    lines = [
        "Metadata-Version: 2.4",
        f"Name: {project['name']}",
        f"Version: {version()}",
        f"Summary: {project['description']}",
        f"Keywords: {','.join(project['keywords'])}",
        f"License-Expression: {project['license']}",
        "License-File: LICENSE",
        *(f"Classifier: {c}" for c in project["classifiers"]),
        f"Requires-Python: {project['requires-python']}",
        *(f"Requires-Dist: {d}" for d in project["dependencies"]),
    ]
    for extra, needs in project["optional-dependencies"].items():
        lines.append(f"Provides-Extra: {extra}")
        lines += [f'Requires-Dist: {need}; extra == "{extra}"' for need in needs]
    lines.append("Description-Content-Type: text/markdown")
    return "\n".join(lines) + "\n\n" + (HERE / project["readme"]).read_text()


def entry_points(project):
    groups = {"console_scripts": project["scripts"], **project["entry-points"]}
    return "\n".join(
        f"[{group}]\n" + "".join(f"{name} = {what}\n" for name, what in points.items())
        for group, points in groups.items()
    )


def package_files(binaries):
    """What the package's folder has: {path in the wheel: bytes}."""
    package = HERE / "biobert_sqlite"
    files = {
        f"biobert_sqlite/{path.relative_to(package)}": path.read_bytes()
        for path in sorted(package.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
    files["biobert_sqlite/_version.py"] = f'__version__ = "{version()}"\n'.encode()
    for tool in sorted((ROOT / "ext/packaging/model").glob("*.sh")):
        files[f"biobert_sqlite/share/biobert/model/{tool.name}"] = tool.read_bytes()
    for binary in binaries:
        files[f"biobert_sqlite/bin/{binary.name}"] = binary.read_bytes()
    return files


def license_files(others):
    """Ours, and those of the libraries that are linked in."""
    files = {"LICENSE": (ROOT / "LICENSE").read_bytes()}
    for path in map(Path, others):
        files[f"{path.parent.name}.txt"] = path.read_bytes()
    return files


def record(files, path):
    """RECORD: each file's hash and size, and a line for itself without."""
    lines = []
    for name, data in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        lines.append(f"{name},sha256={digest},{len(data)}\n")
    return "".join(lines) + f"{path},,\n"


def write(path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as wheel:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            runs = name.endswith(("/bin/biobert", ".exe", ".sh"))
            entry.external_attr = (0o100755 if runs else 0o100644) << 16
            wheel.writestr(entry, data)


def build(binaries, out, licenses):
    """Writes the wheel into the folder `out`, and returns its path."""
    project = tomllib.loads((HERE / "pyproject.toml").read_text())["project"]
    stem = f"{project['name'].replace('-', '_')}-{version()}"
    tags = reduce(Platform.newest, map(platform_of, binaries)).tags()
    info = f"{stem}.dist-info"
    files = package_files(binaries)
    files[f"{info}/METADATA"] = metadata(project).encode()
    files[f"{info}/WHEEL"] = (
        "Wheel-Version: 1.0\nGenerator: build_wheel.py\nRoot-Is-Purelib: false\n"
        + "".join(f"Tag: py3-none-{tag}\n" for tag in tags.split("."))
    ).encode()
    files[f"{info}/entry_points.txt"] = entry_points(project).encode()
    for name, data in license_files(licenses).items():
        files[f"{info}/licenses/{name}"] = data
    files[f"{info}/RECORD"] = record(files, f"{info}/RECORD").encode()
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{stem}-py3-none-{tags}.whl"
    write(path, files)
    return path


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binaries", type=Path, nargs="+", required=True, help="folders of the three binaries")
    parser.add_argument("--out", type=Path, required=True, help="the folder for the wheels")
    parser.add_argument("--license", nargs="*", default=[], help="licences of what is linked in")
    given = parser.parse_args()
    try:
        for folder in given.binaries:
            path = build(binaries_of(folder), given.out, given.license)
            print(f"{path}  {path.stat().st_size:,} bytes")
    except UnknownBinary as error:
        sys.exit(f"build_wheel.py: {error}")


if __name__ == "__main__":
    main()
