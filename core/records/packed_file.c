/* packed_file.c - the only file that knows zlib. */
#include "records/packed_file.h"

#include <zlib.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/os.h"
#include "base/status.h"

enum {
  INPUT = 1 << 16,
  ASK_MS = 10,      /* between two questions whether to go on */
  WINDOW = 15 + 16, /* zlib: the largest window, with gzip's header */
};

struct bb_packed_file {
  bb_file file;
  uint64_t at; /* of the file, read */
  bool is_gzip, in_member;
  z_stream stream;
  biobert_open_options options;
  int64_t asked_ms;
  unsigned char input[INPUT];
};

static voidpf take(voidpf unused, uInt count, uInt size) {
  (void)unused;
  return bb_alloc_zeroed(NULL, count, size);
}

static void give_back(voidpf unused, voidpf block) {
  (void)unused;
  bb_free(NULL, block);
}

/* Whether to go on ------------------------------------------------------------------- */

static int64_t now_ms(void) {
  return (int64_t)(bb_os_clock_ns() / 1000000);
}

/* A question may cost as much as reading a megabyte: by the clock, not by the bytes. */
static bool is_cancelled(bb_packed_file *f) {
  if (!f->options.cancel) return false;
  const int64_t now = now_ms();
  if (now - f->asked_ms < ASK_MS) return false;
  f->asked_ms = now;
  return f->options.cancel(f->options.cancel_ctx);
}

/* Reading ---------------------------------------------------------------------------- */

/* The next bytes of the file as they are; *got 0: its end. */
static biobert_status read_raw(bb_packed_file *f, void *into, size_t size, size_t *got,
                               biobert_error *err) {
  const uint64_t left = f->file.size - f->at;
  if (size > left) size = (size_t)left;
  *got = 0;
  if (is_cancelled(f))
    return bb_fail(err, BIOBERT_INTERRUPTED, "%s: interrupted", f->file.path);
  biobert_status status = bb_file_read(&f->file, f->at, into, size, err);
  if (status) return status;
  f->at += size;
  *got = size;
  return BIOBERT_OK;
}

static biobert_status refill(bb_packed_file *f, biobert_error *err) {
  size_t got;
  biobert_status status = read_raw(f, f->input, INPUT, &got, err);
  if (status) return status;
  f->stream.next_in = f->input;
  f->stream.avail_in = (uInt)got;
  return BIOBERT_OK;
}

/* What is between two members, or after the last: nothing but zeros, with which tapes are
 * filled up. */
static biobert_status next_member(bb_packed_file *f, bool *more, biobert_error *err) {
  z_stream *s = &f->stream;
  *more = false;
  for (;;) {
    if (s->avail_in == 0) {
      biobert_status status = refill(f, err);
      if (status) return status;
      if (s->avail_in == 0) return BIOBERT_OK;
    }
    if (*s->next_in) break;
    s->next_in++;
    s->avail_in--;
  }
  if (inflateReset(s) != Z_OK) return bb_no_memory(err, f->file.path);
  f->in_member = *more = true;
  return BIOBERT_OK;
}

static biobert_status damaged(const bb_packed_file *f, int code, biobert_error *err) {
  if (code == Z_MEM_ERROR) return bb_no_memory(err, f->file.path);
  return bb_fail(err, BIOBERT_IO, "%s: the gzip data is damaged near byte %llu (%s)",
                 f->file.path, (unsigned long long)(f->at - f->stream.avail_in),
                 f->stream.msg ? f->stream.msg : "no gzip header");
}

/* As much as one refill gives, at least a byte; *got 0: the end. */
static biobert_status read_gzip(bb_packed_file *f, void *into, size_t size, size_t *got,
                                biobert_error *err) {
  z_stream *s = &f->stream;
  s->next_out = into;
  s->avail_out = (uInt)(size < UINT32_MAX ? size : UINT32_MAX);
  const uInt room = s->avail_out;
  while (s->avail_out == room) {
    biobert_status status = BIOBERT_OK;
    bool more = true;
    if (!f->in_member)
      status = next_member(f, &more, err);
    else if (s->avail_in == 0)
      status = refill(f, err);
    if (status) return status;
    if (!more) break;
    if (s->avail_in == 0)
      return bb_fail(err, BIOBERT_IO, "%s: the gzip data is cut off after %llu bytes",
                     f->file.path, (unsigned long long)f->at);
    const int code = inflate(s, Z_NO_FLUSH);
    /* What was before the damage comes out first: the next call meets it again. */
    if (code != Z_OK && code != Z_STREAM_END && s->avail_out == room)
      return damaged(f, code, err);
    if (code == Z_STREAM_END) f->in_member = false;
  }
  *got = room - s->avail_out;
  return BIOBERT_OK;
}

biobert_status bb_packed_file_read(bb_packed_file *f, void *into, size_t size,
                                   size_t *got, biobert_error *err) {
  *got = 0;
  /* What is unpacked from little may take long. */
  if (f->is_gzip && is_cancelled(f))
    return bb_fail(err, BIOBERT_INTERRUPTED, "%s: interrupted", f->file.path);
  return f->is_gzip ? read_gzip(f, into, size, got, err)
                    : read_raw(f, into, size, got, err);
}

/* Opening ---------------------------------------------------------------------------- */

static biobert_status start_unpacking(bb_packed_file *f, biobert_error *err) {
  f->stream.zalloc = take;
  f->stream.zfree = give_back;
  if (inflateInit2(&f->stream, WINDOW) != Z_OK) return bb_no_memory(err, f->file.path);
  f->is_gzip = f->in_member = true;
  return BIOBERT_OK;
}

static biobert_status begin(bb_packed_file *f, const char *path, biobert_error *err) {
  unsigned char magic[2] = {0};
  biobert_status status = bb_file_open(path, &f->file, err);
  if (!status && f->file.size >= sizeof magic)
    status = bb_file_read(&f->file, 0, magic, sizeof magic, err);
  if (!status && magic[0] == 0x1F && magic[1] == 0x8B) status = start_unpacking(f, err);
  return status;
}

biobert_status bb_packed_file_open(const char *path, const biobert_open_options *options,
                                   bb_packed_file **out, biobert_error *err) {
  bb_packed_file *f = bb_alloc_zeroed(NULL, 1, sizeof *f);
  if (!f) return bb_no_memory(err, path);
  if (options) f->options = *options;
  biobert_status status = begin(f, path, err);
  if (status)
    bb_packed_file_close(f);
  else
    *out = f;
  return status;
}

void bb_packed_file_close(bb_packed_file *f) {
  if (!f) return;
  if (f->is_gzip) inflateEnd(&f->stream);
  bb_file_close(&f->file);
  bb_free(NULL, f);
}

const biobert_open_options *bb_packed_file_options(const bb_packed_file *f) {
  return &f->options;
}

const char *bb_packed_file_path(const bb_packed_file *f) {
  return f->file.path;
}

uint64_t bb_packed_file_bytes_read(const bb_packed_file *f) {
  return f->at;
}

uint64_t bb_packed_file_bytes(const bb_packed_file *f) {
  return f->file.size;
}
