"""The SQLite that the sqlite3 shell uses, by ctypes: Python's own module cannot load extensions
everywhere, and a shell cannot time one query."""

import ctypes

library = ctypes.CDLL("libsqlite3.so.0")
library.sqlite3_column_int64.restype = ctypes.c_int64
library.sqlite3_errmsg.restype = ctypes.c_char_p

ROW, DONE, TRANSIENT = 100, 101, ctypes.c_void_p(-1)


class Database:
    def __init__(self, path, extension):
        self.handle = ctypes.c_void_p()
        message = ctypes.c_char_p()
        library.sqlite3_open(str(path).encode(), ctypes.byref(self.handle))
        library.sqlite3_enable_load_extension(self.handle, 1)
        if library.sqlite3_load_extension(self.handle, str(extension).encode(), None,
                                          ctypes.byref(message)):
            raise RuntimeError((message.value or b"cannot load").decode())

    def prepare(self, sql):
        statement = ctypes.c_void_p()
        if library.sqlite3_prepare_v2(self.handle, sql.encode(), -1, ctypes.byref(statement),
                                      None):
            raise RuntimeError(library.sqlite3_errmsg(self.handle).decode())
        return statement

    def first_column(self, statement, blob=None):
        """Runs a statement with ?1 bound to the blob."""
        if blob is not None:
            library.sqlite3_bind_blob(statement, 1, blob, len(blob), TRANSIENT)
        rows = []
        while (code := library.sqlite3_step(statement)) == ROW:
            rows.append(library.sqlite3_column_int64(statement, 0))
        if code != DONE:
            raise RuntimeError(library.sqlite3_errmsg(self.handle).decode())
        library.sqlite3_reset(statement)
        return rows

    def run(self, sql):
        return self.first_column(self.prepare(sql))
