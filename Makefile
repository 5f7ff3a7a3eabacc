# biobert: `make demo` and `make test` are all that a newcomer needs; `make help` lists the rest.
#
# A rule a kind of thing. MODE=release|debug|asan|tsan|cov|fuzz|package builds in build/$(MODE), so
# that modes never get in each other's way; dependencies are generated, a new .c file needs no edit here.

, := ,

MODE   ?= release
CC     ?= cc
BUILD  := build/$(MODE)
ARCH   := $(shell uname -m)
# linux, macos or windows: whose files of core/base/os_* are taken, and what a library and a program are
# called. Another than this machine's is for ext/packaging/portable/cross_compile.sh.
TARGET_OS := $(if $(filter Darwin,$(shell uname -s)),macos,linux)
DLL.linux   := .so
DLL.macos   := .dylib
DLL.windows := .dll
EXE.windows := .exe
DLL := $(DLL.$(TARGET_OS))
EXE := $(EXE.$(TARGET_OS))

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wvla -Wundef -Wformat=2 -Wcast-qual \
        -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith $(if $(CI),-Werror)

CFLAGS.release := -O2 -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 \
                  $(if $(filter x86_64,$(ARCH)),-fcf-protection)
CFLAGS.debug   := -O0 -g
CFLAGS.asan    := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined \
                  -fno-sanitize-recover=undefined
CFLAGS.tsan    := -O1 -g -fsanitize=thread
CFLAGS.cov     := -O0 -g --coverage
CFLAGS.fuzz    := $(CFLAGS.asan) -fsanitize=fuzzer-no-link
LDFLAGS.fuzz   := -fsanitize=fuzzer
# What is carried to other machines: small, and needs nothing of them but the C library.
# Without unwind tables, which C does not need but on Windows. Without -fcf-protection: the archives
# that are linked in have none, and then none has it.
NO_UNWINDING := -fno-asynchronous-unwind-tables $(if $(filter-out windows,$(TARGET_OS)),-fno-unwind-tables)
CFLAGS.package := $(filter-out -fcf-protection,$(CFLAGS.release)) -ffunction-sections -fdata-sections \
                  -fomit-frame-pointer $(NO_UNWINDING)
# clang's -O2 vectorizes and unrolls loops, gcc's does not: the files of instruction sets alone gain by it.
LOOPS := $(if $(findstring zig,$(CC)),vectorize slp-vectorize unroll-loops)
CFLAGS.package += $(LOOPS:%=-fno-%)
# Not under the sanitizers: the leak check's own thread crashes in a library bound at once.
LDFLAGS.hard.release := $(if $(filter linux,$(TARGET_OS)),-Wl$(,)-z$(,)relro$(,)-z$(,)now$(,)-z$(,)noexecstack)
LDFLAGS.hard.package := $(LDFLAGS.hard.release) -s \
                        $(if $(filter macos,$(TARGET_OS)),-Wl$(,)-dead_strip,-Wl$(,)--gc-sections)

# -ffp-contract=off: a product and a sum become one operation only where the source says so, or
# the scalar code would not be the meaning of the others (core/kernels/kernels.h).
# -fno-semantic-interposition: what the library exports is still inlined inside it, as it is elsewhere.
CFLAGS   += -std=c11 $(WARN) -g -fPIC -fvisibility=hidden \
            $(if $(filter linux,$(TARGET_OS)),-fno-semantic-interposition) -ffp-contract=off -pthread -MMD -MP $(CFLAGS.$(MODE))
