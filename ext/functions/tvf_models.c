/* tvf_models.c - biobert_models, biobert_settings and biobert_help: what there is. */
#include <string.h>

#include "functions/bodies.h"

/* biobert_models --------------------------------------------------------------------- */

static void close_models(tvf_cursor *c) {
  named_model **rows = c->rows;
  for (size_t i = 0; i < c->count; i++) named_model_release(rows[i]);
  sqlite3_free(rows);
}

/* Loads the default model if one can be found; that there is none is no error here. */
static biobert_status open_models(tvf_cursor *c, biobert_error *err) {
  connection *shared = c->shared;
  named_model *ignored;
  biobert_status status = connection_find_model(shared, NULL, &ignored, err);
  bool none = status && connection_default_missing(shared);
  if (status && !none) return status;
  size_t count = connection_model_count(shared);
  named_model **rows = sqlite3_malloc64((count + 1) * sizeof *rows);
  if (!rows) return result_no_memory(err);
  for (size_t i = 0; i < count; i++)
    rows[i] = named_model_share(connection_model_at(shared, i));
  c->rows = rows;
  c->count = count;
  return BIOBERT_OK;
}

static named_model *model_of(const tvf_cell *cell) {
  return *(named_model *const *)cell->row;
}

/* Members of biobert_model_info. */
static const void *member(const tvf_cell *cell) {
  return (const char *)biobert_model_get_info(named_model_model(model_of(cell))) +
         cell->column->offset;
}

static biobert_status info_string(const tvf_cell *cell) {
  return tvf_result_string(cell, *(const char *const *)member(cell));
}

static biobert_status info_size(const tvf_cell *cell) {
  return tvf_result_integer(cell, (int64_t) * (const size_t *)member(cell));
}

static biobert_status info_flag(const tvf_cell *cell) {
  return tvf_result_integer(cell, *(const bool *)member(cell));
}

static biobert_status model_name(const tvf_cell *cell) {
  return tvf_result_string(cell, named_model_name(model_of(cell)));
}

static biobert_status model_is_default(const tvf_cell *cell) {
  return tvf_result_integer(cell,
                            strcmp(named_model_name(model_of(cell)), "default") == 0);
}

static biobert_status model_sha256(const tvf_cell *cell) {
  char hash[BIOBERT_HASH_CHARS];
  named_model *m = model_of(cell);
  biobert_status status = named_model_hash(m, cell->err);
  if (!status) status = biobert_model_sha256(named_model_model(m), hash, cell->err);
  return status ? status : tvf_result_string(cell, hash);
}

static biobert_status model_fingerprint(const tvf_cell *cell) {
  char hash[BIOBERT_HASH_CHARS];
  named_model *m = model_of(cell);
  biobert_status status = named_model_hash(m, cell->err);
  if (!status) status = biobert_model_fingerprint(named_model_model(m), hash, cell->err);
  return status ? status : tvf_result_string(cell, hash);
}

#define AT(member) offsetof(biobert_model_info, member)

static const tvf_column model_columns[] = {
    {"name",             "TEXT", model_name, 0},
    {"is_default",        "INTEGER", model_is_default, 0},
    {"path",                  "TEXT", info_string, AT(path)},
    {"sha256",  "TEXT", model_sha256, 0},
    {"fingerprint",                 "TEXT", model_fingerprint, 0},
    {"architecture",             "TEXT", info_string, AT(architecture)},
    {"task",       "TEXT", info_string, AT(task)},
    {"layers",                  "INTEGER", info_size, AT(layers)},
    {"hidden",           "INTEGER", info_size, AT(hidden)},
    {"heads",                 "INTEGER", info_size, AT(heads)},
    {"vocabulary",      "INTEGER", info_size, AT(vocabulary)},
    {"max_tokens", "INTEGER", info_size, AT(max_tokens)},
    {"dimension",                  "INTEGER", info_size, AT(dimension)},
    {"pooling","TEXT", info_string, AT(pooling)},
    {"normalize",  "INTEGER", info_flag, AT(normalize)},
    {"lowercase",             "INTEGER", info_flag, AT(lowercase)},
    {"precision",       "TEXT", info_string, AT(precision)},
    {"bytes",                  "INTEGER", info_size, AT(bytes)},
    {"labels","TEXT", info_string, AT(labels)},
    {"notes",        "TEXT", info_string, AT(notes)},
    {0          },
};
#undef AT

const tvf tvf_models = {
    .columns = model_columns,
    .row_bytes = sizeof(named_model *),
    .direct = true,
    .open = open_models,
    .close = close_models,
};

/* biobert_settings ------------------------------------------------------------------- */

static biobert_status open_settings(tvf_cursor *c, biobert_error *err) {
  (void)err;
  while (biobert_setting_at(c->count)) c->count++;
  return BIOBERT_OK;
}

static biobert_status setting_member(const tvf_cell *cell) {
  const char *setting = (const char *)biobert_setting_at(cell->cursor->row);
  return tvf_result_string(cell, *(const char *const *)(setting + cell->column->offset));
}

static biobert_status setting_value(const tvf_cell *cell) {
  const char *key = biobert_setting_at(cell->cursor->row)->key;
  char value[64];
  biobert_status status =
      biobert_setting_get((biobert_str){key, strlen(key)}, value, cell->err);
  return status ? status : tvf_result_string(cell, value);
}

#define AT(member) offsetof(biobert_setting, member)

static const tvf_column setting_columns[] = {
    {"key",           "TEXT", setting_member, AT(key)},
    {"value", "TEXT", setting_value, 0},
    {"default",               "TEXT", setting_member, AT(standard)},
    {"meaning",         "TEXT", setting_member, AT(meaning)},
    {0             },
};
#undef AT

const tvf tvf_settings = {
    .columns = setting_columns,
    .open = open_settings,
};

/* biobert_help ----------------------------------------------------------------------- */

static biobert_status open_help(tvf_cursor *c, biobert_error *err) {
  (void)err;
  while (connection_help(c->shared, c->count)) c->count++;
  return BIOBERT_OK;
}

static biobert_status help_member(const tvf_cell *cell) {
  const char *row =
      (const char *)connection_help(cell->cursor->shared, cell->cursor->row);
  return tvf_result_string(cell, *(const char *const *)(row + cell->column->offset));
}

#define AT(member) offsetof(help, member)

static const tvf_column help_columns[] = {
    {"name",         "TEXT", help_member, AT(name)},
    {"arguments",   "TEXT", help_member, AT(arguments)},
    {"returns",              "TEXT", help_member, AT(returns)},
    {"what",      "TEXT", help_member, AT(what)},
    {"example", "TEXT", help_member, AT(example)},
    {0     },
};
#undef AT

const tvf tvf_help = {
    .columns = help_columns,
    .pure = true,
    .open = open_help,
};
