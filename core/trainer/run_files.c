/* run_files.c - checkpoints: new files, then the one that names them. */
#include "trainer/run_files.h"

#include <errno.h>
#include <stdio.h>

#include "base/file.h"
#include "base/file_write.h"
#include "base/folder_write.h"
#include "base/mem.h"
#include "base/os.h"
#include "base/status.h"
#include "format/json_file.h"
#include "format/json_write.h"
#include "format/safetensors_write.h"
#include "format/weights.h"

static const char ending[] = ".biobert-training";
static const char run_name[] = "run.json", new_name[] = "run.json.new";
enum { NAME_BYTES = 64 };

/* Names ------------------------------------------------------------------------------ */

static char *path_of(const bb_run_files *f, const char *name) {
  return bb_path_join(bb_str(f->folder), bb_str(name));
}

char *bb_run_start_path(const bb_run_files *f) {
  return path_of(f, "start");
}

static const char *checkpoint_name(uint64_t step, char name[NAME_BYTES]) {
  snprintf(name, NAME_BYTES, "checkpoint-%llu.safetensors", (unsigned long long)step);
  return name;
}

static const char *best_name(uint64_t epoch, char name[NAME_BYTES]) {
  snprintf(name, NAME_BYTES, "best-%llu.safetensors", (unsigned long long)epoch);
  return name;
}

static bool is_ours(const char *name) {
  static const char *const beginnings[] = {"run.json", "checkpoint-", "best-", "start"};
  for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++)
    if (strncmp(name, beginnings[i], strlen(beginnings[i])) == 0) return true;
  return false;
}

/* The folder ------------------------------------------------------------------------- */

static biobert_status fail_folder(const bb_run_files *f, biobert_error *err) {
  return bb_fail(err, BIOBERT_IO, "%s: %s", f->folder, strerror(errno));
}

typedef biobert_status entry_fn(void *ctx, const char *name, biobert_error *err);

static biobert_status each_entry(const bb_run_files *f, entry_fn *fn, void *ctx,
                                 biobert_error *err) {
  bb_os_listing names;
  biobert_status status = BIOBERT_OK;
  if (!bb_os_list(&names, f->folder)) return fail_folder(f, err);
  for (const char *name; !status && (name = bb_os_next(&names));)
    status = fn(ctx, name, err);
  bb_os_list_end(&names);
  return status;
}

static biobert_status refuse_foreign(void *ctx, const char *name, biobert_error *err) {
  const bb_run_files *f = ctx;
  if (is_ours(name)) return BIOBERT_OK;
  return bb_fail(err, BIOBERT_RANGE,
                 "%s: has %s in it, which is not of a training run: name another output",
                 f->folder, name);
}

static biobert_status lock_folder(bb_run_files *f, biobert_error *err) {
  if (!bb_os_hold_folder(f->folder, BB_OS_FOLLOW, &f->held)) return fail_folder(f, err);
  const bb_os_lock lock = bb_os_lock_folder(&f->held);
  if (lock == BB_OS_LOCKED) return BIOBERT_OK;
  if (lock == BB_OS_NO_LOCK) return fail_folder(f, err);
  return bb_fail(err, BIOBERT_RANGE, "%s: another process is training there", f->folder);
}

/* run.json --------------------------------------------------------------------------- */

/* Every number is whole; of a real one these are its bits, so that none is lost. */
static int64_t bits_of(double number) {
  int64_t bits;
  memcpy(&bits, &number, sizeof bits);
  return bits;
}

static void write_number(bb_json_writer *w, const char *key, int64_t number) {
  bb_write_raw(w, ",\n  \"");
  bb_write_raw(w, key);
  bb_write_raw(w, "\": ");
  bb_write_int(w, number);
}

static char *state_text(const bb_run_files *f, const bb_run_state *s, size_t *bytes) {
  bb_json_writer w = {0};
  bb_write_raw(&w, "{\n  \"arguments\": ");
  bb_write_string(&w, bb_str(s->arguments));
  write_number(&w, "step", (int64_t)s->step);
  write_number(&w, "best_epoch", (int64_t)s->best_epoch);
  write_number(&w, "best_file", (int64_t)f->best);
  write_number(&w, "best_bits", bits_of(s->best));
  write_number(&w, "before_bits", bits_of(s->before));
  write_number(&w, "epoch_loss_bits", bits_of(s->epoch_loss));
  write_number(&w, "epoch_steps", (int64_t)s->epoch_steps);
  bb_write_raw(&w, "\n}\n");
  return bb_writer_take(&w, bytes);
}

static bool read_number(const bb_json_node *root, const char *key, int64_t *out) {
  return bb_json_int(bb_json_get(root, key), out);
}

