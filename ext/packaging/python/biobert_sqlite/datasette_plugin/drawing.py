"""Maps are drawn beside the pages: each in a thread and on a connection of its own, one at a time, once."""

import asyncio
import atexit
import threading
import time
from typing import Any, Dict, Optional, Tuple

from .. import guard, mapping
from ..schema import Index
from . import serving

#: Papers of an index of which a map is computed on the server, unless the setting map_most_papers says more.
MOST_PAPERS = 50_000
#: Seconds after which the drawing of one map is given up.
LIMIT_SECONDS = 600.0
#: How long a page waits for a map before it says that it is being drawn, and how often it looks, in seconds.
PATIENCE, PAUSE = 1.0, 0.02


class Drawing:
    """A map that is being drawn. map: once it is ready; error: why there is none."""

    def __init__(self, path: str, index: Index, most: int) -> None:
        self.map: Optional[mapping.Map] = None
        self.error: Optional[str] = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._draw, args=(path, index, most), daemon=True)
        self._thread.start()

    @property
    def is_ready(self) -> bool:
        return self.map is not None or self.error is not None

    def stop(self) -> None:
        """Ends the thread: it must not run in a process that takes itself apart."""
        self._stop.set()
        self._thread.join(2)

    def _draw(self, path: str, index: Index, most: int) -> None:
        try:
            with _one_at_a_time:
                self.map = self._read(path, index, most)
        except Exception as error:  # whatever it is: a page would wait for ever
            stopped = "interrupted" in str(error)
            self.error = f"given up after {LIMIT_SECONDS:g} s" if stopped else str(error) or type(error).__name__

    def _read(self, path: str, index: Index, most: int) -> mapping.Map:
        conn = guard.open_reading(path)
        end = time.monotonic() + LIMIT_SECONDS
        conn.set_progress_handler(lambda: self._stop.is_set() or time.monotonic() > end, serving.STEPS)
        try:
            return mapping.read(conn, index, most)
        finally:
            conn.close()


_one_at_a_time = threading.Lock()
_drawings: Dict[Tuple[str, str], Drawing] = {}


@atexit.register
def _stop_all() -> None:
    for drawing in _drawings.values():
        drawing.stop()


async def find(datasette: Any, database: Any, index: Index) -> Drawing:
    """The map of an index, which is drawn once in the life of the server; one that failed is tried again."""
    key = (str(database.path), index.name)
    drawing = _drawings.get(key)
    if not drawing or drawing.error:
        most = int(serving.setting(datasette, "map_most_papers") or MOST_PAPERS)
        drawing = _drawings[key] = Drawing(str(database.path), index, most)
    end = time.monotonic() + PATIENCE
    while not drawing.is_ready and time.monotonic() < end:
        await asyncio.sleep(PAUSE)
    return drawing
