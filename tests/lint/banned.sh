#!/usr/bin/env bash
# banned.sh - calls and habits that this code does without. Comments and the inside of strings are
# taken out first: a word in a sentence is no call.
set -uo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." || exit 1

# Where (a pattern of paths); except; what (a pattern of code); why
rules='
^(core|ext)/    ; ^core/base/mem\.c$ ; (malloc|calloc|realloc|strdup|strndup|aligned_alloc|posix_memalign|v?asprintf|alloca)[[:space:]]*\( ; memory comes from base/mem.h in core/, from sqlite3_malloc64() in ext/
^(core|ext)/    ; ^ext/cli/          ; ((printf|vprintf|puts|putchar|perror)[[:space:]]*\(|stdout|stderr) ; a library does not print
^(core|ext)/    ; ^$                 ; (exit|_exit|_Exit|abort|quick_exit)[[:space:]]*\( ; a library does not end the process it lives in
^(core|ext)/    ; ^$                 ; (sprintf|vsprintf|strcpy|strcat|stpcpy|gets|strtok)[[:space:]]*\( ; has no bound
^(core|ext)/    ; ^$                 ; \+= *(\(size_t\) *)?(sqlite3_)?v?snprintf[[:space:]]*\( ; answers what it would have written: bb_list_add() of base/names.h
^(core|ext)/    ; ^$                 ; (atoi|atol|atoll|atof)[[:space:]]*\( ; cannot say that its text is no number
^ext/           ; ^ext/search/write\.c$ ; sqlite3_value_numeric_type[[:space:]]*\( ; crashes on copies of values: number_type() of numbers.h
^ext/           ; ^$                 ; ^ *(if .*\) |else )?sqlite3_bind_[a-z0-9]+\([^?:]*\)[^,]$ ; what it answers counts: without it NULL is stored
^(core|ext)/    ; ^$                 ; (setlocale|chdir|setenv|putenv|srand|rand)[[:space:]]*\( ; changes the process it lives in
^(core|ext)/    ; ^(core/base/os_|ext/packaging/command/random_bytes\.c$) ; #[[:space:]]*include[[:space:]]*<(unistd|fcntl|dirent|dlfcn|sched|spawn|termios|poll|ftw|glob|pwd|iconv|locale|xlocale|io|direct|conio|windows|winsock2|sys/[a-z_]+|mach[^>]*)\.h> ; what differs between systems is asked by base/os.h
^(core|ext)/    ; ^$                 ; #[[:space:]]*(if|ifdef|ifndef|elif).*(_WIN32|_WIN64|__APPLE__|__linux__|__unix__|__MINGW) ; each file of core/base/os_* is for one system, and the Makefile takes those of its own
^(core|ext)/    ; ^core/base/os_     ; (fopen|rename|remove|unlink|rmdir|mkdir|access|stat|lstat|realpath|isatty|getpid|opendir|clock_gettime|nanosleep|usleep|memmem|memrchr|strtod_l|uselocale|pthread_atfork)[[:space:]]*\( ; is not on every system: base/os.h, or bb_str_find()
.               ; ^$                 ; // ; comments are /* */
^(core|ext)/    ; ^core/base/os_process_ ; signal[[:space:]]*\( ; changes the process it lives in
.               ; ^$                 ; goto (again|retry|loop) ; goto goes forward, to done
'

# Code alone: comments become spaces, strings and characters become empty ones.
code_of() {
  awk '
    { text = $0; out = ""; length_ = length(text)
      for (i = 1; i <= length_; i++) {
        c = substr(text, i, 1); two = substr(text, i, 2)
        if (comment) { if (two == "*/") { comment = 0; i++ } }
        else if (quote != "") {
          if (c == "\\") i++
          else if (c == quote) { out = out c; quote = "" }
        }
        else if (two == "/*") { comment = 1; i++; out = out " " }
        else { out = out c; if (c == "\"" || c == "\047") quote = c }
      }
      if (text !~ /\\$/) quote = ""
      print out }' "$1"
}

trim() {
  local text=$1
  text=${text#"${text%%[![:space:]]*}"}
  printf '%s' "${text%"${text##*[![:space:]]}"}"
}

problems=0
problem() {
  printf '%s\n' "$*"
  problems=$((problems + 1))
}

places=() excepts=() patterns=() reasons=()
while IFS=';' read -r place except pattern reason; do
  [[ -n $place ]] || continue
  places+=("$(trim "$place")")
  excepts+=("$(trim "$except")")
  patterns+=("$(trim "$pattern")")
  reasons+=("$(trim "$reason")")
done <<<"$rules"

check_code() {
  local file=$1 code i hit pattern
  code=$(code_of "$file")
  for i in "${!places[@]}"; do
    [[ $file =~ ${places[i]} && ! $file =~ ${excepts[i]} ]] || continue
    pattern=${patterns[i]}
    if [[ $pattern == [a-z\(]* ]]; then pattern="(^|[^A-Za-z0-9_])$pattern"; fi
    while IFS=: read -r line hit; do
      problem "$file:$line: $(trim "$hit"): ${reasons[i]}"
    done < <(grep -nE -- "$pattern" <<<"$code")
  done
}

while read -r file; do
  check_code "$file"
done < <(find core ext include tests -name '*.[ch]' | sort)

# The whole text, comments included.
tab=$'\t'
while IFS= read -r hit; do
  problem "$hit: a tab"
done < <(grep -rlI --include='*.[ch]' --include='*.sh' --include='*.py' --include='*.sql' \
  -- "$tab" core ext include sql tests examples)
while IFS= read -r hit; do
  problem "$hit: say when it can be done (TODO(when SQLite >= 3.44)), or open an issue"
done < <(grep -rnIE --include='*.[ch]' --include='*.py' --include='*.sql' \
  '\b(TODO|FIXME|XXX)\b' core ext include sql tests examples | grep -vE 'TODO\(when [^)]+\)')
((problems == 0))
