"""run_notebook.py NOTEBOOK - runs every cell of a notebook, and compares what it shows with what is stored in it.

COMPARE=0: that it runs is all that is asked. UPDATE=1 stores what it shows: look at the difference.
"""

import os
import re
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

#: Longer code is a program, and no notebook to read.
MOST_LINES = 100
#: Places on a map: the last bit of a vector is a matter of the processor, and moves them a little.
PLACE = re.compile(r'\bc[xy]="[0-9.]+"')


def shown(cell):
    """What a cell shows, as text that is the same on every machine."""
    texts = []
    for output in cell.get("outputs", []):
        data = output.get("data", {})
        texts.append(output.get("text") or data.get("image/svg+xml") or data.get("text/plain") or output.output_type)
    return PLACE.sub("", "".join(texts))


def store(notebook, path):
    """Writes a notebook as it is kept: what was printed in one piece, no times, no versions."""
    notebook.metadata.language_info = {"name": "python"}
    for cell in notebook.cells:
        cell.metadata.clear()
        outputs = cell.get("outputs", [])
        if len(outputs) > 1 and all(output.output_type == "stream" for output in outputs):
            outputs[0].text = "".join(output.text for output in outputs)
            del outputs[1:]
    nbformat.write(notebook, path)


def first_difference(expected, actual):
    pairs = zip((expected + "\n").splitlines(), (actual + "\n").splitlines())
    return next(((e, a) for e, a in pairs if e != a), (f"{len(expected)} characters", f"{len(actual)} characters"))


def main():
    path = Path(sys.argv[1])
    stored, ran = (nbformat.read(path, as_version=4) for _ in range(2))
    code = [cell for cell in stored.cells if cell.cell_type == "code"]
    lines = sum(len(cell.source.splitlines()) for cell in code)
    wrong = [] if lines < MOST_LINES else [f"{lines} lines of code"]
    passed = int(lines < MOST_LINES)
    compares = os.environ.get("COMPARE", "1") == "1"
    try:
        NotebookClient(ran, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}}).execute()
    except CellExecutionError as error:
        wrong.append(str(error)[-600:])
    if os.environ.get("UPDATE"):
        store(ran, path)
    for old, new in zip(code, (cell for cell in ran.cells if cell.cell_type == "code")):
        if not compares or shown(old) == shown(new):
            passed += 1
        else:
            expected, actual = first_difference(shown(old), shown(new))
            wrong.append(f"{old.source.splitlines()[0]}\n  expected: {expected}\n  actual:   {actual}")
    for what in wrong:
        print(f"FAILED: {path.name}: {what}")
    print(f"{passed} passed, {len(wrong)} failed")
    return bool(wrong)


sys.exit(main())