static bool read_count(const bb_json_node *root, const char *key, uint64_t *out) {
  int64_t number;
  if (!read_number(root, key, &number) || number < 0) return false;
  *out = (uint64_t)number;
  return true;
}

static bool read_real(const bb_json_node *root, const char *key, double *out) {
  int64_t bits;
  if (!read_number(root, key, &bits)) return false;
  memcpy(out, &bits, sizeof *out);
  return true;
}

static bool read_fields(const bb_json_node *root, bb_run_files *f, bb_run_state *s) {
  const biobert_str arguments = bb_json_string(bb_json_get(root, "arguments"));
  if (arguments.len != sizeof s->arguments - 1) return false;
  memcpy(s->arguments, arguments.data, arguments.len);
  return read_count(root, "step", &s->step) &&
         read_count(root, "best_epoch", &s->best_epoch) &&
         read_count(root, "best_file", &f->best) &&
         read_real(root, "best_bits", &s->best) &&
         read_real(root, "before_bits", &s->before) &&
         read_real(root, "epoch_loss_bits", &s->epoch_loss) &&
         read_count(root, "epoch_steps", &s->epoch_steps);
}

static biobert_status read_state(bb_run_files *f, const char *path, bb_run_state *s,
                                 biobert_error *err) {
  bb_json *json = NULL;
  biobert_status status = bb_json_read_file(path, &json, err);
  if (!status && !read_fields(bb_json_root(json), f, s))
    status = bb_fail(err, BIOBERT_FORMAT, "%s: not the state of a training run", path);
  f->checkpoint = status ? 0 : s->step;
  bb_json_free(json);
  return status;
}

biobert_status bb_run_find(bb_run_files *f, bb_run_state *s, bool *found,
                           biobert_error *err) {
  char *path = path_of(f, run_name);
  if (!path) return bb_no_memory(err, f->folder);
  biobert_status status = BIOBERT_OK;
  *found = bb_path_exists(path);
  if (*found) status = read_state(f, path, s, err);
  bb_free(NULL, path);
  return status;
}

biobert_status bb_run_files_open(const char *output, bb_run_files *out,
                                 biobert_error *err) {
  const size_t bytes = strlen(output);
  *out = (bb_run_files){.folder = bb_alloc(NULL, bytes + sizeof ending, 1),
                        .held = bb_os_no_folder};
  if (!out->folder) return bb_no_memory(err, "training");
  memcpy(out->folder, output, bytes);
  memcpy(out->folder + bytes, ending, sizeof ending);
  if (!bb_os_make_folder(out->folder) && errno != EEXIST) return fail_folder(out, err);
  biobert_status status = lock_folder(out, err);
  return status ? status : each_entry(out, refuse_foreign, out, err);
}

void bb_run_files_close(bb_run_files *f) {
  if (f->folder) bb_os_let_folder_go(&f->held);
  bb_free(NULL, f->folder);
  *f = (bb_run_files){.held = bb_os_no_folder};
}

/* Tensors ---------------------------------------------------------------------------- */

/* What of a tensor is in a file, by the beginning of its name there. */
static const char *const kinds[] = {"weights.", "first.", "second."};
enum { KINDS = sizeof kinds / sizeof *kinds, TENSOR_NAME_BYTES = 160 };

static float *values_of(const bb_named_tensor *t, size_t kind) {
  return kind == 0 ? t->value.values : kind == 1 ? t->first : t->second;
}

static size_t list_tensors(const bb_learner *l, size_t kind_count,
                           char (*names)[TENSOR_NAME_BYTES], bb_tensor_out *out) {
  size_t count = 0;
  for (size_t i = 0; i < l->tensor_count; i++) {
    const bb_named_tensor *t = &l->tensors[i];
    for (size_t kind = 0; t->first && kind < kind_count; kind++, count++) {
      snprintf(names[count], sizeof names[count], "%s%s", kinds[kind], t->name);
      out[count] = (bb_tensor_out){names[count], values_of(t, kind), t->value.rows,
                                   t->value.columns, t->value.is_vector};
    }
  }
  return count;
}

/* A new file; one that a killed process left there is replaced. */
static biobert_status write_tensors(const bb_run_files *f, const bb_learner *l,
                                    const char *name, size_t kind_count,
                                    biobert_error *err) {
  const size_t most = l->tensor_count * kind_count;
  char(*names)[TENSOR_NAME_BYTES] = bb_alloc(NULL, most, sizeof *names);
  bb_tensor_out *tensors = bb_alloc(NULL, most, sizeof *tensors);
  char *path = path_of(f, name);
  biobert_status status = BIOBERT_OK;
  if (!names || !tensors || !path) status = bb_no_memory(err, "training: a checkpoint");
  if (!status) {
    bb_os_remove(path);
    const size_t count = list_tensors(l, kind_count, names, tensors);
    status = bb_safetensors_write(path, tensors, count, err);
  }
  bb_free(NULL, names);
  bb_free(NULL, tensors);
  bb_free(NULL, path);
  return status;
}

