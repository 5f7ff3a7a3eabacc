/* json.c - JSON in one pass over a private copy of the text.
 *
 * Strings are decoded in place (an escape is never shorter than what it stands for), so
 * the memory of a document is its text and one node a value. Numbers stay text until they
 * are read: after one comes a delimiter or the final NUL, where the number stops. */
#include "format/json.h"

#include <math.h>
#include <stdio.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "base/os.h"
#include "base/status.h"
#include "base/stop.h"
#include "base/utf8.h"

/* A value may take two bytes of text ("0,"), a node twenty times as much: this bounds
 * what a hostile file costs to 80 MiB, or to three times its size. The largest documents
 * in use, tokenizer.json of vocabularies of half a million pieces, need half of that;
 * BB_MAX_TENSORS in a safetensors header too. A million added tokens need 8 million
 * values, but those are not so short. */
enum { MIN_MAX_NODES = 1 << 21, BYTES_A_NODE = 14 };

/* Bytes between two questions whether to go on: they take a millisecond. */
enum { ASK_BYTES = 1 << 18 };

/* Lengths are kept in 32 bits. */
static const size_t max_text = UINT32_MAX;

struct bb_json_node {
  const char *text; /* a decoded string with a NUL after it, or a number as written */
  const char *key;  /* NULL in an array */
  uint32_t key_len;
  uint32_t len;  /* bytes of text; members of a container */
  uint32_t span; /* nodes of the subtree, this one included */
  uint8_t kind;
  bool last; /* in its container */
};

struct bb_json {
  char *text;
  bb_json_node *nodes;
};

struct reader {
  const char *what;
  char *begin, *at, *end; /* *end is NUL */
  size_t ask;             /* the byte at which it is asked whether to go on */
  bb_json_node *nodes;
  size_t count, capacity;
  biobert_error *err;
};

static biobert_status read_value(struct reader *r, biobert_str key, int depth);

/* For every byte of what may be long. */
static bool stops_at(struct reader *r, const char *at) {
  const size_t byte = (size_t)(at - r->begin);
  if (byte < r->ask) return false;
  r->ask = byte + ASK_BYTES;
  return bb_reading_stops_now();
}

/* Where the reading was stopped, the text is cut short: that is no fault of it. */
static biobert_status refuse(const struct reader *r, const char *at, const char *why) {
  if (bb_reading_stops()) return bb_interrupted(r->err, r->what);
  return bb_fail(r->err, BIOBERT_FORMAT, "%s: no valid JSON at byte %zu: %s", r->what,
                 (size_t)(at - r->begin), why);
}

static bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_space(struct reader *r) {
  while (is_space(*r->at) && !stops_at(r, r->at)) r->at++;
}

/* Strings ---------------------------------------------------------------------------- */

/* Bytes of the well-formed UTF-8 sequence at `at`, 0 if there is none. */
static size_t utf8_length(const char *at, const char *end) {
  uint32_t code;
  const size_t length = bb_utf8_next(at, end, &code);
  const bool written =
      length == 3 && *at == '\xEF'; /* U+FFFD itself, not in place of one */
  return code == BB_REPLACEMENT && !written ? 0 : length;
}

/* The value of four hexadecimal digits, or -1. */
static int32_t hex4(const char *at) {
  int32_t value = 0;
  for (int i = 0; i < 4; i++) {
    const char c = at[i];
    if (c >= '0' && c <= '9')
      value = value * 16 + (c - '0');
    else if (c >= 'a' && c <= 'f')
      value = value * 16 + (c - 'a' + 10);
    else if (c >= 'A' && c <= 'F')
      value = value * 16 + (c - 'A' + 10);
    else
      return -1;
  }
  return value;
}

