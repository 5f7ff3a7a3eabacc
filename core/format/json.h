/* json.h - a strict reader of JSON (RFC 8259) for files that may be hostile.
 *
 * A document is parsed once into an array of nodes in document order; a node knows its
 * kind, its text or number, and where its subtree ends. Refused: anything the RFC does
 * not allow, ill-formed UTF-8, lone surrogates, duplicate keys in one object, nesting
 * deeper than BB_JSON_MAX_DEPTH. */
#ifndef BB_JSON_H
#define BB_JSON_H

#include "biobert.h"

enum { BB_JSON_MAX_DEPTH = 32 };

typedef enum bb_json_kind {
  BB_JSON_NULL,
  BB_JSON_FALSE,
  BB_JSON_TRUE,
  BB_JSON_NUMBER,
  BB_JSON_STRING,
  BB_JSON_ARRAY,
  BB_JSON_OBJECT,
} bb_json_kind;

typedef struct bb_json bb_json;           /* a parsed document; owns all of its text */
typedef struct bb_json_node bb_json_node; /* borrowed until bb_json_free() */

/* `what` names the document in messages ("/models/x/config.json", "biobert_load:
 * options"); an error gives the byte offset. The text is copied: it need not outlive the
 * call. */
biobert_status bb_json_parse(biobert_str text, const char *what, bb_json **out,
                             biobert_error *err);
/* The same of a NUL-terminated text that bb_json_free() frees; on failure too it is gone.
 */
biobert_status bb_json_parse_own(char *text, size_t len, const char *what, bb_json **out,
                                 biobert_error *err);
void bb_json_free(bb_json *json);

const bb_json_node *bb_json_root(const bb_json *json);
/* Every function below accepts a NULL node (an absent one) and says "absent" in its way.
 */
bb_json_kind bb_json_kind_of(const bb_json_node *node); /* NULL: BB_JSON_NULL */
const char *bb_json_kind_name(bb_json_kind kind);       /* "a string", "an object", ... */

/* The member of an object, or NULL (not there, or not an object). Linear: for the two or
 * three members one asks for by name; walk with first/next for large objects. */
const bb_json_node *bb_json_get(const bb_json_node *object, const char *key);
/* First element of an array or member of an object, and the one after; NULL at the end.
 */
const bb_json_node *bb_json_first(const bb_json_node *container);
const bb_json_node *bb_json_next(const bb_json_node *node);
/* Number of elements or members; 0 for anything else. */
size_t bb_json_count(const bb_json_node *container);
/* The key of a node in its object; {NULL, 0} in an array. */
biobert_str bb_json_key(const bb_json_node *node);

/* The decoded text of a string, which may contain NULs; {NULL, 0} for anything else. */
biobert_str bb_json_string(const bb_json_node *node);
/* True and *out set when the node is such a number: */
bool bb_json_int(
    const bb_json_node *node,
    int64_t *out); /* an integer in int64 range, written without '.' or exponent */
bool bb_json_double(const bb_json_node *node,
                    double *out); /* any number; correctly rounded,
                                     whatever the locale */
bool bb_json_is_true(const bb_json_node *node);
/* A number as it was written; {NULL, 0} for anything else. */
biobert_str bb_json_number(const bb_json_node *node);

#endif
