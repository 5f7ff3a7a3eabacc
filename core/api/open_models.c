/* open_models.c - the process's one copy of each model: opening, sharing and closing. */
#include <string.h>

#include "api/model_load.h"
#include "api/runtime.h"
#include "base/stop.h"

static bool is_of(const biobert_model *m, const char *path, const char *options,
                  const char *cpu) {
  return strcmp(m->path, path) == 0 && strcmp(m->options.canonical, options) == 0 &&
         strcmp(m->bert.kernels.name, cpu) == 0;
}

/* The open model of this path and these options, with one owner more, whose files are as
 * they were; NULL: there is none. Others of the path may be open for those who loaded
 * them before their files were replaced. The files are looked at without the lock: a file
 * system may let us wait. */
static biobert_model *find_open(const char *path, const char *options) {
  bb_kernels kernels;
  bb_kernels_init(&kernels, bb_runtime_cpu());
  for (size_t passed = 0;; passed++) {
    size_t left = passed;
    bb_runtime_lock();
    biobert_model *m = *bb_runtime_models();
    while (m && (!is_of(m, path, options, kernels.name) || left-- > 0)) m = m->next;
    if (m) m->owners++;
    bb_runtime_unlock();
    if (!m || !bb_seen_changed(&m->seen)) return m;
    biobert_model_close(m);
  }
}

/* Puts a new model on the list, unless another thread has loaded the same in the
 * meantime: then that one is taken, and there is still one copy. */
static biobert_model *publish(biobert_model *m) {
  bb_runtime_lock();
  biobert_model *open = *bb_runtime_models();
  while (open && (!is_of(open, m->path, m->options.canonical, m->bert.kernels.name) ||
                  !bb_seen_equal(&open->seen, &m->seen)))
    open = open->next;
  if (open) {
    open->owners++;
  } else {
    m->next = *bb_runtime_models();
    *bb_runtime_models() = m;
  }
  bb_runtime_unlock();
  if (!open) return m;
  bb_model_free(m);
  return open;
}

static biobert_status open_model(biobert_str path, biobert_str options,
                                 biobert_model **out, biobert_error *err) {
  bb_options parsed;
  bb_location location = {0};
  biobert_status status = bb_options_parse(options, &parsed, err);
  if (status) return status;
  status = bb_locate_model(path, &location, err);
  if (status) {
    bb_options_free(&parsed);
    return status;
  }
  biobert_model *m = find_open(location.path, parsed.canonical);
  if (m) {
    bb_location_free(&location);
    bb_options_free(&parsed);
  } else {
    status = bb_model_load(&location, &parsed, &m, err);
    if (status) return status;
    m = publish(m);
  }
  *out = m;
  return BIOBERT_OK;
}

biobert_status biobert_model_open_with(biobert_str path, biobert_str options,
                                       const biobert_open_options *how,
                                       biobert_model **out, biobert_error *err) {
  bb_cancel cancel = {.ask = how ? how->cancel : NULL,
                      .ctx = how ? how->cancel_ctx : NULL};
  bb_stop_reading(&cancel);
  const biobert_status status = open_model(path, options, out, err);
  bb_stop_reading(NULL);
  return status;
}

biobert_status biobert_model_open(biobert_str path, biobert_str options,
                                  biobert_model **out, biobert_error *err) {
  return biobert_model_open_with(path, options, NULL, out, err);
}

biobert_model *biobert_model_share(biobert_model *model) {
  bb_runtime_lock();
  model->owners++;
  bb_runtime_unlock();
  return model;
}

void biobert_model_close(biobert_model *model) {
  if (!model) return;
  bb_runtime_lock();
  bool last = --model->owners == 0;
  for (biobert_model **at = bb_runtime_models(); last && *at; at = &(*at)->next) {
    if (*at != model) continue;
    *at = model->next;
    break;
  }
  bb_runtime_unlock();
  if (last) bb_model_free(model);
}

const biobert_model_info *biobert_model_get_info(const biobert_model *model) {
  return &model->info;
}

size_t biobert_model_dimension(const biobert_model *model) {
  return model->info.dimension;
}
