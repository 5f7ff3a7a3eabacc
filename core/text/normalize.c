/* normalize.c - clean, space out CJK, decompose, drop marks, lower-case: in that order.
 *
 * The steps and their order are those of tokenizers/src/normalizers/bert.rs. Two of its
 * habits are easy to get wrong:
 *   - accents go before lower case (Google's and Python's code lower-case first);
 *   - canonical reordering moves characters but not their places in the text: the i-th
 *     character after sorting that replaces a character takes the place of the i-th one
 *     before. Only one kind of text shows it (marks newer than Unicode 8, which are
 * kept), but then offsets differ. Character classes are frozen in unicode_tables.c, so
 * that ids do not change with the system's utf8proc; utf8proc decomposes, which Unicode
 * promises never to change. */
#include "text/normalize.h"

#include <utf8proc.h>

#include "base/mem.h"
#include "base/status.h"
#include "base/utf8.h"
#include "text/unicode_tables.h"

enum { MAX_DECOMPOSED = 8 }; /* NFD of one code point has at most 4 */

/* A character that waits until it is known where canonical reordering puts it. */
typedef struct pending {
  uint32_t code;
  uint8_t combining;
  bool inserted; /* not the first of its decomposition: takes no place of its own */
} pending;

typedef struct normalizer {
  const bb_normalizer_options *options;
  const bb_call *call;
  bb_character_fn *each;
  void *ctx;
  bool stopped;
  pending *run; /* a starter and the marks after it */
  size_t run_count, run_capacity;
  biobert_span *places; /* of the characters that the run replaces */
  size_t place_count, place_capacity;
} normalizer;

static void hand_over(normalizer *n, uint32_t code, biobert_span place) {
  if (n->stopped) return;
  n->stopped = !n->each(n->ctx, &(bb_character){code, place.start, place.end});
}

/* Drops marks, lower-cases: what comes after decomposition. */
static void finish(normalizer *n, uint32_t code, biobert_span place) {
  if (n->options->strip_accents && bb_char_class_of(code).flags & BB_CHAR_MARK) return;
  if (!n->options->lowercase || !(bb_char_class_of(code).flags & BB_CHAR_LOWERS)) {
    hand_over(n, code, place);
    return;
  }
  uint32_t lower[2];
  size_t count = bb_char_lower(code, lower);
  for (size_t i = 0; i < count; i++) hand_over(n, lower[i], place);
}

/* Merge sort by combining class: stable, and a hostile text may consist of one run. */
static void sort_run(pending *run, pending *spare, size_t count) {
  if (count < 2) return;
  size_t half = count / 2;
  sort_run(run, spare, half);
  sort_run(run + half, spare, count - half);
  memcpy(spare, run, half * sizeof *run);
  size_t left = 0, right = half, at = 0;
  while (left < half) {
    bool take_right = right < count && run[right].combining < spare[left].combining;
    run[at++] = take_right ? run[right++] : spare[left++];
  }
}

static biobert_status flush_run(normalizer *n, biobert_error *err) {
  bool sorted = true;
  for (size_t i = 1; i < n->run_count; i++)
    sorted = sorted && n->run[i - 1].combining <= n->run[i].combining;
  if (!sorted) {
    pending *spare = bb_alloc(n->call->allocator, n->run_count, sizeof *spare);
    if (!spare) return bb_no_memory(err, "a run of combining marks");
    sort_run(n->run, spare, n->run_count);
    bb_free(n->call->allocator, spare);
  }
  size_t taken = 0;
  for (size_t i = 0; i < n->run_count; i++) {
    if (!n->run[i].inserted) taken++;
    finish(n, n->run[i].code, n->places[taken ? taken - 1 : 0]);
  }
  n->run_count = n->place_count = 0;
  return BIOBERT_OK;
}

/* One decomposed character into the run; a starter ends the run before it. */
static biobert_status push_decomposed(normalizer *n, uint32_t code, bool inserted,
                                      biobert_error *err) {
  uint8_t combining = bb_char_class_of(code).combining;
  if (!bb_grow(n->call->allocator, (void **)&n->run, &n->run_capacity, n->run_count,
               sizeof *n->run))
    return bb_no_memory(err, "a run of combining marks");
  n->run[n->run_count++] = (pending){code, combining, inserted};
  return BIOBERT_OK;
}