/* \uXXXX at *from, or a pair of them. */
static biobert_status read_unicode(const struct reader *r, char **from, char **to) {
  int32_t code = hex4(*from + 2);
  if (code < 0) return refuse(r, *from, "\\u wants four hexadecimal digits");
  if (code >= 0xDC00 && code <= 0xDFFF) return refuse(r, *from, "a lone surrogate");
  size_t length = 6;
  if (code >= 0xD800 && code <= 0xDBFF) {
    const char *second = *from + 6;
    const int32_t low = second[0] == '\\' && second[1] == 'u' ? hex4(second + 2) : -1;
    if (low < 0xDC00 || low > 0xDFFF) return refuse(r, *from, "a lone surrogate");
    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    length = 12;
  }
  *to += bb_utf8_put((uint32_t)code, *to);
  *from += length;
  return BIOBERT_OK;
}

static biobert_status read_escape(const struct reader *r, char **from, char **to) {
  static const char named[][2] = {
      {'"',  '"' },
      {'\\', '\\'},
      {'/',  '/' },
      {'b',  '\b'},
      {'f',  '\f'},
      {'n',  '\n'},
      {'r',  '\r'},
      {'t',  '\t'}
  };
  const char c = (*from)[1];
  if (c == 'u') return read_unicode(r, from, to);
  for (size_t i = 0; i < sizeof named / sizeof named[0]; i++) {
    if (c != named[i][0]) continue;
    *(*to)++ = named[i][1];
    *from += 2;
    return BIOBERT_OK;
  }
  return refuse(r, *from, "an unknown escape");
}

/* The string whose opening quote is at r->at. Its NUL overwrites the closing quote or a
 * byte before it. */
static biobert_status read_string(struct reader *r, biobert_str *out) {
  char *from = r->at + 1, *to = from;
  const char *start = from;
  while (*from != '"') {
    if (stops_at(r, from)) return bb_interrupted(r->err, r->what);
    if (from == r->end) return refuse(r, r->at, "a string without an end");
    if ((unsigned char)*from < 0x20) return refuse(r, from, "a bare control character");
    if (*from == '\\') {
      const biobert_status status = read_escape(r, &from, &to);
      if (status) return status;
      continue;
    }
    const size_t length = utf8_length(from, r->end);
    if (length == 0) return refuse(r, from, "ill-formed UTF-8");
    for (size_t i = 0; i < length; i++) *to++ = *from++;
  }
  *out = (biobert_str){start, (size_t)(to - start)};
  r->at = from + 1;
  *to = '\0';
  return BIOBERT_OK;
}

/* Numbers and words ------------------------------------------------------------------ */

static char *skip_digits(struct reader *r, char *at) {
  while (bb_is_digit(*at) && !stops_at(r, at)) at++;
  return at;
}

static biobert_status read_number(struct reader *r, bb_json_node *node) {
  char *at = r->at;
  if (*at == '-') at++;
  if (!bb_is_digit(*at)) return refuse(r, at, "a value was expected");
  if (*at == '0' && bb_is_digit(at[1]))
    return refuse(r, at, "a number with a leading zero");
  at = skip_digits(r, at);
  if (*at == '.') {
    if (!bb_is_digit(at[1])) return refuse(r, at, "a digit was expected after the point");
    at = skip_digits(r, at + 1);
  }
  if (*at == 'e' || *at == 'E') {
    at += at[1] == '+' || at[1] == '-' ? 2 : 1;
    if (!bb_is_digit(*at)) return refuse(r, at, "a digit was expected in the exponent");
    at = skip_digits(r, at);
  }
  node->kind = BB_JSON_NUMBER;
  node->text = r->at;
  node->len = (uint32_t)(at - r->at);
  r->at = at;
  return BIOBERT_OK;
}

/* null, true, false; and whatever else begins with a letter is refused. */
static biobert_status read_word(struct reader *r, bb_json_node *node) {
  static const struct {
    const char *word;
    bb_json_kind kind;
  } words[] = {
      {"null",  BB_JSON_NULL },
      {"true",  BB_JSON_TRUE },
      {"false", BB_JSON_FALSE}
  };
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
    const size_t length = strlen(words[i].word);
    if (strncmp(r->at, words[i].word, length) != 0) continue;
    node->kind = (uint8_t)words[i].kind;
    r->at += length;
    return BIOBERT_OK;
  }
  return refuse(r, r->at, "a value was expected");
}

