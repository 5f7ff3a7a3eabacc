/* fn_vocabulary.c - biobert_vocabulary(text, size [, options]): a WordPiece vocabulary of
 * all rows' texts. */
#include <string.h>

#include "functions/bodies.h"
#include "sql/allocator.h"
#include "sql/interruption.h"

static const char vocabulary_name[] = "biobert_vocabulary";

typedef struct learning {
  biobert_vocabulary *vocabulary; /* NULL: no row yet */
  interrupt_poll poll;
  int64_t size;
  char *options; /* of the first row */
  size_t options_len;
  bool failed;
} learning;

enum { TEXT, SIZE, OPTIONS };

static biobert_status read_options(int argc, sqlite3_value **argv, biobert_str *out,
                                   biobert_error *err) {
  *out = (biobert_str){"", 0};
  if (argc <= OPTIONS || arg_is_null(argv[OPTIONS])) return BIOBERT_OK;
  return arg_text(argv[OPTIONS], OPTIONS + 1, out, err);
}

static biobert_status begin(sqlite3_context *context, learning *l, int64_t size,
                            biobert_str options, biobert_error *err) {
  l->options = sqlite3_malloc64(options.len + 1);
  if (!l->options) return result_no_memory(err);
  memcpy(l->options, options.data, options.len);
  l->options_len = options.len;
  l->size = size;
  l->poll.db = sqlite3_context_db_handle(context);
  const biobert_session_options how = {sqlite_allocator, poll_interrupt, &l->poll};
  return biobert_vocabulary_new(size, options, &how, &l->vocabulary, err);
}

/* One vocabulary has one size. */
static biobert_status compare(const learning *l, int64_t size, biobert_str options,
                              biobert_error *err) {
  if (size != l->size)
    return result_fail(err, BIOBERT_RANGE,
                       "argument 2 (size) is %lld, and was %lld in an earlier row",
                       (long long)size, (long long)l->size);
  if (options.len != l->options_len || memcmp(options.data, l->options, options.len) != 0)
    return result_fail(err, BIOBERT_RANGE,
                       "argument 3 (options) is not the same in all rows");
  return BIOBERT_OK;
}

static biobert_status add_row(sqlite3_context *context, learning *l, int argc,
                              sqlite3_value **argv, biobert_error *err) {
  biobert_str text, options;
  int64_t size;
  biobert_status status = arg_text(argv[TEXT], TEXT + 1, &text, err);
  if (!status)
    status = arg_whole(argv[SIZE], SIZE + 1, "size", BIOBERT_MIN_VOCABULARY,
                       BIOBERT_MAX_VOCABULARY, &size, err);
  if (!status) status = read_options(argc, argv, &options, err);
  if (status) return status;
  status = l->vocabulary ? compare(l, size, options, err)
                         : begin(context, l, size, options, err);
  return status ? status : biobert_vocabulary_add(l->vocabulary, text, err);
}

static void vocabulary_step(sqlite3_context *context, int argc, sqlite3_value **argv) {
  if (arg_is_null(argv[TEXT]) || arg_is_null(argv[SIZE])) return;
  learning *l = sqlite3_aggregate_context(context, sizeof *l);
  if (!l) {
    sqlite3_result_error_nomem(context);
    return;
  }
  biobert_error err;
  if (l->failed || !add_row(context, l, argc, argv, &err)) return;
  l->failed = true;
  result_error(context, vocabulary_name, &err);
}

static void vocabulary_final(sqlite3_context *context) {
  learning *l = sqlite3_aggregate_context(context, 0);
  if (!l) return;
  biobert_str text;
  biobert_error err;
  if (l->failed || !l->vocabulary)
    ;
  else if (biobert_vocabulary_learn(l->vocabulary, &text, &err))
    result_error(context, vocabulary_name, &err);
  else
    sqlite3_result_text64(context, text.data, text.len, SQLITE_TRANSIENT, SQLITE_UTF8);
  biobert_vocabulary_free(l->vocabulary);
  sqlite3_free(l->options);
}

const aggregate aggregate_vocabulary = {vocabulary_step, vocabulary_final, NULL, NULL};
