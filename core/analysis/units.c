/* units.c - vectors of length 1. */
#include "analysis/units.h"

#include <math.h>

#include "kernels/kernels.h"

double bb_dot(const float *a, const float *b, size_t n) {
  enum { LANES = 8 };
  double lane[LANES] = {0};
  size_t i = 0;
  for (; i + LANES <= n; i += LANES)
    for (size_t j = 0; j < LANES; j++) lane[j] += (double)a[i + j] * (double)b[i + j];
  for (; i < n; i++) lane[i % LANES] += (double)a[i] * (double)b[i];
  for (size_t step = LANES / 2; step > 0; step /= 2)
    for (size_t j = 0; j < step; j++) lane[j] += lane[j + step];
  return lane[0];
}

/* 16 lanes of n / 16 sums and a tree of four, each rounded; and the units are rounded. */
float bb_units_slack(size_t n) {
  enum { OTHER_ROUNDINGS = 16 };
  return (float)(n / BB_LANES + OTHER_ROUNDINGS) * 0x1p-23f;
}

static void put_unit(const float *v, double length, size_t n, float *out) {
  for (size_t i = 0; i < n; i++) out[i] = (float)((double)v[i] / length);
}

biobert_status bb_units_make(const biobert_points *p, const biobert_analysis_options *how,
                             bb_units *out, biobert_error *err) {
  enum { AT_A_TIME = 1024 };
  const biobert_allocator *a = bb_analysis_allocator(how);
  bb_cancel cancel = bb_analysis_cancel(how);
  bb_units units = {.n = p->n,
                    .point = bb_alloc(a, p->count, sizeof *units.point),
                    .rows = bb_alloc_floats(a, p->count * p->n)};
  biobert_status status =
      units.point && units.rows ? BIOBERT_OK : bb_no_memory(err, "unit vectors");
  for (size_t i = 0; i < p->count && !status; i++) {
    const float *v = p->vectors + i * p->n;
    const double length = sqrt(bb_dot(v, v, p->n));
    if (i % AT_A_TIME == 0 && bb_cancelled(&cancel, 0))
      status = bb_analysis_interrupted(err);
    if (!(length > 0) || !isfinite(length)) continue;
    put_unit(v, length, p->n, units.rows + units.count * p->n);
    units.point[units.count++] = (uint32_t)i;
  }
  if (status)
    bb_units_free(&units, how);
  else
    *out = units;
  return status;
}

void bb_units_free(bb_units *units, const biobert_analysis_options *how) {
  bb_free(bb_analysis_allocator(how), units->point);
  bb_free_aligned(bb_analysis_allocator(how), units->rows);
  *units = (bb_units){0};
}
