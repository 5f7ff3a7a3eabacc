/* manual.c - see manual.h. */
#include "cli/manual.h"

#include <string.h>

#include "biobert.h"
#include "cli/terminal.h"

/* Help ------------------------------------------------------------------------------- */

/* "  -n, --limit N  how many". */
static void help_option(output *o, const option *p) {
  char left[64];
  char letter[5] = "";
  if (p->letter) sqlite3_snprintf(sizeof letter, letter, "-%c, ", p->letter);
  sqlite3_snprintf(sizeof left, left, "  %-4s--%s%s%s", letter, p->name,
                   p->argument ? " " : "", p->argument ? p->argument : "");
  char *first = sqlite3_mprintf("%-22s  ", left);
  if (first) output_wrapped(o, first, p->what);
  sqlite3_free(first);
}

/* Paragraphs are wrapped; indented lines are examples and stay as they are. */
static void help_paragraphs(output *o, const char *text) {
  while (*text) {
    size_t bytes = strcspn(text, "\n");
    char *line = sqlite3_mprintf("%.*s", (int)bytes, text);
    if (line && line[0] == ' ')
      output_line(o, "%s", line);
    else if (line)
      output_wrapped(o, "", line);
    sqlite3_free(line);
    text += bytes;
    if (*text == '\n') text++;
  }
}

void manual_help(output *o, const subcommand *c) {
  output_line(o, "usage: biobert %s [options] %s", c->name, c->texts);
  output_line(o, "");
  output_line(o, "%s", c->what);
  output_line(o, "");
  help_paragraphs(o, c->more);
  output_line(o, "");
  for (const option *p = c->options; p && p->name; p++) help_option(o, p);
  for (const option *p = common_options; p->name; p++) help_option(o, p);
}

static const char *const intro = "Finds papers by what they mean: in a file of its own, "
                                 "on this machine, with no server.";

static const char *const first_steps =
    "    biobert import library.db pubmed.nbib      makes library.db, and its index\n"
    "    biobert search library.db 'does aspirin prevent a second stroke'";

void manual_overview(output *o) {
  output_line(o, "usage: biobert COMMAND [options] ...");
  output_line(o, "");
  output_wrapped(o, "", intro);
  output_line(o, "");
  output_line(o, "%s", first_steps);
  output_line(o, "");
  for (size_t i = 0; commands[i]; i++) {
    char *first = sqlite3_mprintf("  %-10s  ", commands[i]->name);
    if (first) output_wrapped(o, first, commands[i]->what);
    sqlite3_free(first);
  }
  output_line(o, "");
  output_wrapped(o, "",
                 "biobert COMMAND --help says more of each. The exit status is 0, 1 "
                 "(nothing found), 2 (used wrongly) or 3 (failed).");
}

/* The manual page -------------------------------------------------------------------- */

/* A text of roff: no line begins as a request, and hyphens are those that are typed. */
static void page_text(output *o, const char *text) {
  sqlite3_str *s = sqlite3_str_new(NULL);
  for (const char *p = text; *p; p++) {
    if ((*p == '.' || *p == '\'') && (p == text || p[-1] == '\n'))
      sqlite3_str_appendall(s, "\\&");
    if (*p == '\\')
      sqlite3_str_appendall(s, "\\e");
    else if (*p == '-')
      sqlite3_str_appendall(s, "\\-");
    else
      sqlite3_str_appendchar(s, 1, *p);
  }
  char *line = sqlite3_str_finish(s);
  if (line) output_line(o, "%s", line);
  sqlite3_free(line);
}

static void page_paragraphs(output *o, const char *text) {
  bool example = false;
  while (*text) {
    size_t bytes = strcspn(text, "\n");
    char *line = sqlite3_mprintf("%.*s", (int)bytes, text);
    bool indented = line && line[0] == ' ';
    if (indented != example) output_line(o, indented ? ".nf" : ".fi");
    example = indented;
    if (line && *line)
      page_text(o, line);
    else
      output_line(o, ".PP");
    sqlite3_free(line);
    text += bytes;
    if (*text == '\n') text++;
  }
  if (example) output_line(o, ".fi");
}

static void page_option(output *o, const option *p) {
  output_line(o, ".TP");
  char *argument =
      p->argument ? sqlite3_mprintf(" \\fI%s\\fR", p->argument) : sqlite3_mprintf("\\fR");
  if (p->letter)
    output_line(o, "\\fB\\-%c\\fR, \\fB\\-\\-%s\\fR%s", p->letter, p->name, argument);
  else
    output_line(o, "\\fB\\-\\-%s\\fR%s", p->name, argument);
  sqlite3_free(argument);
  page_text(o, p->what);
}

static void page_command(output *o, const subcommand *c) {
  output_line(o, ".SS \"biobert %s\"", c->name);
  output_line(o, ".B biobert %s", c->name);
  output_line(o, ".RI [ options ]");
  page_text(o, c->texts);
  output_line(o, ".PP");
  page_paragraphs(o, c->more);
  for (const option *p = c->options; p && p->name; p++) page_option(o, p);
}