static biobert_status read_tensor(const bb_weights *file, const char *path,
                                  const bb_named_tensor *t, size_t kind,
                                  biobert_error *err) {
  char name[TENSOR_NAME_BYTES];
  uint64_t elements, span;
  snprintf(name, sizeof name, "%s%s", kinds[kind], t->name);
  const bb_tensor *tensor = bb_weights_find(file, name);
  if (!tensor || !bb_tensor_measure(tensor, &elements, &span) ||
      elements != t->value.rows * t->value.columns)
    return bb_fail(err, BIOBERT_FORMAT, "%s: %s is missing, or has another size", path,
                   name);
  return bb_weights_read(file, tensor, values_of(t, kind), err);
}

static biobert_status read_tensors(const bb_run_files *f, bb_learner *l, const char *name,
                                   size_t kind_count, biobert_error *err) {
  bb_weights *file = NULL;
  char *path = path_of(f, name);
  if (!path) return bb_no_memory(err, f->folder);
  biobert_status status = bb_weights_open_file(path, &file, err);
  for (size_t i = 0; i < l->tensor_count && !status; i++)
    for (size_t kind = 0; l->tensors[i].first && kind < kind_count && !status; kind++)
      status = read_tensor(file, path, &l->tensors[i], kind, err);
  if (file) bb_weights_close(file);
  bb_free(NULL, path);
  return status;
}

/* Saving ----------------------------------------------------------------------------- */

static biobert_status replace_state(bb_run_files *f, const bb_run_state *s,
                                    biobert_error *err) {
  size_t bytes = 0;
  char *text = state_text(f, s, &bytes);
  char *from = path_of(f, new_name), *to = path_of(f, run_name);
  biobert_status status =
      text && from && to ? BIOBERT_OK : bb_no_memory(err, "training: a checkpoint");
  if (!status) {
    bb_os_remove(from);
    status = bb_file_write_all(from, (biobert_str){text, bytes}, err);
  }
  if (!status) status = bb_path_rename(from, to, err);
  bb_free(NULL, text);
  bb_free(NULL, from);
  bb_free(NULL, to);
  return status;
}

/* Files that run.json does not name any more. */
static biobert_status remove_old(void *ctx, const char *name, biobert_error *err) {
  const bb_run_files *f = ctx;
  char checkpoint[NAME_BYTES], best[NAME_BYTES];
  (void)err;
  if (strstr(name, ".safetensors") == NULL ||
      strcmp(name, checkpoint_name(f->checkpoint, checkpoint)) == 0 ||
      strcmp(name, best_name(f->best, best)) == 0)
    return BIOBERT_OK;
  char *path = path_of(f, name);
  if (path) bb_os_remove(path);
  bb_free(NULL, path);
  return BIOBERT_OK;
}

biobert_status bb_run_save(bb_run_files *f, const bb_learner *l, const bb_run_state *s,
                           biobert_error *err) {
  char name[NAME_BYTES];
  biobert_status status = BIOBERT_OK;
  if (f->checkpoint != s->step)
    status = write_tensors(f, l, checkpoint_name(s->step, name), KINDS, err);
  if (!status) status = replace_state(f, s, err);
  if (status) return status;
  f->checkpoint = s->step;
  return each_entry(f, remove_old, f, err);
}

biobert_status bb_run_load(const bb_run_files *f, bb_learner *l, biobert_error *err) {
  char name[NAME_BYTES];
  if (f->checkpoint == 0) return BIOBERT_OK;
  return read_tensors(f, l, checkpoint_name(f->checkpoint, name), KINDS, err);
}

biobert_status bb_run_save_best(bb_run_files *f, const bb_learner *l, uint64_t epoch,
                                biobert_error *err) {
  char name[NAME_BYTES];
  biobert_status status = write_tensors(f, l, best_name(epoch, name), 1, err);
  if (!status) f->best = epoch;
  return status;
}

biobert_status bb_run_load_best(const bb_run_files *f, bb_learner *l,
                                biobert_error *err) {
  char name[NAME_BYTES];
  if (f->best == 0) return BIOBERT_OK;
  return read_tensors(f, l, best_name(f->best, name), 1, err);
}

biobert_status bb_run_remove(bb_run_files *f, biobert_error *err) {
  return bb_folder_remove(f->folder, err);
}
