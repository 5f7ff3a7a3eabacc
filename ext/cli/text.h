/* text.h - texts of records, made fit for a terminal: what is in a file of literature may
 * be made to harm whoever shows it. */
#ifndef EXT_CLI_TEXT_H
#define EXT_CLI_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "biobert_sqlite.h"

/* Marks in a clean text, where a style begins and ends: a clean text has no control
 * characters of its own. */
#define MARK_STRONG "\x01"
#define MARK_FAINT "\x02"
#define MARK_TITLE "\x03"
#define MARK_END "\x04"

/* The code point at text and its bytes (1 to 4); U+FFFD and the bytes that it replaces
 * where the UTF-8 is ill-formed. */
uint32_t text_code_point(const char *text, size_t bytes, size_t *used);

/* Appends a text without control characters, escape sequences and what turns the
 * direction of writing; white space becomes single spaces. */
void text_append_clean(sqlite3_str *out, const char *text, size_t bytes);

/* Columns that the text takes on a terminal, marks not counted. */
size_t text_columns(const char *text, size_t bytes);

/* Bytes of the text that fit into so many columns, cut between words; at least one word.
 */
size_t text_fit(const char *text, size_t columns);

/* A word as a shell takes it, in quotes where it needs them, for a command that is to be
 * typed; the caller frees it, or %z does. NULL: no memory. */
char *text_shell_word(const char *word);

/* As JSON and CSV write a text; ill-formed UTF-8 becomes U+FFFD. */
void text_append_json(sqlite3_str *out, const char *text, size_t bytes);
void text_append_csv(sqlite3_str *out, const char *text, size_t bytes);

#endif
