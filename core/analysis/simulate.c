/* simulate.c - screening of papers whose decisions are known. */
#include "analysis/shared_options.h"
#include "analysis/random_bits.h"
#include "analysis/screen_parts.h"

typedef struct simulation {
  biobert_screening *s;
  biobert_decision *truth; /* [papers] */
  bool *found;
  size_t read, included, all_included;
} simulation;

static void judge(simulation *m, size_t paper) {
  const bool is_included = m->truth[paper] == BIOBERT_INCLUDED;
  m->s->paper[paper].decision = m->truth[paper];
  m->found[m->read++] = is_included;
  m->included += is_included;
  m->s->since_included = is_included ? 0 : m->s->since_included + 1;
}

/* The nth paper of a kind. */
static size_t nth_of(const simulation *m, biobert_decision kind, size_t nth) {
  size_t paper = 0;
  for (;; paper++)
    if (m->truth[paper] == kind && nth-- == 0) return paper;
}

static biobert_status begin(simulation *m, uint64_t seed, biobert_error *err) {
  const size_t papers = m->s->papers;
  for (size_t p = 0; p < papers; p++) {
    if (m->s->paper[p].decision == BIOBERT_UNDECIDED)
      return bb_fail(err, BIOBERT_RANGE, "paper %lld has no label",
                     (long long)m->s->paper[p].id);
    m->truth[p] = m->s->paper[p].decision;
    m->all_included += m->truth[p] == BIOBERT_INCLUDED;
  }
  if (!m->all_included || m->all_included == papers)
    return bb_fail(err, BIOBERT_RANGE,
                   "%zu of %zu papers are included: both kinds are needed",
                   m->all_included, papers);
  for (size_t p = 0; p < papers; p++) m->s->paper[p].decision = BIOBERT_UNDECIDED;
  m->s->since_included = 0;
  judge(m, nth_of(m, BIOBERT_INCLUDED, bb_random_bits_at(seed, 0) % m->all_included));
  judge(m, nth_of(m, BIOBERT_EXCLUDED,
                  bb_random_bits_at(seed, 1) % (papers - m->all_included)));
  return BIOBERT_OK;
}

/* The undecided paper of the highest score; of equal ones the first. */
static size_t find_best(const biobert_screening *s) {
  size_t best = SIZE_MAX;
  for (size_t p = 0; p < s->papers; p++)
    if (s->paper[p].decision == BIOBERT_UNDECIDED &&
        (best == SIZE_MAX || s->ranked[p].score > s->ranked[best].score))
      best = p;
  return best;
}

static biobert_status run(simulation *m, size_t batch, biobert_error *err) {
  while (m->included < m->all_included) {
    biobert_status status = bb_screen_score(m->s, false, err);
    if (status) return status;
    for (size_t i = 0; i < batch && m->read < m->s->papers; i++)
      judge(m, find_best(m->s));
  }
  return BIOBERT_OK;
}

biobert_status biobert_screening_simulate(biobert_screening *s, size_t batch,
                                          uint64_t seed, bool *found, size_t *read,
                                          biobert_error *err) {
  const biobert_allocator *allocator = bb_analysis_allocator(&s->how);
  const size_t since_included = s->since_included;
  *read = 0;
  if (!batch) return bb_fail(err, BIOBERT_RANGE, "a batch has one paper or more");
  simulation m = {.s = s, .found = found};
  m.truth = bb_alloc(allocator, s->papers, sizeof *m.truth);
  if (!m.truth) return bb_no_memory(err, "papers");
  biobert_status status = begin(&m, seed, err);
  const bool began = !status;
  if (!status) status = run(&m, batch, err);
  for (size_t p = 0; began && p < s->papers; p++) s->paper[p].decision = m.truth[p];
  s->since_included = since_included;
  bb_free(allocator, m.truth);
  *read = m.read;
  return status;
}
