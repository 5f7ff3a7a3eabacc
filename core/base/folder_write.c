/* folder_write.c - making, removing and renaming folders. */
#include "base/folder_write.h"

#include <errno.h>

#include "base/file.h"
#include "base/file_write.h"
#include "base/mem.h"
#include "base/status.h"

static const char suffix[] = ".biobert-partial";

static biobert_status fail_path(biobert_error *err, const char *path) {
  if (errno == ENOMEM) return bb_no_memory(err, path);
  return bb_fail(err, BIOBERT_IO, "%s: %s", path, strerror(errno));
}

/* Removing --------------------------------------------------------------------------- */

biobert_status bb_folder_remove(const char *path, biobert_error *err) {
  return bb_os_remove_tree(path) ? BIOBERT_OK : fail_path(err, path);
}

/* Opening ---------------------------------------------------------------------------- */

/* Without slashes at its end. */
static char *name_of(const char *target, const char *ending) {
  biobert_str name = bb_str(target);
  while (name.len > 1 && bb_os_is_separator(name.data[name.len - 1])) name.len--;
  const size_t more = strlen(ending) + 1;
  char *path = bb_alloc(NULL, name.len + more, 1);
  if (!path) return NULL;
  memcpy(path, name.data, name.len);
  memcpy(path + name.len, ending, more);
  return path;
}

char *bb_folder_out_partial(const char *target) {
  return name_of(target, suffix);
}

/* A link that leads nowhere is something too: rename() would replace it. */
static biobert_status refuse_existing(const char *target, biobert_error *err) {
  bb_os_info info;
  if (!*target) return bb_fail(err, BIOBERT_RANGE, "the name of a folder is empty");
  if (bb_os_look_at_link(target, &info))
    return bb_fail(err, BIOBERT_RANGE, "%s: is there already: name a folder that is not",
                   target);
  if (errno != ENOENT) return fail_path(err, target);
  return BIOBERT_OK;
}

/* The lock goes with the process: what nobody holds was left behind. */
static biobert_status take_lock(bb_folder_out *out, biobert_error *err) {
  if (!bb_os_hold_folder(out->partial, BB_OS_NO_LINK, &out->folder))
    return fail_path(err, out->partial);
  if (bb_os_lock_folder(&out->folder) != BB_OS_IN_USE) return BIOBERT_OK;
  return bb_fail(err, BIOBERT_RANGE, "%s: another process is writing it", out->target);
}

static biobert_status make_partial(bb_folder_out *out, biobert_error *err) {
  biobert_status status = BIOBERT_OK;
  if (bb_os_make_folder(out->partial)) return take_lock(out, err);
  if (errno != EEXIST) return fail_path(err, out->partial);
  status = take_lock(out, err);
  if (status) return status;
  bb_os_let_folder_go(&out->folder);
  if (!bb_os_remove_tree(out->partial) || !bb_os_make_folder(out->partial))
    return fail_path(err, out->partial);
  return take_lock(out, err);
}

/* The lock is given back. */
static void forget(bb_folder_out *out) {
  bb_os_let_folder_go(&out->folder);
  bb_free(NULL, out->target);
  bb_free(NULL, out->partial);
  *out = (bb_folder_out){NULL, NULL, bb_os_no_folder};
}

biobert_status bb_folder_out_open(const char *target, bb_folder_out *out,
                                  biobert_error *err) {
  bb_folder_out made = {name_of(target, ""), bb_folder_out_partial(target),
                        bb_os_no_folder};
  biobert_status status = BIOBERT_OK;
  if (!made.target || !made.partial) status = bb_no_memory(err, target);
  if (!status) status = refuse_existing(made.target, err);
  if (!status) status = make_partial(&made, err);
  if (status)
    forget(&made);
  else
    *out = made;
  return status;
}

biobert_status bb_folder_out_make(const bb_folder_out *out, const char *name,
                                  biobert_error *err) {
  if (bb_os_make_inside(&out->folder, name)) return BIOBERT_OK;
  return bb_fail(err, BIOBERT_IO, "%s/%s: %s", out->partial, name, strerror(errno));
}

/* Closing ---------------------------------------------------------------------------- */

void bb_folder_out_discard(bb_folder_out *out) {
  bb_os_remove_tree(out->partial);
  forget(out);
}

biobert_status bb_folder_out_close(bb_folder_out *out, biobert_status status,
                                   biobert_error *err) {
  if (!status && !bb_os_sync_tree(&out->folder)) status = fail_path(err, out->partial);
  if (!status) status = refuse_existing(out->target, err);
  if (!status) status = bb_path_rename(out->partial, out->target, err);
  if (status)
    bb_folder_out_discard(out);
  else
    forget(out);
  return status;
}
