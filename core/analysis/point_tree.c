/* point_tree.c - a balanced tree over points, sorted anew from the order that it has. */
#include "analysis/point_tree.h"

#include "base/mem.h"

enum {
  LEAF_POINTS = BB_LANES, /* what one call of the kernel takes */
  TASK_LEVEL = 5,         /* its nodes are sorted side by side; arbitrary */
};

size_t bb_tree_end(const bb_point_tree *t, size_t node) {
  const bool last_of_level = (node & (node + 1)) == 0;
  return last_of_level ? t->count : t->nodes[node + 1].first;
}

bool bb_point_tree_new(const biobert_allocator *a, size_t count, bb_point_tree *out) {
  bb_point_tree t = {.count = count, .leaves = 1};
  while (t.leaves * LEAF_POINTS < count) {
    t.leaves *= 2;
    t.levels++;
  }
  t.points = bb_alloc(a, count, sizeof *t.points);
  t.nodes = bb_alloc_zeroed(a, 2 * t.leaves, sizeof *t.nodes);
  if (!t.points || !t.nodes) {
    bb_point_tree_free(a, &t);
    return false;
  }
  for (size_t i = 0; i < count; i++) t.points[i].point = (uint32_t)i;
  *out = t;
  return true;
}

void bb_point_tree_free(const biobert_allocator *a, bb_point_tree *tree) {
  bb_free(a, tree->points);
  bb_free(a, tree->nodes);
  *tree = (bb_point_tree){0};
}

/* Sorting ---------------------------------------------------------------------------- */

static float median_of(float a, float b, float c) {
  if (a > b) return a < c ? a : b > c ? b : c;
  return b < c ? b : a > c ? a : c;
}

/* Hoare's partition: returns s, first < s < end, with no point of [first, s) beyond one of
 * [s, end). */
static size_t partition(bb_tree_point *p, size_t first, size_t end, size_t axis) {
  const float pivot = median_of(p[first].at[axis], p[first + (end - first) / 2].at[axis],
                                p[end - 1].at[axis]);
  size_t i = first, j = end - 1;
  for (;;) {
    while (p[i].at[axis] < pivot) i++;
    while (p[j].at[axis] > pivot) j--;
    if (i >= j) break;
    bb_tree_point swapped = p[i];
    p[i++] = p[j];
    p[j--] = swapped;
  }
  return j + 1 < end ? j + 1 : end - 1; /* the last one is the pivot then */
}

/* Quickselect: points before `middle` are not beyond those from it on. */
static void select_at(bb_tree_point *p, size_t first, size_t end, size_t middle,
                      size_t axis) {
  while (end - first > 1) {
    size_t split = partition(p, first, end, axis);
    if (middle < split)
      end = split;
    else
      first = split;
  }
}

static void bound(const bb_tree_point *p, size_t first, size_t end, bb_tree_node *node) {
  float low_x = p[first].at[0], high_x = low_x, low_y = p[first].at[1], high_y = low_y;
  for (size_t i = first + 1; i < end; i++) {
    const float x = p[i].at[0], y = p[i].at[1];
    low_x = x < low_x ? x : low_x;
    high_x = x > high_x ? x : high_x;
    low_y = y < low_y ? y : low_y;
    high_y = y > high_y ? y : high_y;
  }
  const float width = high_x - low_x, height = high_y - low_y;
  const float side = width > height ? width : height;
  node->low[0] = low_x;
  node->low[1] = low_y;
  node->high[0] = high_x;
  node->high[1] = high_y;
  node->square = side * side;
}

/* Returns where its second child begins. */
static size_t split_node(bb_point_tree *t, size_t node, size_t first, size_t end) {
  bb_tree_node *n = &t->nodes[node];
  bound(t->points, first, end, n);
  const size_t middle = first + (end - first) / 2;
  const bool upright = n->high[1] - n->low[1] >= n->high[0] - n->low[0];
  select_at(t->points, first, end, middle, upright ? 1 : 0);
  t->nodes[2 * node].first = (uint32_t)first;
  t->nodes[2 * node + 1].first = (uint32_t)middle;
  return middle;
}

/* Centres ---------------------------------------------------------------------------- */

static void centre_leaf(bb_point_tree *t, size_t node, size_t first, size_t end) {
  double x = 0, y = 0;
  for (size_t i = first; i < end; i++) {
    x += (double)t->points[i].at[0];
    y += (double)t->points[i].at[1];
  }
  const double mass = (double)(end - first);
  t->nodes[node].body = (bb_body){(float)(x / mass), (float)(y / mass), (float)mass};
}

static float centre_of(float a, double mass_a, float b, double mass_b) {
  return (float)(((double)a * mass_a + (double)b * mass_b) / (mass_a + mass_b));
}

static void centre_parent(bb_point_tree *t, size_t node) {
  const bb_body a = t->nodes[2 * node].body, b = t->nodes[2 * node + 1].body;
  t->nodes[node].body = (bb_body){
      .x = centre_of(a.x, (double)a.mass, b.x, (double)b.mass),
      .y = centre_of(a.y, (double)a.mass, b.y, (double)b.mass),
      .mass = a.mass + b.mass,
  };
}

/* Building --------------------------------------------------------------------------- */

/* The whole below a node, whose `first` is known: nothing beside it is written. */
static void build_below(bb_point_tree *t, size_t node, size_t first, size_t end) {
  if (node >= t->leaves) {
    bound(t->points, first, end, &t->nodes[node]);
    centre_leaf(t, node, first, end);
    return;
  }
  const size_t middle = split_node(t, node, first, end);
  build_below(t, 2 * node, first, middle);
  build_below(t, 2 * node + 1, middle, end);
  centre_parent(t, node);
}

/* What is above the nodes of TASK_LEVEL. */
static void build_above(bb_point_tree *t, size_t node, size_t first, size_t end) {
  if (node >> TASK_LEVEL == 1) return;
  const size_t middle = split_node(t, node, first, end);
  build_above(t, 2 * node, first, middle);
  build_above(t, 2 * node + 1, middle, end);
}

static void build_task(void *ctx, size_t task, size_t worker) {
  (void)worker;
  bb_point_tree *t = ctx;
  const size_t node = ((size_t)1 << TASK_LEVEL) + task;
  build_below(t, node, bb_tree_first(t, node), bb_tree_end(t, node));
}

bool bb_point_tree_build(bb_point_tree *t, const float *x, const float *y, size_t workers,
                         bb_cancel *cancel) {
  for (size_t i = 0; i < t->count; i++) {
    t->points[i].at[0] = x[t->points[i].point];
    t->points[i].at[1] = y[t->points[i].point];
  }
  if (t->levels <= TASK_LEVEL) {
    build_below(t, 1, 0, t->count);
    return true;
  }
  build_above(t, 1, 0, t->count);
  if (!bb_pool_run(workers, (size_t)1 << TASK_LEVEL, build_task, t, cancel)) return false;
  for (size_t node = ((size_t)1 << TASK_LEVEL) - 1; node > 0; node--)
    centre_parent(t, node);
  return true;
}
