/* main.c - the command `biobert`: the table of subcommands, and what they share. */
#include <string.h>

#include "base/os.h"
#include "biobert.h"
#include "cli/manual.h"
#include "cli/terminal.h"

static const subcommand *find_command(const char *name) {
  for (size_t i = 0; commands[i]; i++)
    if (strcmp(commands[i]->name, name) == 0) return commands[i];
  return NULL;
}

/* Commands that are known by another name, or that are to come. */
static const struct {
  const char *name, *advice;
} not_commands[] = {
    {"sync",  "type 'biobert index LIBRARY.db'"          },
    {"find",  "type 'biobert search LIBRARY.db QUESTION'"},
    {"query", "type 'biobert search LIBRARY.db QUESTION'"},
    {"add",   "type 'biobert import LIBRARY.db FILE...'" },
};

static int no_such_command(const char *name) {
  for (size_t i = 0; i < sizeof not_commands / sizeof not_commands[0]; i++)
    if (strcmp(not_commands[i].name, name) == 0) {
      complain("there is no command '%s': %s", name, not_commands[i].advice);
      return USED_WRONGLY;
    }
  if (*name == '-')
    complain("options come after the command: biobert COMMAND %s ...", name);
  else
    complain("there is no command '%s'; 'biobert --help' lists them", name);
  return USED_WRONGLY;
}

/* How the command is used, in one line on standard error. */
static int bad_usage(const subcommand *command) {
  fprintf(stderr, "usage: biobert %s [options] %s\n", command->name, command->texts);
  fprintf(stderr, "       biobert %s --help\n", command->name);
  return USED_WRONGLY;
}

static bool check_count(const subcommand *command, int count) {
  if (count < command->least) {
    complain("%s needs %s", command->name, command->texts);
    return false;
  }
  if (!command->most || count <= command->most) return true;
  complain("%s takes %s and no more: quotes are missing around a question of several "
           "words?",
           command->name, command->texts);
  return false;
}

static int run_command(const subcommand *command, int argc, char **argv,
                       const char **texts) {
  cli c = {.command = command};
  c.arguments.tables[0] = command->options;
  c.arguments.tables[1] = common_options;
  if (!arguments_read(&c.arguments, argc, argv, texts)) return bad_usage(command);
  bool json = option_value(&c.arguments, "json"), csv = option_value(&c.arguments, "csv");
  if (json && csv) {
    complain("--json and --csv are two forms of one answer: choose one");
    return bad_usage(command);
  }
  c.quiet = option_value(&c.arguments, "quiet");
  c.print_sql = option_value(&c.arguments, "sql");
  output_form form = json ? OUTPUT_JSON : csv ? OUTPUT_CSV : OUTPUT_TEXT;
  bool help = option_value(&c.arguments, "help");
  output_begin(&c.out, form, c.print_sql && !help);
  int status = FOUND;
  if (help)
    manual_help(&c.out, command);
  else
    status =
        check_count(command, c.arguments.count) ? command->run(&c) : bad_usage(command);
  return output_end(&c.out) ? status : FAILED;
}

/* `biobert`, `biobert --help`, `biobert help COMMAND`, and what `make install` asks for.
 */
static int run_help(int argc, char **argv) {
  output o;
  int status = FOUND;
  const subcommand *command = argc > 2 ? find_command(argv[2]) : NULL;
  output_begin(&o, OUTPUT_TEXT, false);
  if (argc > 1 && strcmp(argv[1], "--version") == 0)
    output_line(&o, "biobert %s", BIOBERT_VERSION);
  else if (argc == 3 && strcmp(argv[1], "completion") == 0)
    status = manual_completion(&o, argv[2]) ? FOUND : USED_WRONGLY;
  else if (argc == 2 && strcmp(argv[1], "manual") == 0)
    manual_page(&o);
  else if (argc > 2 && !command)
    status = no_such_command(argv[2]);
  else if (command)
    manual_help(&o, command);
  else
    manual_overview(&o);
  return output_end(&o) ? status : FAILED;
}

static bool asks_for_help(const char *text) {
  static const char *const names[] = {"help",   "--help",     "-h",
                                      "manual", "completion", "--version"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (strcmp(names[i], text) == 0) return true;
  return false;
}

/* SQLite's log: its allocator says there that it had no memory. */
static void note_memory(void *is_short, int code, const char *message) {
  (void)message;
  if ((code & 0xFF) == SQLITE_NOMEM) *(bool *)is_short = true;
}

static int run_program(int argc, char **argv) {
  if (argc < 2) {
    run_help(argc, argv);
    return USED_WRONGLY;
  }
  if (asks_for_help(argv[1])) return run_help(argc, argv);
  const subcommand *command = find_command(argv[1]);
  if (!command) return no_such_command(argv[1]);
  const char **texts = sqlite3_malloc64((size_t)argc * sizeof *texts);
  const int status = texts ? run_command(command, argc - 2, argv + 2, texts) : FAILED;
  sqlite3_free(texts);
  return status;
}

int main(int argc, char **argv) {
  bb_os_begin_program(&argc, &argv);
  /* An answer without a line, a count or a sentence for which there was no memory is not
   * passed off as the whole one, wherever it was missing; nor is a page of the manual. */
  bool is_short = false;
  sqlite3_config(SQLITE_CONFIG_LOG, note_memory, &is_short);
  const int status = run_program(argc, argv);
  if (is_short) complain("out of memory");
  return is_short ? FAILED : status;
}
