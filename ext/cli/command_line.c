/* command_line.c - see command_line.h. */
#include "cli/command_line.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/terminal.h"

/* The option at a place of the tables, counted through both; NULL: past the last. */
static const option *option_at(const command_line *a, size_t index) {
  for (size_t i = 0; i < 2; i++)
    for (const option *o = a->tables[i]; o && o->name; o++)
      if (index-- == 0) return o;
  return NULL;
}

/* MAX_OPTIONS: there is none of this name (or letter, where name is NULL). */
static size_t find_option(const command_line *a, const char *name, size_t bytes,
                          char letter) {
  const option *o;
  for (size_t i = 0; (o = option_at(a, i)); i++) {
    bool named = name && strlen(o->name) == bytes && memcmp(o->name, name, bytes) == 0;
    if (named || (!name && o->letter == letter)) return i;
  }
  return MAX_OPTIONS;
}

static bool set_value(command_line *a, size_t index, const char *value) {
  const option *o = option_at(a, index);
  if (a->values[index] && o->argument) {
    complain("--%s is given twice: '%s' and '%s'", o->name, a->values[index], value);
    return false;
  }
  a->values[index] = value;
  return true;
}

/* "--name", "--name=value", "--name value". */
static bool read_long(command_line *a, const char *text, const char *next, int *taken) {
  size_t bytes = strcspn(text, "=");
  size_t index = find_option(a, text, bytes, 0);
  if (index == MAX_OPTIONS) {
    complain("there is no option --%.*s; --help lists them", (int)bytes, text);
    return false;
  }
  const option *o = option_at(a, index);
  if (!o->argument && text[bytes]) {
    complain("--%s takes no value", o->name);
    return false;
  }
  if (!o->argument) return set_value(a, index, "");
  if (text[bytes]) return set_value(a, index, text + bytes + 1);
  if (!next) {
    complain("--%s needs a value: --%s %s", o->name, o->name, o->argument);
    return false;
  }
  *taken = 2;
  return set_value(a, index, next);
}

/* "-q", "-n10", "-n 10", "-qn10". */
static bool read_letters(command_line *a, const char *text, const char *next,
                         int *taken) {
  for (; *text; text++) {
    size_t index = find_option(a, NULL, 0, *text);
    if (index == MAX_OPTIONS) {
      complain("there is no option -%c; --help lists them", *text);
      return false;
    }
    const option *o = option_at(a, index);
    if (o->argument) {
      if (text[1]) return set_value(a, index, text + 1);
      if (!next) {
        complain("-%c needs a value: -%c %s", *text, *text, o->argument);
        return false;
      }
      *taken = 2;
      return set_value(a, index, next);
    }
    a->values[index] = "";
  }
  return true;
}

bool arguments_read(command_line *a, int argc, char **argv, const char **texts) {
  bool options = true;
  a->texts = texts;
  a->count = 0;
  for (int i = 0, taken; i < argc; i += taken) {
    const char *text = argv[i], *next = i + 1 < argc ? argv[i + 1] : NULL;
    bool ok = true;
    taken = 1;
    if (options && strcmp(text, "--") == 0)
      options = false;
    else if (options && strncmp(text, "--", 2) == 0)
      ok = read_long(a, text + 2, next, &taken);
    else if (options && text[0] == '-' && text[1])
      ok = read_letters(a, text + 1, next, &taken);
    else
      texts[a->count++] = text;
    if (!ok) return false;
  }
  return true;
}

bool option_known(const command_line *a, const char *name) {
  return find_option(a, name, strlen(name), 0) != MAX_OPTIONS;
}

const char *option_value(const command_line *a, const char *name) {
  size_t index = find_option(a, name, strlen(name), 0);
  return index == MAX_OPTIONS ? NULL : a->values[index];
}

bool read_integer(const char *text, int64_t *out) {
  char *end;
  errno = 0;
  long long value = strtoll(text, &end, 10);
  if (errno || end == text || *end) return false;
  *out = value;
  return true;
}

bool option_integer(const command_line *a, const char *name, int64_t least,
                    int64_t *out) {
  const char *text = option_value(a, name);
  int64_t value;
  if (!text) return true;
  if (!read_integer(text, &value) || value < least) {
    complain("--%s is '%s': an integer from %lld is expected", name, text,
             (long long)least);
    return false;
  }
  *out = value;
  return true;
}
