/* tvf_models.c - biobert_models, biobert_settings and biobert_help: what there is. */
#include <string.h>

#include "functions/functions.h"

/* biobert_models --------------------------------------------------------------------- */

enum models_column {
  NAME,
  IS_DEFAULT,
  PATH,
  SHA256,
  FINGERPRINT,
  ARCHITECTURE,
  TASK,
  LAYERS,
  HIDDEN,
  HEADS,
  VOCABULARY,
  MAX_TOKENS,
  DIMENSION,
  POOLING,
  NORMALIZE,
  LOWERCASE,
  PRECISION,
  BYTES,
  LABELS,
  NOTES,
};

static void close_models(table_cursor *c) {
  named_model **rows = c->rows;
  for (size_t i = 0; i < c->count; i++) named_model_release(rows[i]);
  sqlite3_free(rows);
}

/* Loads the default model if one can be found; that there is none is no error here. */
static biobert_status open_models(table_cursor *c, biobert_error *err) {
  registry *r = c->call->registry;
  named_model *ignored;
  biobert_status status = registry_find(r, NULL, &ignored, err);
  bool none = status && registry_default_missing(r);
  if (status && !none) return status;
  size_t count = registry_count(r);
  named_model **rows = sqlite3_malloc64((count + 1) * sizeof *rows);
  if (!rows) return result_fail(err, BIOBERT_NOMEM, "out of memory");
  for (size_t i = 0; i < count; i++) rows[i] = named_model_share(registry_at(r, i));
  c->rows = rows;
  c->count = count;
  return BIOBERT_OK;
}

static void result_string(sqlite3_context *context, const char *text) {
  if (text) sqlite3_result_text(context, text, -1, SQLITE_TRANSIENT);
}

static void result_size(sqlite3_context *context, size_t size) {
  sqlite3_result_int64(context, (sqlite3_int64)size);
}

static biobert_status column_models(table_cursor *c, sqlite3_context *context, int column,
                                    biobert_error *err) {
  named_model *m = ((named_model **)c->rows)[c->row];
  const biobert_model_info *info = biobert_model_get_info(named_model_model(m));
  char hash[BIOBERT_HASH_CHARS];
  biobert_status status = BIOBERT_OK;
  switch ((enum models_column)column) {
  case NAME:
    result_string(context, named_model_name(m));
    break;
  case IS_DEFAULT:
    sqlite3_result_int(context, strcmp(named_model_name(m), "default") == 0);
    break;
  case PATH:
    result_string(context, info->path);
    break;
  case SHA256:
  case FINGERPRINT:
    status = column == SHA256
                 ? biobert_model_sha256(named_model_model(m), hash, err)
                 : biobert_model_fingerprint(named_model_model(m), hash, err);
    if (!status) result_string(context, hash);
    break;
  case ARCHITECTURE:
    result_string(context, info->architecture);
    break;
  case TASK:
    result_string(context, info->task);
    break;
  case LAYERS:
    result_size(context, info->layers);
    break;
  case HIDDEN:
    result_size(context, info->hidden);
    break;
  case HEADS:
    result_size(context, info->heads);
    break;
  case VOCABULARY:
    result_size(context, info->vocabulary);
    break;
  case MAX_TOKENS:
    result_size(context, info->max_tokens);
    break;
  case DIMENSION:
    result_size(context, info->dimension);
    break;
  case POOLING:
    result_string(context, info->pooling);
    break;
  case NORMALIZE:
    sqlite3_result_int(context, info->normalize);
    break;
  case LOWERCASE:
    sqlite3_result_int(context, info->lowercase);
    break;
  case PRECISION:
    result_string(context, info->precision);
    break;
  case BYTES:
    result_size(context, info->bytes);
    break;
  case LABELS:
    result_string(context, info->labels);
    break;
  case NOTES:
    result_string(context, info->notes);
    break;
  }
  return status;
}

const table_function table_models = {
    .columns =
        "name TEXT, is_default INTEGER, path TEXT, sha256 TEXT, fingerprint TEXT, "
        "architecture TEXT, task TEXT, layers INTEGER, hidden INTEGER, heads INTEGER, "
        "vocabulary INTEGER, max_tokens INTEGER, dimension INTEGER, pooling TEXT, "
        "normalize INTEGER, lowercase INTEGER, precision TEXT, bytes INTEGER, labels "
        "TEXT, notes TEXT",
    .first_argument = NOTES + 1,
    .direct = true,
    .open = open_models,
    .column = column_models,
    .close = close_models,
};

/* biobert_settings ------------------------------------------------------------------- */

static biobert_status open_settings(table_cursor *c, biobert_error *err) {
  (void)err;
  while (biobert_setting_at(c->count)) c->count++;
  return BIOBERT_OK;
}

static biobert_status column_settings(table_cursor *c, sqlite3_context *context,
                                      int column, biobert_error *err) {
  const biobert_setting *s = biobert_setting_at(c->row);
  const char *const texts[] = {s->key, NULL, s->standard, s->meaning};
  if (column != 1) {
    result_string(context, texts[column]);
    return BIOBERT_OK;
  }
  char value[64];
  biobert_status status =
      biobert_setting_get((biobert_str){s->key, strlen(s->key)}, value, err);
  if (!status) result_string(context, value);
  return status;
}

const table_function table_settings = {
    .columns = "key TEXT, value TEXT, \"default\" TEXT, meaning TEXT",
    .first_argument = 4,
    .open = open_settings,
    .column = column_settings,
};

/* biobert_help ----------------------------------------------------------------------- */

static biobert_status open_help(table_cursor *c, biobert_error *err) {
  (void)err;
  while (functions_help(c->count)) c->count++;
  return BIOBERT_OK;
}

static biobert_status column_help(table_cursor *c, sqlite3_context *context, int column,
                                  biobert_error *err) {
  (void)err;
  const help *h = functions_help(c->row);
  const char *const texts[] = {h->name, h->arguments, h->returns, h->what, h->example};
  result_string(context, texts[column]);
  return BIOBERT_OK;
}

const table_function table_help = {
    .columns = "name TEXT, arguments TEXT, returns TEXT, what TEXT, example TEXT",
    .first_argument = 5,
    .pure = true,
    .open = open_help,
    .column = column_help,
};