CPPFLAGS += -D_GNU_SOURCE -Iinclude
# mingw has C11's printf() and POSIX's gmtime_r() for who asks.
ifeq ($(TARGET_OS),windows)
CPPFLAGS += -D__USE_MINGW_ANSI_STDIO=1 -D_POSIX_C_SOURCE=200809L
endif
LDFLAGS  += -pthread $(LDFLAGS.hard.$(MODE)) $(filter -fsanitize=% --coverage,$(CFLAGS.$(MODE)))
# The archive of a library, where the package must not ask for the library itself.
library = $(if $(filter package,$(MODE)),$(BUILD)/archives/lib$(1).a,-l$(1))
LIBS_OS.linux   := -lm -ldl
LIBS_OS.macos   := -lm
LIBS_OS.windows := -lm -lshell32
LIBS_OS   := $(LIBS_OS.$(TARGET_OS))
LIBS_CORE := $(call library,utf8proc) $(LIBS_OS)
LIBS_EXT := $(call library,z) $(LIBS_OS)
LIBS     := $(LIBS_CORE) $(LIBS_EXT)
LIBS_RECORDS := $(call library,expat) $(call library,z)
LIBS_SQLITE := $(call library,sqlite3)

# Files of literature are read by a library and an extension of their own, so that the others
# need no parser of XML.
RECORDS := $(wildcard core/records/*.c)
IMPORT  := $(wildcard ext/import/*.c)
CLI     := $(wildcard ext/cli/*.c)
# One place knows the operating system: of core/base/os_*.c those that this target has.
OS.linux   := os_linux os_files_posix os_folders_posix os_process_posix os_terminal_posix
OS.macos   := os_macos $(filter-out os_linux,$(OS.linux))
OS.windows := os_windows os_files_windows os_folders_windows os_process_windows os_terminal_windows
OS   := $(patsubst %,core/base/%.c,$(OS.$(TARGET_OS)))
CORE := $(filter-out $(RECORDS) core/base/os_%,$(wildcard core/*/*.c)) $(OS)
EXT  := $(filter-out $(IMPORT) $(CLI),$(wildcard ext/*.c ext/*/*.c))
EXT_SQL := $(wildcard ext/sql/*.c)
UNIT := $(wildcard tests/unit/test_*.c)
FUZZ := $(wildcard tests/fuzz/fuzz_*.c)
CORE_O := $(CORE:%.c=$(BUILD)/%.o)
OS_O   := $(OS:%.c=$(BUILD)/%.o)
EXT_O  := $(EXT:%.c=$(BUILD)/%.o)
RECORDS_O := $(RECORDS:%.c=$(BUILD)/%.o)
IMPORT_O  := $(IMPORT:%.c=$(BUILD)/%.o) $(EXT_SQL:%.c=$(BUILD)/%.o)
LINKED_O  := $(EXT:%.c=$(BUILD)/linked/%.o)
CLI_O     := $(CLI:%.c=$(BUILD)/%.o) $(IMPORT:%.c=$(BUILD)/linked/%.o) $(LINKED_O)
UNIT_X := $(UNIT:%.c=$(BUILD)/%)
FUZZ_X := $(FUZZ:%.c=$(BUILD)/%)
THREADS_X := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/threads/*.c))
TOOLS_X := $(BUILD)/tests/golden/tokens_of $(BUILD)/tests/train/write_folder $(BUILD)/tests/oom/core $(BUILD)/tests/oom/sql \
           $(patsubst %.c,$(BUILD)/%,$(wildcard tests/index/test_*.c)) \
          $(BUILD)/tests/oom/refused $(BUILD)/tests/oom/learning $(BUILD)/tests/oom/command \
           $(BUILD)/tests/corrupt/corrupt $(BUILD)/tests/corrupt/hostile \
           $(BUILD)/tests/corrupt/replaced \
           $(BUILD)/tests/crash/interrupt $(BUILD)/tests/crash/interrupt_operations \
           $(BUILD)/tests/crash/writers \
           $(BUILD)/tests/crash/discards $(BUILD)/tests/differential/differential \
           $(BUILD)/tests/faults/faults
TESTS  := $(UNIT_X) $(FUZZ_X) $(TOOLS_X) $(THREADS_X)

# The two extensions and the command.
MADE := $(BUILD)/biobert$(DLL) $(BUILD)/biobert_import$(DLL) $(BUILD)/biobert$(EXE)
all: $(MADE) $(if $(filter build/release,$(BUILD)),biobert$(DLL) biobert_import$(DLL))
made: $(MADE)

.PHONY: all made help deps model demo package packaging test tests check unit golden-check sql tour fuzz fuzz-replay lint \
        bench bench-search bench-training bench-analysis picture install uninstall clean golden oom valgrind hub index \
        cli crash sqlite differential faults clients coverage threads soak loaders packages \
        packaged wheel portable test-portable npm test-npm dist deb bench-screening \
        test-deb
.DELETE_ON_ERROR:

help:
	@echo 'make            build $(BUILD)/biobert.so and biobert_import.so, with links here'
	@echo 'make demo       install what is missing, get a model, embed a table, ask questions'
	@echo '                (your own data: make demo DB=my.db TABLE=papers TEXT=abstract)'
	@echo 'make test       install what is missing, build, run every test'
	@echo 'make model      put a model at models/default (MODEL=owner/name: another one)'
	@echo 'make check      the tests alone; MODE=asan make check: under the sanitizers'
	@echo '                SQLITE=FOLDER: on the libsqlite3.so.0 that lies there (make sqlite makes some)'
	@echo 'make packages   build/packages: what others install (make wheel: for pip)'
	@echo 'make lint fuzz bench golden install uninstall clean'

# Building ---------------------------------------------------------------------------------------

# A name that is nowhere is found when linking, not when loading. A sanitizer's names are in the
# program that loads.
NO_UNDEFINED = $(if $(filter -fsanitize=%,$(LDFLAGS)),,-Wl,--no-undefined)
# Worker threads may be running when the last connection closes: the code is never unloaded
# (bb_os_stay_loaded() does that where the linker cannot).
SHARED.linux = -Wl,-z,nodelete $(NO_UNDEFINED)
SHARED = -shared $(LDFLAGS) $(SHARED.$(TARGET_OS))

# Only the entry points are exported: the library's own names stay inside. zig's linker knows no
# --exclude-libs.
EXPORTS.linux := $(if $(findstring zig,$(CC)),-Wl$(,)--version-script=ext/packaging/portable/exports.map,\
                   -Wl$(,)--exclude-libs$(,)ALL)
EXPORTS.windows = ext/packaging/portable/$(basename $(@F)).def
EXPORTS = $(EXPORTS.$(TARGET_OS))
$(BUILD)/biobert$(DLL): $(EXT_O) $(BUILD)/libbiobert.a
	$(CC) $(SHARED) -o $@ $^ $(EXPORTS) $(LIBS)

ifeq ($(MODE),package)
# Debian's libexpat.a needs it; where zig compiles expat, it asks the system itself.
IMPORT_O += $(if $(findstring zig,$(CC)),,$(BUILD)/ext/packaging/command/random_bytes.o)
endif
$(BUILD)/biobert_import$(DLL): $(IMPORT_O) $(BUILD)/libbiobert_records.a $(BUILD)/libbiobert.a
	$(CC) $(SHARED) -o $@ $^ $(EXPORTS) $(LIBS_RECORDS) $(LIBS_OS)

# The command runs the files of sql/ that people read, so it has their text; and the page of a map.
CLI_SQL := $(addprefix sql/,queries/import.sql schema/papers.sql schema/zotero.sql \
             schema/calibre.sql schema/jabref.sql schema/asreview.sql) \
           ext/cli/map/map.html ext/cli/map/map.js third_party/chart.js/chart.umd.min.js
$(BUILD)/ext/cli/embedded_sql.c: ext/cli/embed_sql.sh $(CLI_SQL)
	@mkdir -p $(@D)
	bash $^ >$@
$(BUILD)/ext/cli/embedded_sql.o: $(BUILD)/ext/cli/embedded_sql.c
	$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

# The archives of the system's libraries, where no others lie there already; without their unwind
# tables, which C does not need: a tenth of SQLite.
ARCHIVES := $(if $(filter package,$(MODE)),$(patsubst %,$(BUILD)/archives/lib%.a,utf8proc z expat sqlite3))
# SQLite is compiled for size, with what the command needs of it; where npm gives no sources, Debian's
# archive serves.
SMALL_SQLITE := -Os -fPIC -w -fvisibility=hidden -ffunction-sections -fdata-sections \
                -fomit-frame-pointer $(NO_UNWINDING) \
                -DSQLITE_THREADSAFE=1 -DSQLITE_ENABLE_FTS5 \
                -DSQLITE_ENABLE_MATH_FUNCTIONS -DSQLITE_ENABLE_COLUMN_METADATA -DSQLITE_OMIT_DEPRECATED \
                -DSQLITE_OMIT_AUTHORIZATION -DSQLITE_OMIT_SHARED_CACHE -DSQLITE_OMIT_DESERIALIZE \
                -DSQLITE_OMIT_COMPLETE -DSQLITE_OMIT_GET_TABLE -DSQLITE_UNTESTABLE \
                -DSQLITE_OMIT_COMPILEOPTION_DIAGS -DSQLITE_OMIT_TCL_VARIABLE \
                -DSQLITE_LIKE_DOESNT_MATCH_BLOBS -DHAVE_USLEEP
$(BUILD)/archives/libsqlite3.a:
	@mkdir -p $(@D)
	@if bash tests/sqlite/build.sh amalgamation >/dev/null; then \
	  $(CC) $(SMALL_SQLITE) -c -o $(@:.a=.o) build/sqlite/amalgamation/sqlite3.c && $(AR) rcs $@ $(@:.a=.o); \
	else $(MAKE) --no-print-directory -s MODE=package BUILD=$(BUILD) $(BUILD)/archives/debian/libsqlite3.a && \
	  cp $(BUILD)/archives/debian/libsqlite3.a $@; fi
$(BUILD)/archives/%.a:
	@mkdir -p $(@D)
	cp "$$($(CC) -print-file-name=$(notdir $*).a)" $@
	$(OBJCOPY) -R .eh_frame -R .rela.eh_frame $@
$(MADE): | $(ARCHIVES)

# The command has both extensions linked in; of a package, which has them as files, it loads those.
ifeq ($(MODE),package)
CLI_O := $(CLI:%.c=$(BUILD)/%.o) $(BUILD)/linked/ext/sql/index_sql.o \
         $(BUILD)/ext/packaging/command/loaded_extensions.o
endif
$(BUILD)/biobert$(EXE): $(CLI_O) $(BUILD)/ext/cli/embedded_sql.o $(BUILD)/libbiobert_records.a $(BUILD)/libbiobert.a
	$(CC) -o $@ $^ $(LDFLAGS) $(LIBS_SQLITE) $(LIBS) $(LIBS_RECORDS)

# So that a plain `.load ./biobert` works in a checkout.
biobert$(DLL) biobert_import$(DLL): %: build/release/%
	@ln -sfn $< $@

$(BUILD)/libbiobert.a: $(CORE_O)
$(BUILD)/libbiobert_records.a: $(RECORDS_O)
$(BUILD)/%.a:
	@rm -f $@
	$(AR) rcs $@ $^

# The include path is the layer rule: core/ cannot see ext/. ext/ sees base/os.h of core/, and
# tests/lint/layers.sh that it sees no more.
$(BUILD)/core/%.o:  private CPPFLAGS += -Icore
$(BUILD)/ext/%.o:   private CPPFLAGS += -Iext -Icore
$(BUILD)/tests/%:   private CPPFLAGS += -Icore -Itests

# An ISA file is the only place where its flags appear.
ifeq ($(ARCH),x86_64)
# zig's clang does not have vectors of 512 bits with avx512f alone.
EVEX := $(if $(findstring zig,$(CC)),-mevex512)
$(BUILD)/core/kernels/isa_avx2.o:   CFLAGS += -mavx2 -mfma -mf16c
$(BUILD)/core/kernels/isa_avx512.o: CFLAGS += $(EVEX) -mavx2 -mfma -mf16c -mavx512f -mavx512bw \
                                              -mavx512dq -mavx512vl
$(BUILD)/core/kernels/isa_avxvnni.o: CFLAGS += -mavx2 -mfma -mavxvnni
$(BUILD)/core/kernels/isa_avx512vnni.o: CFLAGS += $(EVEX) -mavx512f -mavx512bw -mavx512vl -mavx512vnni
# Long kernels of nothing but intrinsics: with every check of every load inlined, clang takes minutes
# for one. Checks as calls take seconds; undefined behaviour in them is MODE=asan's to find.
ifeq ($(MODE),fuzz)
$(BUILD)/core/kernels/isa_%.o: CFLAGS += -fno-sanitize=undefined \
                                         -mllvm -asan-instrumentation-with-call-threshold=0
endif
endif

# Where no time is spent, size counts.
ifeq ($(MODE),package)
$(addprefix $(BUILD)/,$(addsuffix /%.o,ext core/api core/base core/format core/records core/text core/trainer)): \
  CFLAGS += -Os
$(BUILD)/core/kernels/isa_%.o: CFLAGS += $(LOOPS:%=-f%)
endif

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

AS_NEEDED := $(if $(filter linux,$(TARGET_OS)),-Wl$(,)--as-needed)
$(BUILD)/tests/%: $(BUILD)/tests/%.o $(BUILD)/libbiobert_records.a $(BUILD)/libbiobert.a
	$(CC) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LDFLAGS) $(LIBS_SQLITE) $(AS_NEEDED) $(LIBS_RECORDS) \
	  $(LIBS)

# It opens SQLite by itself, and closes it.
$(BUILD)/tests/threads/reloading: LDFLAGS += -Wl,--as-needed

# A fuzz target has its main() from libFuzzer, in any other mode from replay_main.c.
$(FUZZ_X): LDFLAGS += $(LDFLAGS.$(MODE))
$(FUZZ_X): $(if $(filter fuzz,$(MODE)),,$(BUILD)/tests/fuzz/replay_main.o)
$(BUILD)/tests/oom/refused: $(addprefix $(BUILD)/tests/oom/,fault.o places.o)
$(BUILD)/tests/oom/learning: $(BUILD)/tests/oom/places.o
$(BUILD)/tests/oom/sql: $(addprefix $(BUILD)/tests/oom/,fault.o places.o sql_operations.o dense_operations.o)
# The command, of which main() is in the test; its calls of SQLite are found by the linker.
WRAPPED := bind_text bind_value column_blob column_text declare_vtab exec expanded_sql malloc64 \
           mprintf open_v2 prepare_v2 prepare_v3 realloc64 reset step str_append str_appendall \
           str_appendchar str_finish str_new value_dup value_text vmprintf
$(BUILD)/tests/oom/command.o: private CPPFLAGS += -Iext
$(BUILD)/tests/oom/command: LDFLAGS += $(WRAPPED:%=-Wl,--wrap=sqlite3_%)
$(BUILD)/tests/oom/command: $(BUILD)/tests/oom/fault.o $(BUILD)/tests/oom/places.o $(filter-out %/main.o,$(CLI_O)) \
                            $(BUILD)/ext/cli/embedded_sql.o
# Those that run SQL have the extension linked in.
$(addprefix $(BUILD)/tests/fuzz/,fuzz_search_table fuzz_create fuzz_calls): $(EXT_O)
$(BUILD)/tests/differential/differential: $(addprefix $(BUILD)/tests/differential/,statement.o search_forms.o)
$(BUILD)/tests/faults/faults: $(addprefix $(BUILD)/tests/faults/,database.o fault_operations.o fault_vfs.o)
.SECONDARY: $(TESTS:%=%.o)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

# A newcomer's two commands ----------------------------------------------------------------------

deps:
	@sh ext/packaging/deps.sh

model: deps
	@bash ext/packaging/model/get_model.sh $(if $(MODEL),--model '$(MODEL)')

demo: deps
	@$(MAKE) --no-print-directory -s all
	@bash examples/literature/demo.sh "$(DB)" "$(TABLE)" "$(TEXT)"

test: deps
	@$(MAKE) --no-print-directory -s check

# Tests: each prints `N passed, N failed`; tests/run.sh adds them up ------------------------------

tests: $(TESTS)

# ONLY='sql index': these groups, side by side.
check: all tests
	@MODE=$(MODE) BUILD=$(BUILD) CC='$(CC)' bash tests/run.sh $(ONLY)

unit golden-check sql tour oom fuzz-replay hub packaging index cli crash differential: all tests
	@MODE=$(MODE) BUILD=$(BUILD) CC='$(CC)' bash tests/run.sh $@

# Storage fails at every point of every operation: up to an hour. FAULT_STEP=20: at one in 20.
faults: all tests
	@FAULT_STEP=$(or $(FAULT_STEP),1) MODE=$(MODE) BUILD=$(BUILD) CC='$(CC)' bash tests/run.sh faults

# The whole, of which `make check` has a short form.
threads: all tests
	@INTERRUPTS=$${INTERRUPTS:-10000} ROUNDS=$${ROUNDS:-1000} FORKS=$${FORKS:-300} \
	  MODE=$(MODE) BUILD=$(BUILD) CC='$(CC)' bash tests/run.sh threads

# SOAK_SECONDS for each kind of journal.
soak: all tests
	@SOAK_SECONDS=$(or $(SOAK_SECONDS),600) MODE=$(MODE) BUILD=$(BUILD) CC='$(CC)' \
	  bash tests/run.sh soak

# SQLites to test with: make check SQLITE=build/sqlite/3.53.2 (tests/sqlite/build.sh says more).
sqlite:
	@bash tests/sqlite/build.sh library
	@bash tests/sqlite/build.sh apsw

# Which branches no test takes; needs gcc and python3. tests/coverage/unreached.txt has the reasons.
coverage:
	@bash tests/coverage/coverage.sh

valgrind: all
	@BUILD=$(BUILD) bash tests/valgrind.sh

lint:
	@CC='$(CC)' bash tests/lint/lint.sh

# FUZZ_SECONDS for each target; needs clang with libFuzzer (Debian: clang, libclang-rt-14-dev).
fuzz:
	@bash tests/fuzz/fuzz.sh $(or $(FUZZ_SECONDS),20)

# CLIENTS: which of them; tests/README.md says which there are.
clients: all
	@BUILD=$(BUILD) bash tests/clients/clients.sh $(CLIENTS)

bench: deps all
	@bash tests/bench/bench.sh

bench-training: deps all
	@bash tests/bench/training.sh

bench-analysis: deps all
	@bash tests/bench/analysis.sh
	@bash tests/bench/screening.sh

# The map of the bibliography in examples/literature, which docs/command.md shows.
picture: deps all
	@bash examples/literature/picture.sh

bench-search: deps all
	@bash tests/bench/search.sh

bench-screening: deps all
	@bash tests/bench/screening.sh

# Re-makes tests/golden from PyTorch, transformers and tokenizers, in a virtual environment.
golden:
	@bash tests/golden/make_golden.sh

# Whether transformers and sentence-transformers open what training writes; after `make golden`,
# or with PYTHON=, which has both.
loaders: $(BUILD)/tests/train/write_folder
	@$(or $(PYTHON),build/golden-venv/bin/python) tests/train/loaders.py $<

# Installing -------------------------------------------------------------------------------------

# For C programs: the library, static and shared, and the extension to link in.

VERSION := $(shell sed -n 's/^\#define BIOBERT_VERSION "\(.*\)"/\1/p' include/biobert.h)
# Before 1.0 a new minor version may change the binary interface, and so is part of the name.
SONAME  := libbiobert.so.$(basename $(VERSION))

PREFIX  ?= /usr/local
LIBDIR  ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
BINDIR  ?= $(PREFIX)/bin
DATADIR ?= $(PREFIX)/share

PACKAGE := $(BUILD)/package
HEADERS := $(wildcard include/*.h)
PACKAGE_LIBS := $(PACKAGE)/libbiobert.a $(PACKAGE)/libbiobert_sqlite.a \
                $(PACKAGE)/libbiobert_records.a $(PACKAGE)/$(SONAME)

# An extension that is linked in calls SQLite by name, not through the table that a loader passes.
$(BUILD)/linked/ext/%.o: private CPPFLAGS += -Iext -Icore -DSQLITE_CORE
$(BUILD)/linked/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

# One object, in which every name that is not public has become local: bb_... cannot meet a name
# of the program's.
$(PACKAGE)/libbiobert.a: $(CORE_O)
# It asks the system by itself: that is no part of the library's interface.
$(PACKAGE)/libbiobert_sqlite.a: $(LINKED_O) $(OS_O)
# With what it needs of the library, which is not seen: a program may have either or both.
$(PACKAGE)/libbiobert_records.a: $(RECORDS_O) $(BUILD)/libbiobert.a
$(PACKAGE)/libbiobert_records.a: LOCALIZE = -w --keep-global-symbol='biobert_record*'
$(PACKAGE)/%.a:
	@mkdir -p $(@D) && rm -f $@
	$(LD) -r -o $(@:.a=.o) $^
	$(OBJCOPY) $(LOCALIZE) $(@:.a=.o)
	$(AR) rcs $@ $(@:.a=.o)
OBJCOPY ?= objcopy
LOCALIZE = --localize-hidden

$(PACKAGE)/$(SONAME): $(CORE_O)
	@mkdir -p $(@D)
	$(CC) $(SHARED) -o $@ $^ -Wl,-soname,$(SONAME) -Wl,-Bsymbolic-functions $(LIBS_CORE)

package: $(PACKAGE_LIBS)

PC = sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' -e 's|@INCLUDEDIR@|$(INCLUDEDIR)|' \
     -e 's|@VERSION@|$(VERSION)|' -e 's|@LIBS@|$(LIBS_CORE) -pthread|' \
     -e 's|@LIBS_EXT@|$(LIBS_EXT)|' -e 's|@LIBS_RECORDS@|$(LIBS_RECORDS)|'
TO_LIB     := "$(DESTDIR)$(LIBDIR)"
TO_INCLUDE := "$(DESTDIR)$(INCLUDEDIR)"

TO_BIN     := "$(DESTDIR)$(BINDIR)"
TO_DATA    := "$(DESTDIR)$(DATADIR)"
# What the command writes of itself, and the tool that gets models, which it runs.
MODEL_TOOL := $(wildcard ext/packaging/model/*.sh)
TO_MAN     := $(TO_DATA)/man/man1
TO_BASH    := $(TO_DATA)/bash-completion/completions
TO_ZSH     := $(TO_DATA)/zsh/site-functions
TO_TOOL    := $(TO_DATA)/biobert/model

install: all package
	install -d $(TO_LIB)/sqlite3 $(TO_LIB)/pkgconfig $(TO_INCLUDE) $(TO_BIN) $(TO_MAN) $(TO_BASH) \
	  $(TO_ZSH) $(TO_TOOL)
	install -m 755 $(BUILD)/biobert $(TO_BIN)
	$(BUILD)/biobert manual >$(TO_MAN)/biobert.1
	$(BUILD)/biobert completion bash >$(TO_BASH)/biobert
	$(BUILD)/biobert completion zsh >$(TO_ZSH)/_biobert
	install -m 644 $(MODEL_TOOL) $(TO_TOOL)
	install -m 644 $(BUILD)/biobert.so $(BUILD)/biobert_import.so $(TO_LIB)/sqlite3
	install -m 644 $(PACKAGE_LIBS) $(TO_LIB)
	ln -sf $(SONAME) $(TO_LIB)/libbiobert.so
	install -m 644 $(HEADERS) $(TO_INCLUDE)
	$(PC) ext/packaging/biobert.pc.in >$(TO_LIB)/pkgconfig/biobert.pc
	$(PC) ext/packaging/biobert_sqlite.pc.in >$(TO_LIB)/pkgconfig/biobert_sqlite.pc
	$(PC) ext/packaging/biobert_records.pc.in >$(TO_LIB)/pkgconfig/biobert_records.pc

# What install has put there, and no folder: others may have files in it.
uninstall:
	rm -f $(TO_BIN)/biobert $(TO_MAN)/biobert.1 $(TO_BASH)/biobert $(TO_ZSH)/_biobert \
	  $(foreach tool,$(notdir $(MODEL_TOOL)),$(TO_TOOL)/$(tool)) \
	  $(TO_LIB)/sqlite3/biobert.so $(TO_LIB)/sqlite3/biobert_import.so $(TO_LIB)/libbiobert.so \
	  $(foreach lib,$(notdir $(PACKAGE_LIBS)),$(TO_LIB)/$(lib)) \
	  $(foreach header,$(notdir $(HEADERS)),$(TO_INCLUDE)/$(header)) \
	  $(TO_LIB)/pkgconfig/biobert.pc $(TO_LIB)/pkgconfig/biobert_sqlite.pc \
	  $(TO_LIB)/pkgconfig/biobert_records.pc

# Packages ---------------------------------------------------------------------------------------

# Each kind of package is a target of its own, in a folder of its own below PACKAGES, made of the binaries of
# this machine, which MODE=package builds. `packages` makes all kinds, of every platform in TARGETS.

PACKAGES        ?= build/packages
PACKAGES_PYTHON ?= /usr/bin/python3
PACKAGED        := $(addprefix build/package/,biobert$(EXE) biobert$(DLL) biobert_import$(DLL))
LINKED_LICENSES := $(wildcard /usr/share/doc/libutf8proc-dev/copyright /usr/share/doc/zlib1g-dev/copyright \
                     /usr/share/doc/libexpat1-dev/copyright)
# What is packed: PLATFORM=FOLDER of its binaries.
PACKED ?= linux-$(subst aarch64,arm64,$(subst x86_64,x64,$(ARCH)))=build/package
PORTABLE = $(foreach target,$(TARGETS),$(target)=build/portable/$(target))

packages: portable
	@$(MAKE) --no-print-directory -s PACKED='$(PORTABLE)' wheel npm dist deb
	@bash ext/packaging/sizes.sh $(PACKAGES)

packaged:
	@$(MAKE) --no-print-directory -s MODE=package $(PACKAGED)
wheel npm dist: $(if $(filter %=build/package,$(PACKED)),packaged)

# For pip: it takes from the folder what fits (README.md of ext/packaging/python).
wheel:
	@$(PACKAGES_PYTHON) ext/packaging/python/build_wheel.py --out $(PACKAGES)/wheels \
	  --binaries $(foreach each,$(PACKED),$(lastword $(subst =, ,$(each)))) --license $(LINKED_LICENSES)

# For npm: the main one and one a platform; and they installed into a fresh folder.
npm:
	@node ext/packaging/npm/build_npm.js --out $(PACKAGES)/npm --license $(LINKED_LICENSES) \
	  $(patsubst %,--platform %,$(PACKED))
test-npm:
	@bash tests/packaging/test_npm.sh

# What a release has besides: the sources, and archives of binaries, for sqlpkg and for who has no
# package manager.
dist:
	@bash ext/packaging/archives.sh $(PACKAGES)/dist $(PACKED)

# Binaries for other machines, in build/portable/TARGET (TARGETS: which); and they and their packages tried here.
TARGETS ?= linux-x64 linux-arm64 linux-x64-musl linux-arm64-musl macos-arm64 macos-x64 windows-x64
portable:
	@bash ext/packaging/portable/cross_compile.sh $(TARGETS)
test-portable:
	@bash tests/packaging/test_portable.sh $(TARGETS)
	@bash tests/packaging/test_platforms.sh $(TARGETS)

# Debian packages in build/packages/debian; and they installed into a fresh Debian (root, debootstrap).
deb:
	@bash ext/packaging/debian/build_packages.sh
test-deb:
	@bash tests/packaging/test_debian.sh

clean:
	rm -rf build biobert.so biobert_import.so
