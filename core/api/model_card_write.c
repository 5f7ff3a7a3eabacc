/* model_card_write.c - YAML that hubs read, then Markdown that people read.
 *
 * What users said is in double quotes in YAML, and in code in Markdown, whose fence is
 * longer than any run of backticks in it: nothing in there is read as either. */
#include "api/model_card_write.h"

#include <math.h>

#include "api/model_config_write.h"
#include "base/file.h"
#include "base/file_write.h"
#include "base/mem.h"
#include "base/status.h"
#include "base/utf8.h"
#include "format/json_write.h"

/* Names by which hubs sort models. */
static const struct {
  const char *pipeline_tag, *library;
  const char *tags[4];
  const char *use; /* a line of Python */
} kinds[] = {
    [BB_FOLDER_MASKED_WORDS] = {"fill-mask",
                                "transformers",          {"fill-mask"},
                                "transformers.pipeline(\"fill-mask\", PATH)"           },
    [BB_FOLDER_TEXTS] = {"text-classification",
                                "transformers",          {"text-classification"},
                                "transformers.pipeline(\"text-classification\", PATH)" },
    [BB_FOLDER_CROSS_ENCODER] = {"text-ranking",
                                "sentence-transformers", {"sentence-transformers", "cross-encoder", "reranker"},
                                "sentence_transformers.CrossEncoder(PATH)"             },
    [BB_FOLDER_TOKENS] = {"token-classification",
                                "transformers",          {"token-classification"},
                                "transformers.pipeline(\"token-classification\", PATH)"},
    [BB_FOLDER_ANSWERS] = {"question-answering",
                                "transformers",          {"question-answering"},
                                "transformers.AutoModelForQuestionAnswering"
                           ".from_pretrained(PATH)"                                    },
    [BB_FOLDER_SENTENCES] = {"sentence-similarity",
                                "sentence-transformers", {"sentence-transformers", "sentence-similarity",
                              "feature-extraction"},
                                "sentence_transformers.SentenceTransformer(PATH)"      },
};
enum { MAX_TAGS = 4 };

/* Text of users ----------------------------------------------------------------------- */

/* Characters that are not shown, or change the order of those that are. */
static bool is_hidden(uint32_t code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0) ||
         (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069) ||
         code == 0xFEFF || code == 0xFFFE || code == 0xFFFF;
}

static void write_character(bb_json_writer *w, uint32_t code) {
  char out[4];
  bb_write_bytes(w, out, bb_utf8_put(code, out));
}

/* A scalar in double quotes; YAML 1.1 and 1.2 take JSON's string without hidden
 * characters for one. */
static void write_yaml(bb_json_writer *w, biobert_str text) {
  bb_json_writer shown = {0};
  biobert_str whole;
  for (const char *p = text.data, *end = p + text.len; p < end;) {
    uint32_t code;
    p += bb_utf8_next(p, end, &code);
    write_character(&shown, is_hidden(code) ? ' ' : code);
  }
  char *copy = bb_writer_take(&shown, &whole.len);
  whole.data = copy;
  if (copy)
    bb_write_string(w, whole);
  else
    w->failed = true;
  bb_free(NULL, copy);
}

static void write_fence(bb_json_writer *w, size_t backticks) {
  while (backticks-- > 0) bb_write_raw(w, "`");
}

static size_t longest_run(biobert_str text) {
  size_t longest = 0, run = 0;
  for (size_t i = 0; i < text.len; i++) {
    run = text.data[i] == '`' ? run + 1 : 0;
    if (run > longest) longest = run;
  }
  return longest;
}

/* Hidden characters as U+FFFD; lines: ends of lines and tabs stay. */
static void write_shown(bb_json_writer *w, biobert_str text, bool lines) {
  for (const char *p = text.data, *end = p + text.len; p < end;) {
    uint32_t code;
    p += bb_utf8_next(p, end, &code);
    if (code == '\r' && p < end && *p == '\n') continue;
    if (code == '\n' || code == '\t')
      write_character(w, lines ? code : ' ');
    else
      write_character(w, is_hidden(code) ? BB_REPLACEMENT : code);
  }
}

static void write_code(bb_json_writer *w, biobert_str text) {
  const size_t fence = longest_run(text) + 1;
  const char *space = fence > 1 ? " " : "";
  write_fence(w, fence);
  bb_write_raw(w, space);
  write_shown(w, text, false);
  bb_write_raw(w, space);
  write_fence(w, fence);
}

static void write_block(bb_json_writer *w, const char *title, const char *language,
                        biobert_str text) {
  enum { SHORTEST_FENCE = 3 };
  size_t fence = longest_run(text) + 1;
  if (text.len == 0) return;
  if (fence < SHORTEST_FENCE) fence = SHORTEST_FENCE;
  bb_write_raw(w, "\n");
  bb_write_raw(w, title);
  bb_write_raw(w, ":\n\n");
  write_fence(w, fence);
  bb_write_raw(w, language);
  bb_write_raw(w, "\n");
  write_shown(w, text, true);
  bb_write_raw(w, "\n");
  write_fence(w, fence);
  bb_write_raw(w, "\n");
}

