#!/usr/bin/env python3
"""apsw_shell.py - the part of the sqlite3 shell that sql/regress uses, on apsw.

    python apsw_shell.py [-batch] [-init FILE] [-cmd COMMAND] [DATABASE [SQL...]] < script.sql

apsw brings a SQLite of its own, mostly the newest, in a Python module. It answers here in the words
of Debian's shell (list mode, "Runtime error near line 3: ..."), so that the same .out files hold.
"""

import pathlib
import re
import subprocess
import sys

import apsw
import apsw.shell

apsw.allow_missing_dict_bindings(True)  # a parameter that was not set is NULL


def words_of(line):
    """As the shell splits a command: a quotation mark counts at the beginning of a word only."""
    found = re.findall(r"""'([^']*)'?|"((?:[^"\\]|\\.)*)"?|(\S+)""", line)
    return ["".join(parts) for parts in found]


def read_file(path):
    file = pathlib.Path(path)
    return file.read_bytes() if file.is_file() else None


def write_file(path, content):
    file = pathlib.Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    return file.write_bytes(content if isinstance(content, bytes) else str(content).encode())


class Shell:
    def __init__(self, database):
        self.null_value = ""
        self.standard = open(1, "wb", buffering=1 << 20, closefd=False)
        self.output = self.standard
        self.once = False
        self.errors = 0
        self.lines = False  # .mode line: a value a line
        self.renderer = apsw.Connection(":memory:")  # writes REALs as SQLite does
        self.db = None
        self.open(database)

    def open(self, database, read_only=False):
        if self.db:
            self.db.close()
        create = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
        self.db = apsw.Connection(
            database, flags=apsw.SQLITE_OPEN_READONLY if read_only else create
        )
        self.db.enable_load_extension(True)
        self.db.create_scalar_function("readfile", read_file, 1)
        self.db.create_scalar_function("writefile", write_file, 2)

    # Output ---------------------------------------------------------------------------------

    def write(self, line):
        self.output.write(line + b"\n")

    def complain(self, message):
        """Ahead of the rows that came before the error: those are still buffered, as in the shell."""
        self.errors += 1
        sys.stderr.buffer.write(message.encode("utf-8", "surrogateescape") + b"\n")
        sys.stderr.flush()

    def cell(self, value):
        """A text ends at a NUL, as in the shell."""
        if value is None:
            return self.null_value.encode()
        if isinstance(value, float):
            value = self.renderer.execute("SELECT CAST(? AS TEXT)", (value,)).get
        if not isinstance(value, bytes):
            value = str(value).encode("utf-8", "surrogateescape")
        return value.split(b"\0")[0]

    # SQL ------------------------------------------------------------------------------------

    def parameters(self):
        try:
            rows = self.db.execute("SELECT key, value FROM temp.sqlite_parameters")
            return {key[1:]: value for key, value in rows}
        except apsw.SQLError:
            return {}

    def statement(self, sql):
        """Runs one statement. Returns None, or (phase, message) of its error."""
        phase, is_plan = "in prepare", False

        def prepared(cursor, *_):
            nonlocal phase, is_plan
            phase, is_plan = "stepping", cursor.is_explain == 2
            return True

        self.output.flush()
        cursor = self.db.cursor()
        cursor.exec_trace = prepared
        try:
            rows = cursor.execute(sql, self.parameters(), can_cache=False)
            if is_plan:
                self.plan(list(rows))
                return None
            for count, row in enumerate(rows):
                if self.lines:
                    self.write_lines(cursor.description, row, count)
                else:
                    self.write(b"|".join(self.cell(value) for value in row))
            return None
        except apsw.Error as error:
            code = f" ({error.result})" if getattr(error, "result", 1) > 1 else ""
            return phase, f"{error}{code}{self.place(sql, error, phase)}"
        finally:
            cursor.close(True)
            if self.once:
                self.do_output()

    def write_lines(self, columns, row, count):
        """`name = value`, the names to the right, an empty line between two rows."""
        names = [column[0] for column in columns]
        width = max(5, *map(len, names))
        if count:
            self.write(b"")
        for name, value in zip(names, row):
            self.write(name.rjust(width).encode() + b" = " + self.cell(value))

    def plan(self, rows):
        """EXPLAIN QUERY PLAN's (id, parent, unused, what), drawn as a tree."""

        def draw(parent, indent):
            children = [row for row in rows if row[1] == parent]
            for row in children:
                last = row is children[-1]
                self.write(f"{indent}{'`--' if last else '|--'}{row[3]}".encode())
                draw(row[0], indent + ("   " if last else "|  "))

        self.write(b"QUERY PLAN")
        draw(0, "")

    @staticmethod
    def place(sql, error, phase):
        """The line that SQLite could not read, with an arrow, as the shell draws it."""
        offset = getattr(error, "error_offset", -1)
        text = sql.encode()
        if phase != "in prepare" or not 0 <= offset < len(text):
            return ""
        while offset > 50:
            text, offset = text[1:], offset - 1
            while text[0] & 0xC0 == 0x80:
                text, offset = text[1:], offset - 1
        text = " ".join(text[:78].decode("utf-8", "ignore").split("\n"))
        arrow = f"{'':{offset}}^--- error here" if offset < 25 else f"{'error here ---^':>{offset + 1}}"
        return f"\n  {text}\n  {arrow}"

    def statements(self, text):
        start = 0
        for at, character in enumerate(text):
            if character == ";" and apsw.complete(text[start : at + 1]):
                yield text[start : at + 1]
                start = at + 1
        if text[start:].strip():
            yield text[start:]

    def run(self, text, line):
        """Statements that began in a line of a script; the first error ends them."""
        kinds = {"in prepare": "Parse", "stepping": "Runtime"}
        for sql in self.statements(text):
            error = self.statement(sql.lstrip())
            if error:
                self.complain(f"{kinds[error[0]]} error near line {line}: {error[1]}")
                return

    def run_argument(self, text):
        if text.startswith("."):
            self.command(text)
            return
        for sql in self.statements(text):
            error = self.statement(sql.lstrip())
            if error:
                self.complain(f"Error: {error[0]}, {error[1]}")
                return

    def script(self, lines):
        text, first = "", 0
        for number, line in enumerate(lines, 1):
            if not text and (not line.strip() or line.lstrip().startswith("--")):
                continue
            if not text and line[0] in ".#":
                if line[0] == ".":
                    self.command(line.strip())
                continue
            if not text:
                first = number
            text += line
            if ";" in line and apsw.complete(text):
                self.run(text, first)
                text = ""
        if text.strip():
            self.run(text, first)

    # Dot commands ---------------------------------------------------------------------------

    def command(self, line):
        if line.startswith(".shell "):
            self.shell(line[len(".shell ") :])
            return
        name, *arguments = words_of(line)
        known = getattr(self, "do_" + name[1:], None)
        if known is None:
            sys.exit(f"apsw_shell.py: {line}: not among the commands that are imitated here")
        known(*arguments)

    def shell(self, line):
        self.output.flush()
        status = subprocess.run(line, shell=True, check=False).returncode
        if status:
            sys.stderr.write(f"System command returns {status << 8}\n")
            sys.stderr.flush()

    def do_bail(self, switch):
        """It goes on after an error in any case."""
        if switch != "off":
            sys.exit("apsw_shell.py: .bail on is not imitated here")

    def do_nullvalue(self, text):
        self.null_value = text

    def do_print(self, *words):
        self.write(" ".join(words).encode())

    def do_load(self, path):
        self.db.load_extension(path)

    def do_open(self, *arguments):
        self.open(arguments[-1], "--readonly" in arguments)

    def do_read(self, source):
        if source.startswith("|"):
            made = subprocess.run(source[1:], shell=True, stdout=subprocess.PIPE, check=True)
            self.script(made.stdout.decode().splitlines(True))
            return
        with open(source, encoding="utf-8", errors="surrogateescape") as file:
            self.script(file)

    def do_output(self, path=None):
        self.once = False
        if self.output is not self.standard:
            self.output.close()
        self.output = open(path, "wb") if path else self.standard

    def do_once(self, path):
        """The output of the next statement only."""
        self.do_output(path)
        self.once = True

    def do_mode(self, mode):
        if mode not in ("list", "line"):
            sys.exit(f"apsw_shell.py: .mode {mode}: rows are written as lists and lines here")
        self.lines = mode == "line"

    def do_limit(self, name, value):
        which = getattr(apsw, "SQLITE_LIMIT_" + name.upper())
        self.db.limit(which, int(value))
        self.write(f"{name:>20} {self.db.limit(which)}".encode())

    def do_dump(self):
        shell = apsw.shell.Shell(db=self.db, stdout=_Text(self))
        shell.process_command(".dump")

    def do_backup(self, path):
        target = apsw.Connection(path)
        with target.backup("main", self.db, "main") as backup:
            backup.step()
        target.close()

    def do_dbconfig(self, name, value):
        option = getattr(apsw, "SQLITE_DBCONFIG_" + name.upper())
        now = self.db.config(option, 1 if value == "on" else 0)
        self.write(f"{name:>19} {'on' if now else 'off'}".encode())

    def do_parameter(self, verb, key=None, value=None):
        self.db.config(apsw.SQLITE_DBCONFIG_WRITABLE_SCHEMA, 1)  # for a name in sqlite_
        self.db.execute(
            "CREATE TABLE IF NOT EXISTS temp.sqlite_parameters("
            "key TEXT PRIMARY KEY, value) WITHOUT ROWID"
        )
        self.db.config(apsw.SQLITE_DBCONFIG_WRITABLE_SCHEMA, 0)
        if verb == "set":
            self.db.execute(f"REPLACE INTO temp.sqlite_parameters VALUES(?, {value})", (key,))


class _Text:
    """What apsw's own shell writes its dump to."""

    def __init__(self, shell):
        self.shell = shell

    def write(self, text):
        self.shell.output.write(text.encode())

    def flush(self):
        self.shell.output.flush()


def main():
    arguments, commands, rest = iter(sys.argv[1:]), [], []
    for argument in arguments:
        if argument == "-init":
            next(arguments)
        elif argument == "-cmd":
            commands.append(next(arguments))
        elif argument != "-batch":
            rest.append(argument)
    shell = Shell(rest[0] if rest else ":memory:")
    for command in commands:
        shell.command(command)
    for sql in rest[1:]:
        shell.run_argument(sql)
    if len(rest) < 2:
        sys.stdin.reconfigure(encoding="utf-8", errors="surrogateescape")
        shell.script(sys.stdin)
    shell.output.flush()
    sys.exit(shell.errors > 0)


main()