/* Containers ------------------------------------------------------------------------- */

/* Length first: it decides most comparisons without a look at the text. */
static int compare_keys(const void *a, const void *b) {
  const bb_json_node *left = *(const bb_json_node *const *)a;
  const bb_json_node *right = *(const bb_json_node *const *)b;
  if (left->key_len != right->key_len) return left->key_len < right->key_len ? -1 : 1;
  return memcmp(left->key, right->key, left->key_len);
}

/* Once it is stopped the order does not matter: it is not used. */
static int compare_unless_stopped(const void *a, const void *b) {
  return bb_reading_stops() ? 0 : compare_keys(a, b);
}

static biobert_status refuse_duplicate(const struct reader *r, const bb_json_node *node) {
  char name[BB_QUOTE_BYTES], why[BB_QUOTE_BYTES + 32];
  bb_quote(name, bb_json_key(node));
  snprintf(why, sizeof why, "the key \"%s\" a second time", name);
  return refuse(r, node->key, why);
}

/* Sorted, not hashed: keys chosen to collide would make a hash table quadratic. */
static biobert_status check_unique(const struct reader *r, const bb_json_node *object) {
  const size_t count = object->len;
  if (count < 2) return BIOBERT_OK;
  const bb_json_node **members = bb_alloc(NULL, count, sizeof *members);
  if (!members) return bb_no_memory(r->err, r->what);
  size_t filled = 0;
  for (const bb_json_node *m = bb_json_first(object); m; m = bb_json_next(m))
    members[filled++] = m;
  qsort(members, count, sizeof *members, compare_unless_stopped);
  biobert_status status =
      bb_reading_stops() ? bb_interrupted(r->err, r->what) : BIOBERT_OK;
  for (size_t i = 1; i < count && !status; i++)
    if (compare_keys(&members[i - 1], &members[i]) == 0)
      status = refuse_duplicate(r, members[i]);
  bb_free(NULL, members);
  return status;
}

/* One element of an array, or `"key": value`. */
static biobert_status read_member(struct reader *r, bool object, int depth) {
  biobert_str key = {NULL, 0};
  skip_space(r);
  if (object) {
    if (*r->at != '"') return refuse(r, r->at, "a key was expected");
    const biobert_status status = read_string(r, &key);
    if (status) return status;
    skip_space(r);
    if (*r->at != ':') return refuse(r, r->at, "':' was expected");
    r->at++;
  }
  return read_value(r, key, depth);
}

static biobert_status read_container(struct reader *r, bb_json_node *node, int depth) {
  const bool object = *r->at == '{';
  const char close = object ? '}' : ']';
  if (depth > BB_JSON_MAX_DEPTH) return refuse(r, r->at, "nested too deeply");
  node->kind = object ? BB_JSON_OBJECT : BB_JSON_ARRAY;
  r->at++;
  skip_space(r);
  if (*r->at == close) {
    r->at++;
    return BIOBERT_OK;
  }
  for (;;) {
    bb_json_node *member = &r->nodes[r->count];
    const biobert_status status = read_member(r, object, depth);
    if (status) return status;
    node->len++;
    skip_space(r);
    const char next = *r->at;
    if (next != ',' && next != close)
      return refuse(r, r->at,
                    object ? "',' or '}' was expected" : "',' or ']' was expected");
    r->at++;
    if (next == ',') continue;
    member->last = true;
    node->span = (uint32_t)(&r->nodes[r->count] - node);
    return object ? check_unique(r, node) : BIOBERT_OK;
  }
}