/* Lines of the list ------------------------------------------------------------------- */

static void write_item(bb_json_writer *w, const char *name, const char *value) {
  if (!value || !*value) return;
  bb_write_raw(w, "- ");
  bb_write_raw(w, name);
  bb_write_raw(w, ": ");
  write_code(w, bb_str(value));
  bb_write_raw(w, "\n");
}

static void write_count(bb_json_writer *w, const char *name, size_t count) {
  if (!count) return;
  bb_write_raw(w, "- ");
  bb_write_raw(w, name);
  bb_write_raw(w, ": ");
  bb_write_int(w, (int64_t)count);
  bb_write_raw(w, "\n");
}

/* Four decimals: more are not the model's. */
static void write_value(bb_json_writer *w, double value) {
  static const double decimals = 1e4;
  if (isfinite(value))
    bb_write_float(w, (float)(round(value * decimals) / decimals));
  else
    bb_write_raw(w, "not measured");
}

static void write_metric(bb_json_writer *w, const bb_model_card *card) {
  if (!card->metric) return;
  bb_write_raw(w, "- ");
  write_code(w, bb_str(card->metric));
  bb_write_raw(w, " of the evaluation: ");
  write_value(w, card->after);
  bb_write_raw(w, " (before training: ");
  write_value(w, card->before);
  bb_write_raw(w, ")\n");
}

/* The whole --------------------------------------------------------------------------- */

static void write_front_matter(bb_json_writer *w, const bb_model_folder *f) {
  const char *base = f->card->base_model;
  bb_write_raw(w, "---\n");
  if (base && *base) {
    bb_write_raw(w, "base_model: ");
    write_yaml(w, bb_str(base));
    bb_write_raw(w, "\n");
  }
  bb_write_raw(w, "library_name: ");
  bb_write_raw(w, kinds[f->kind].library);
  bb_write_raw(w, "\npipeline_tag: ");
  bb_write_raw(w, kinds[f->kind].pipeline_tag);
  bb_write_raw(w, "\ntags:\n");
  for (size_t i = 0; i < MAX_TAGS && kinds[f->kind].tags[i]; i++) {
    bb_write_raw(w, "- ");
    bb_write_raw(w, kinds[f->kind].tags[i]);
    bb_write_raw(w, "\n");
  }
  bb_write_raw(w, "---\n");
}

static void write_training(bb_json_writer *w, const bb_model_card *card) {
  bb_write_raw(w, "\n## What was trained on what\n\n");
  write_item(w, "Task", card->task);
  write_item(w, "Base model", card->base_model);
  write_item(w, "Fingerprint of the base model", card->fingerprint);
  write_count(w, "Rows", card->rows);
  write_count(w, "Rows of the evaluation", card->evaluation_rows);
  write_count(w, "Steps", card->steps);
  write_metric(w, card);
  write_item(w, "Date", card->date);
  write_item(w, "biobert", BIOBERT_VERSION);
  write_block(w, "Query", "sql", card->query);
  write_block(w, "Evaluation", "sql", card->evaluate);
  write_block(w, "Options", "json", card->options);
}

static void write_card(bb_json_writer *w, const bb_model_folder *f) {
  const char *class_name = bb_folder_class_of(f)->name;
  write_front_matter(w, f);
  bb_write_raw(w, "\n# ");
  bb_write_raw(w, class_name);
  bb_write_raw(w, "\n\nTrained in SQLite by biobert. A text may have ");
  bb_write_int(w, (int64_t)bb_folder_max_tokens(f));
  bb_write_raw(w, " tokens.\n");
  write_training(w, f->card);
  bb_write_raw(w, "\n## Use\n\nIn Python, with the path of this folder:\n\n```python\n");
  bb_write_raw(w, kinds[f->kind].use);
  bb_write_raw(w, "\n```\n\nIn SQL:\n\n```sql\nSELECT biobert_load(PATH, 'trained');\n"
                  "```\n");
}

biobert_status bb_model_card_write(const bb_model_folder *folder, const char *path,
                                   biobert_error *err) {
  bb_json_writer w = {0};
  biobert_str text;
  write_card(&w, folder);
  char *file = bb_path_join(bb_str(path), bb_str("README.md"));
  char *whole = bb_writer_take(&w, &text.len);
  text.data = whole;
  const biobert_status status =
      file && whole ? bb_file_write_all(file, text, err) : bb_no_memory(err, path);
  bb_free(NULL, whole);
  bb_free(NULL, file);
  return status;
}
