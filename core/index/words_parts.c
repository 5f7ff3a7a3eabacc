/* words_parts.c - joining parts of an FTS5 expression. */
#include "index/words_parts.h"

#include "base/mem.h"

void bb_part_append(bb_words_parser *p, bb_words_part *out, const char *text,
                    size_t length) {
  while (!p->no_memory && out->capacity - out->length < length + 1) {
    size_t wanted = out->length + length + 1;
    if (wanted < 2 * out->capacity) wanted = 2 * out->capacity;
    char *grown = bb_resize(p->allocator, out->text, wanted, 1);
    if (!grown) {
      p->no_memory = true;
      return;
    }
    out->text = grown;
    out->capacity = wanted;
  }
  if (p->no_memory) return;
  memcpy(out->text + out->length, text, length);
  out->length += length;
  out->text[out->length] = '\0';
}

void bb_part_add(bb_words_parser *p, bb_words_part *out, const char *text) {
  bb_part_append(p, out, text, strlen(text));
}

void bb_part_add_view(bb_words_parser *p, bb_words_part *out, biobert_str text) {
  for (size_t at = 0; at < text.len;) {
    const char *nul = memchr(text.data + at, '\0', text.len - at);
    size_t end = nul ? (size_t)(nul - text.data) : text.len;
    bb_part_append(p, out, text.data + at, end - at);
    if (nul) bb_part_add(p, out, " ");
    at = end + (nul != NULL);
  }
}

/* No token of kind TEXT has a quotation mark in it. */
void bb_part_add_quoted(bb_words_parser *p, bb_words_part *out, biobert_str text) {
  bb_part_add(p, out, "\"");
  bb_part_add_view(p, out, text);
  bb_part_add(p, out, "\"");
}

void bb_part_free(bb_words_parser *p, bb_words_part *out) {
  bb_free(p->allocator, out->text);
  *out = (bb_words_part){0};
}

void bb_part_bracket(bb_words_parser *p, bb_words_part *out) {
  bb_part_add(p, out, "()");
  if (p->no_memory) return;
  memmove(out->text + 1, out->text, out->length - 2);
  out->text[0] = '(';
  out->level = BB_LEVEL_GROUP;
}

/* left becomes `left operator right`; right is freed. */
static void join(bb_words_parser *p, bb_words_part *left, bb_words_part *right,
                 bb_words_level to, const char *operator) {
  /* a AND b NOT c: the same rows, whichever is taken first. */
  if (to == BB_LEVEL_NOT && left->level == BB_LEVEL_AND)
    to = BB_LEVEL_AND;
  else if (left->level < to)
    bb_part_bracket(p, left);
  bool is_not = operator[1] == 'N';
  if (right->level < to || (is_not && right->level <= BB_LEVEL_NOT))
    bb_part_bracket(p, right);
  bb_part_add(p, left, operator);
  if (right->text) bb_part_append(p, left, right->text, right->length);
  bb_part_free(p, right);
  left->level = to;
}

void bb_part_swap(bb_words_part *a, bb_words_part *b) {
  bb_words_part c = *a;
  *a = *b;
  *b = c;
}

/* Rows of both; FTS5 can say so of two parts that find their rows, or of one. */
void bb_part_and(bb_words_parser *p, bb_words_part *left, bb_words_part *right) {
  if (left->excludes && right->excludes) {
    join(p, left, right, BB_LEVEL_OR, " OR ");
  } else if (left->excludes || right->excludes) {
    if (left->excludes) bb_part_swap(left, right);
    join(p, left, right, BB_LEVEL_NOT, " NOT ");
  } else {
    join(p, left, right, BB_LEVEL_AND, " AND ");
  }
}

void bb_part_or(bb_words_parser *p, bb_words_part *left, bb_words_part *right) {
  if (left->excludes && right->excludes) {
    join(p, left, right, BB_LEVEL_AND, " AND ");
  } else if (left->excludes || right->excludes) {
    if (right->excludes) bb_part_swap(left, right);
    join(p, left, right, BB_LEVEL_NOT, " NOT ");
    left->excludes = true;
  } else {
    join(p, left, right, BB_LEVEL_OR, " OR ");
  }
}

void bb_part_list(bb_words_parser *p, bb_words_part *left, bb_words_part *right) {
  if (left->level == BB_LEVEL_LIST && right->level == BB_LEVEL_LIST)
    join(p, left, right, BB_LEVEL_LIST, " ");
  else
    bb_part_and(p, left, right);
}