static biobert_status read_value(struct reader *r, biobert_str key, int depth) {
  skip_space(r);
  if (r->at == r->end) return refuse(r, r->at, "the text ends too early");
  if (r->count == r->capacity) return refuse(r, r->at, "too many values");
  if (bb_reading_stops()) return bb_interrupted(r->err, r->what);
  bb_json_node *node = &r->nodes[r->count++];
  *node = (bb_json_node){.key = key.data, .key_len = (uint32_t)key.len, .span = 1};
  biobert_str text;
  biobert_status status;
  switch (*r->at) {
  case '{':
  case '[':
    return read_container(r, node, depth + 1);
  case '"':
    status = read_string(r, &text);
    if (status) return status;
    node->kind = BB_JSON_STRING;
    node->text = text.data;
    node->len = (uint32_t)text.len;
    return BIOBERT_OK;
  case 'n':
  case 't':
  case 'f':
    return read_word(r, node);
  default:
    return read_number(r, node);
  }
}

/* How many values a text can hold at most: every value but the first follows a comma or
 * an opening bracket outside strings. Counted first, the nodes need no growing. Of fewer
 * bytes, if it is stopped. */
static size_t count_values(biobert_str text) {
  size_t count = 1, ask = ASK_BYTES;
  bool quoted = false;
  for (size_t i = 0; i < text.len; i++) {
    if (i >= ask) {
      if (bb_reading_stops_now()) break;
      ask = i + ASK_BYTES;
    }
    const char c = text.data[i];
    if (c == '"')
      quoted = !quoted;
    else if (quoted && c == '\\')
      i++;
    else if (!quoted && (c == ',' || c == '[' || c == '{'))
      count++;
  }
  return count;
}

static biobert_status read_document(struct reader *r) {
  static const char byte_order_mark[] = "\xEF\xBB\xBF";
  if (strncmp(r->at, byte_order_mark, sizeof byte_order_mark - 1) == 0)
    return refuse(r, r->at, "a byte order mark");
  const biobert_status status = read_value(r, (biobert_str){NULL, 0}, 0);
  if (status) return status;
  r->nodes[0].last = true;
  skip_space(r);
  if (r->at != r->end) return refuse(r, r->at, "the text goes on behind the value");
  return BIOBERT_OK;
}

static size_t max_nodes(biobert_str text) {
  const size_t nodes = text.len / BYTES_A_NODE;
  return nodes > MIN_MAX_NODES ? nodes : MIN_MAX_NODES;
}

static biobert_status check_size(biobert_str text, const char *what, size_t *values,
                                 biobert_error *err) {
  if (text.len > max_text)
    return bb_fail(err, BIOBERT_FORMAT, "%s: JSON of %zu bytes, at most %zu are read",
                   what, text.len, max_text);
  *values = count_values(text);
  if (bb_reading_stops()) return bb_interrupted(err, what);
  if (*values > max_nodes(text))
    return bb_fail(err, BIOBERT_FORMAT,
                   "%s: JSON of about %zu values, at most %zu are read", what, *values,
                   max_nodes(text));
  return BIOBERT_OK;
}

biobert_status bb_json_parse(biobert_str text, const char *what, bb_json **out,
                             biobert_error *err) {
  char *copy = bb_copy_str(NULL, text);
  if (!copy) return bb_no_memory(err, what);
  return bb_json_parse_own(copy, text.len, what, out, err);
}

biobert_status bb_json_parse_own(char *text, size_t len, const char *what, bb_json **out,
                                 biobert_error *err) {
  size_t values = 0;
  biobert_status status = check_size((biobert_str){text, len}, what, &values, err);
  bb_json *json = status ? NULL : bb_alloc_zeroed(NULL, 1, sizeof *json);
  if (!json) {
    bb_free(NULL, text);
    return status ? status : bb_no_memory(err, what);
  }
  json->text = text;
  json->nodes = bb_alloc(NULL, values, sizeof *json->nodes);
  if (!json->nodes) {
    status = bb_no_memory(err, what);
    goto done;
  }
  struct reader r = {.what = what,
                     .begin = json->text,
                     .at = json->text,
                     .end = json->text + len,
                     .ask = ASK_BYTES,
                     .nodes = json->nodes,
                     .capacity = values,
                     .err = err};
  status = read_document(&r);
  if (status) goto done;
  *out = json;
  json = NULL;

done:
  bb_json_free(json);
  return status;
}