void manual_page(output *o) {
  output_line(o, ".TH BIOBERT 1 \"\" \"biobert %s\" \"User Commands\"", BIOBERT_VERSION);
  output_line(o, ".SH NAME");
  output_line(o, "biobert \\- semantic search in the biomedical literature of one's own");
  output_line(o, ".SH SYNOPSIS");
  output_line(o, ".B biobert");
  output_line(o, ".IR command \" [\" options \"] ...\"");
  output_line(o, ".SH DESCRIPTION");
  page_text(o, intro);
  output_line(o, ".PP\n.nf");
  page_text(o, first_steps);
  output_line(o, ".fi");
  output_line(o, ".SH COMMANDS");
  for (size_t i = 0; commands[i]; i++) page_command(o, commands[i]);
  output_line(o, ".SH OPTIONS OF ALL COMMANDS");
  for (const option *p = common_options; p->name; p++) page_option(o, p);
  output_line(o, ".SH EXIT STATUS");
  output_line(o, "0, 1 (nothing found), 2 (used wrongly), 3 (failed).");
  output_line(o, ".SH ENVIRONMENT");
  output_line(o, ".TP\n.B BIOBERT_MODEL\nThe folder of the model.");
  output_line(o, ".TP\n.B NO_COLOR\nIf set, no colours and no bold text.");
}

/* Completions ------------------------------------------------------------------------ */

static void option_words(sqlite3_str *s, const option *p) {
  for (; p && p->name; p++) sqlite3_str_appendf(s, " --%s", p->name);
}

static void complete_bash(output *o) {
  sqlite3_str *names = sqlite3_str_new(NULL);
  for (size_t i = 0; commands[i]; i++)
    sqlite3_str_appendf(names, " %s", commands[i]->name);
  char *list = sqlite3_str_finish(names);
  output_line(o, "# bash completion of biobert; made from its table of commands");
  output_line(o, "_biobert() {");
  output_line(o, "  local word=${COMP_WORDS[COMP_CWORD]} words=");
  output_line(o, "  COMPREPLY=()");
  output_line(o, "  if ((COMP_CWORD == 1)); then");
  output_line(o, "    mapfile -t COMPREPLY < <(compgen -W '%s help' -- \"$word\")",
              list ? list + 1 : "");
  output_line(o, "    return");
  output_line(o, "  fi");
  output_line(o, "  case ${COMP_WORDS[1]} in");
  for (size_t i = 0; commands[i]; i++) {
    sqlite3_str *s = sqlite3_str_new(NULL);
    option_words(s, commands[i]->options);
    option_words(s, common_options);
    char *words = sqlite3_str_finish(s);
    output_line(o, "    %s) words='%s' ;;", commands[i]->name, words ? words + 1 : "");
    sqlite3_free(words);
  }
  output_line(o, "  esac");
  output_line(o, "  if [[ $word == -* ]]; then");
  output_line(o, "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")");
  output_line(o, "  fi");
  output_line(o, "}");
  output_line(o, "complete -o default -F _biobert biobert");
  sqlite3_free(list);
}

/* A text inside '...' and, for _arguments, inside [...]. */
static char *zsh_text(const char *text) {
  sqlite3_str *s = sqlite3_str_new(NULL);
  for (; *text; text++) {
    if (*text == '\'')
      sqlite3_str_appendall(s, "'\\''");
    else if (strchr("[]:\\", *text))
      sqlite3_str_appendf(s, "\\%c", *text);
    else
      sqlite3_str_appendchar(s, 1, *text);
  }
  return sqlite3_str_finish(s);
}

static void zsh_options(output *o, const option *p) {
  for (; p && p->name; p++) {
    char *what = zsh_text(p->what);
    output_line(o, "        '--%s%s[%s]%s%s%s' \\", p->name, p->argument ? "=" : "",
                what ? what : "", p->argument ? ":" : "", p->argument ? p->argument : "",
                p->argument ? ":_files" : "");
    sqlite3_free(what);
  }
}

static void complete_zsh(output *o) {
  output_line(o, "#compdef biobert");
  output_line(o, "# zsh completion of biobert; made from its table of commands");
  output_line(o, "_biobert() {");
  output_line(o, "  if ((CURRENT == 2)); then");
  output_line(o, "    local -a commands=(");
  for (size_t i = 0; commands[i]; i++) {
    char *what = zsh_text(commands[i]->what);
    output_line(o, "      '%s:%s'", commands[i]->name, what ? what : "");
    sqlite3_free(what);
  }
  output_line(o, "    )");
  output_line(o, "    _describe command commands");
  output_line(o, "    return");
  output_line(o, "  fi");
  output_line(o, "  case ${words[2]} in");
  for (size_t i = 0; commands[i]; i++) {
    output_line(o, "    %s)", commands[i]->name);
    output_line(o, "      _arguments -s \\");
    zsh_options(o, commands[i]->options);
    zsh_options(o, common_options);
    output_line(o, "        '*:file:_files'");
    output_line(o, "      ;;");
  }
  output_line(o, "  esac");
  output_line(o, "}");
  output_line(o, "_biobert \"$@\"");
}

bool manual_completion(output *o, const char *shell) {
  if (strcmp(shell, "bash") == 0)
    complete_bash(o);
  else if (strcmp(shell, "zsh") == 0)
    complete_zsh(o);
  else {
    complain("completions are written for bash and zsh, not for '%s'", shell);
    return false;
  }
  return true;
}