static biobert_status decompose(normalizer *n, uint32_t code, biobert_span place,
                                biobert_error *err) {
  utf8proc_int32_t parts[MAX_DECOMPOSED] = {(utf8proc_int32_t)code};
  utf8proc_ssize_t count = 1;
  if (bb_char_class_of(code).flags & BB_CHAR_DECOMPOSES) {
    count = utf8proc_decompose_char((utf8proc_int32_t)code, parts, MAX_DECOMPOSED,
                                    UTF8PROC_DECOMPOSE, NULL);
    if (count < 1 || count > MAX_DECOMPOSED) {
      parts[0] = (utf8proc_int32_t)code;
      count = 1;
    }
  }
  for (utf8proc_ssize_t i = 0; i < count; i++) {
    /* A starter (never the 2nd part of a decomposition with marks before it) closes the
     * run: everything before it is in its final order. */
    if (n->run_count && bb_char_class_of((uint32_t)parts[i]).combining == 0 && i == 0) {
      biobert_status status = flush_run(n, err);
      if (status) return status;
    }
    if (i == 0) {
      if (!bb_grow(n->call->allocator, (void **)&n->places, &n->place_capacity,
                   n->place_count, sizeof *n->places))
        return bb_no_memory(err, "a run of combining marks");
      n->places[n->place_count++] = place;
    }
    biobert_status status = push_decomposed(n, (uint32_t)parts[i], i > 0, err);
    if (status) return status;
  }
  return BIOBERT_OK;
}

/* A character after cleaning: on to decomposition if there is any. ASCII is all starters
 * that do not decompose, and most of every text. */
static biobert_status push(normalizer *n, uint32_t code, biobert_span place,
                           biobert_error *err) {
  if (n->options->strip_accents && code >= 0x80) return decompose(n, code, place, err);
  if (n->run_count) {
    biobert_status status = flush_run(n, err);
    if (status) return status;
  }
  finish(n, code, place);
  return BIOBERT_OK;
}

static biobert_status push_source(normalizer *n, uint32_t code, biobert_span place,
                                  biobert_error *err) {
  uint8_t flags = bb_char_class_of(code).flags;
  if (n->options->clean_text) {
    if (flags & BB_CHAR_REMOVED) return BIOBERT_OK;
    if (flags & BB_CHAR_SPACE) code = ' ';
  }
  if (!n->options->space_cjk || !(flags & BB_CHAR_CJK)) return push(n, code, place, err);
  biobert_status status = push(n, ' ', place, err);
  if (!status) status = push(n, code, place, err);
  if (!status) status = push(n, ' ', place, err);
  return status;
}

biobert_status bb_normalize(const bb_normalizer_options *options, biobert_str text,
                            biobert_span segment, bb_character_fn *each, void *ctx,
                            const bb_call *call, bool *stopped, biobert_error *err) {
  normalizer n = {.options = options, .call = call, .each = each, .ctx = ctx};
  biobert_status status = BIOBERT_OK;
  const char *end = text.data + segment.end;
  size_t next_poll = segment.start + BB_POLL_BYTES;
  for (size_t at = segment.start; at < segment.end && !n.stopped && !status;) {
    if (at >= next_poll) {
      next_poll = at + BB_POLL_BYTES;
      if (call->cancel && call->cancel(call->cancel_ctx)) {
        status = bb_fail(err, BIOBERT_INTERRUPTED, "interrupted");
        break;
      }
    }
    uint32_t code;
    size_t bytes = bb_utf8_next(text.data + at, end, &code);
    status = push_source(&n, code, (biobert_span){at, at + bytes}, err);
    at += bytes;
  }
  if (!status && !n.stopped) status = flush_run(&n, err);
  *stopped = n.stopped;
  bb_free(call->allocator, n.run);
  bb_free(call->allocator, n.places);
  return status;
}

const char *bb_utf8proc_version(void) {
  return utf8proc_version();
}