void bb_json_free(bb_json *json) {
  if (!json) return;
  bb_free(NULL, json->text);
  bb_free(NULL, json->nodes);
  bb_free(NULL, json);
}

/* Looking at a document -------------------------------------------------------------- */

static bool is_container(const bb_json_node *node) {
  return node && (node->kind == BB_JSON_ARRAY || node->kind == BB_JSON_OBJECT);
}

const bb_json_node *bb_json_root(const bb_json *json) {
  return json->nodes;
}

bb_json_kind bb_json_kind_of(const bb_json_node *node) {
  return node ? (bb_json_kind)node->kind : BB_JSON_NULL;
}

const char *bb_json_kind_name(bb_json_kind kind) {
  static const char *const names[] = {
      [BB_JSON_NULL] = "null",       [BB_JSON_FALSE] = "false",
      [BB_JSON_TRUE] = "true",       [BB_JSON_NUMBER] = "a number",
      [BB_JSON_STRING] = "a string", [BB_JSON_ARRAY] = "an array",
      [BB_JSON_OBJECT] = "an object"};
  return names[kind];
}

const bb_json_node *bb_json_get(const bb_json_node *object, const char *key) {
  if (bb_json_kind_of(object) != BB_JSON_OBJECT) return NULL;
  for (const bb_json_node *m = bb_json_first(object); m; m = bb_json_next(m))
    if (bb_str_equal(bb_json_key(m), key)) return m;
  return NULL;
}

const bb_json_node *bb_json_first(const bb_json_node *container) {
  return is_container(container) && container->len > 0 ? container + 1 : NULL;
}

const bb_json_node *bb_json_next(const bb_json_node *node) {
  return node && !node->last ? node + node->span : NULL;
}

size_t bb_json_count(const bb_json_node *container) {
  return is_container(container) ? container->len : 0;
}

biobert_str bb_json_key(const bb_json_node *node) {
  return node ? (biobert_str){node->key, node->key_len} : (biobert_str){NULL, 0};
}

biobert_str bb_json_string(const bb_json_node *node) {
  if (bb_json_kind_of(node) != BB_JSON_STRING) return (biobert_str){NULL, 0};
  return (biobert_str){node->text, node->len};
}

bool bb_json_int(const bb_json_node *node, int64_t *out) {
  if (bb_json_kind_of(node) != BB_JSON_NUMBER) return false;
  const bool negative = node->text[0] == '-';
  int64_t value = 0;
  for (size_t i = negative; i < node->len; i++) {
    const char c = node->text[i];
    if (!bb_is_digit(c) || __builtin_mul_overflow(value, 10, &value)) return false;
    const int digit =
        negative ? -(c - '0') : c - '0'; /* INT64_MIN has no positive twin */
    if (__builtin_add_overflow(value, digit, &value)) return false;
  }
  *out = value;
  return true;
}

biobert_str bb_json_number(const bb_json_node *node) {
  if (bb_json_kind_of(node) != BB_JSON_NUMBER) return (biobert_str){NULL, 0};
  return (biobert_str){node->text, node->len};
}

/* A number beyond the range of double is none: infinity is not what was written. */
bool bb_json_double(const bb_json_node *node, double *out) {
  if (bb_json_kind_of(node) != BB_JSON_NUMBER) return false;
  const double value = bb_os_read_number(node->text);
  if (!isfinite(value)) return false;
  *out = value;
  return true;
}

bool bb_json_is_true(const bb_json_node *node) {
  return bb_json_kind_of(node) == BB_JSON_TRUE;
}
