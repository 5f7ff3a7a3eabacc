/* label_names.c - a list, and its order by name. */
#include "trainer/label_names.h"

#include "base/mem.h"
#include "base/status.h"

static int compare(biobert_str a, const char *b) {
  const size_t bytes = strlen(b), shorter = a.len < bytes ? a.len : bytes;
  const int order = shorter ? memcmp(a.data, b, shorter) : 0;
  return order ? order : (a.len > bytes) - (a.len < bytes);
}

/* The place in the order of names where it is, or would be. */
static size_t place_of(const bb_label_names *n, biobert_str name) {
  size_t low = 0, high = n->count;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (compare(name, n->items[n->sorted[middle]]) > 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

size_t bb_label_names_find(const bb_label_names *n, biobert_str name) {
  const size_t place = place_of(n, name);
  if (place == n->count || compare(name, n->items[n->sorted[place]]) != 0)
    return SIZE_MAX;
  return n->sorted[place];
}

static bool make_room(bb_label_names *n) {
  if (n->count < n->room) return true;
  const size_t room = n->room ? 2 * n->room : 16;
  char **items = bb_resize(NULL, n->items, room, sizeof *items);
  if (items) n->items = items;
  size_t *sorted = bb_resize(NULL, n->sorted, room, sizeof *sorted);
  if (sorted) n->sorted = sorted;
  if (!items || !sorted) return false;
  n->room = room;
  return true;
}

biobert_status bb_label_names_add(bb_label_names *n, biobert_str name,
                                  biobert_error *err) {
  char *copy = make_room(n) ? bb_copy_str(NULL, name) : NULL;
  if (!copy) return bb_no_memory(err, "training: labels");
  const size_t place = place_of(n, name);
  memmove(n->sorted + place + 1, n->sorted + place,
          (n->count - place) * sizeof *n->sorted);
  n->sorted[place] = n->count;
  n->items[n->count++] = copy;
  return BIOBERT_OK;
}

void bb_label_names_free(bb_label_names *n) {
  for (size_t i = 0; i < n->count; i++) bb_free(NULL, n->items[i]);
  bb_free(NULL, n->items);
  bb_free(NULL, n->sorted);
  *n = (bb_label_names){0};
}
