/* biobert.h - embed text with a BERT-family encoder, in process.
 *
 *   1. biobert_model_open()    loads a model directory. Immutable: threads may share it.
 *   2. biobert_session_new()   one thread's scratch: made by the first text, then kept.
 *   3. biobert_embed()         text -> biobert_model_dimension() floats.
 *   4. biobert_session_free(), biobert_model_close()
 *
 * In every function: the object first, then inputs, then outputs, then the error.
 * BIOBERT_OK is 0. On failure outputs are untouched and *err, if given, says why. A view
 * (biobert_str) is borrowed: never freed through, valid as long as what it points into.
 * Every close and free accepts NULL. Text is UTF-8; an ill-formed sequence counts as
 * U+FFFD, never as an error. Byte offsets are from 0, ends exclusive.
 *
 * Usable without SQLite; the SQL functions of biobert.so are built on this header alone.
 */
#ifndef BIOBERT_H
#define BIOBERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifdef __GNUC__
#pragma GCC visibility push(default) /* all that libbiobert.so exports */
#endif

#define BIOBERT_VERSION "0.1.0"

/* Status ----------------------------------------------------------------------------- */

typedef enum biobert_status {
  BIOBERT_OK = 0,
  BIOBERT_NOMEM,       /* no memory; nothing has changed */
  BIOBERT_IO,          /* a file is missing or cannot be read */
  BIOBERT_FORMAT,      /* a file or a vector is not what it says it is */
  BIOBERT_RANGE,       /* an argument is out of range */
  BIOBERT_UNSUPPORTED, /* well-formed, but not something this library does */
  BIOBERT_INTERRUPTED, /* cancel() said so */
} biobert_status;

typedef struct biobert_error {
  biobert_status status;
  char message[512]; /* one sentence, UTF-8: the thing, its value, what was expected */
} biobert_error;

typedef struct biobert_str {
  const char *data;
  size_t len;
} biobert_str;

/* Where memory comes from. All NULL: the C library. Alignment of 8 bytes is enough. */
typedef struct biobert_allocator {
  void *(*alloc)(void *ctx, size_t bytes);
  void *(*realloc)(void *ctx, void *block, size_t bytes);
  void (*free)(void *ctx, void *block);
  void *ctx;
} biobert_allocator;

/* Models ----------------------------------------------------------------------------- */

typedef struct biobert_model biobert_model; /* opaque, immutable, reference-counted */

/* Opens a model directory (config.json, vocabulary, weights, as Hugging Face and
 * sentence-transformers lay them out), a TensorFlow checkpoint by its prefix, a weights
 * file in its directory or a single .gguf; or finds a hub id ("dmis-lab/biobert-v1.1") in
 * the local Hugging Face cache; nothing is downloaded.
 *
 * `options` is a JSON object, or empty: pooling, lowercase, normalize, max_tokens,
 * precision, query_prompt, document_prompt, query_model, no_answer, cache. An unknown key
 * or a bad value is BIOBERT_RANGE, and the message lists what is allowed.
 *
 * One copy per process: the same path with the same options gives the same model again
 * while anyone has it open. The caller closes what it opened. */
biobert_status biobert_model_open(biobert_str path, biobert_str options,
                                  biobert_model **out, biobert_error *err);

typedef struct biobert_open_options {
  /* Asked on the calling thread while files are read, every few milliseconds; true stops
   * the call with BIOBERT_INTERRUPTED. NULL: never. */
  bool (*cancel)(void *ctx);
  void *cancel_ctx;
} biobert_open_options;

/* The same; how may be NULL. */
biobert_status biobert_model_open_with(biobert_str path, biobert_str options,
                                       const biobert_open_options *how,
                                       biobert_model **out, biobert_error *err);
/* One more owner of the same model; close it as often as it was opened and shared. */
biobert_model *biobert_model_share(biobert_model *model);
void biobert_model_close(biobert_model *model);

/* Limits that real models keep far below; they bound what a hostile file can ask for: the
 * numbers of a vector, the tokens of a text. */
enum { BIOBERT_MAX_DIMENSION = 65536, BIOBERT_MAX_TOKENS = 65536 };

/* What a model is. Everything is borrowed until the model is closed. */
typedef struct biobert_model_info {
  const char *path;         /* absolute */
  const char *options;      /* canonical JSON of the options it was opened with */
  const char *architecture; /* "BertModel", as config.json says */
  const char *task; /* embed, fill-mask, ner, question-answering, classify, rerank */
  size_t layers, hidden, heads, vocabulary;
  size_t max_tokens;   /* [CLS] and [SEP] included */
  size_t dimension;    /* of its vectors */
  const char *pooling; /* "mean", "cls+max", ... */
  bool normalize;      /* vectors have length 1 */
  bool lowercase;
  const char *precision;
  const char *cpu;         /* the kernels it was loaded for */
  size_t bytes;            /* of memory its weights take */
  const char *labels;      /* JSON array, or NULL */
  const char *notes;       /* what was inferred or is doubtful; "" if nothing */
  const char *query_model; /* name of the model that embeds queries, or NULL */
  bool has_query_prompt;   /* query and document vectors of one text differ */
  const char *distance;    /* what its files compare vectors by, as
                              biobert_metric_names has it, or NULL */
} biobert_model_info;

const biobert_model_info *biobert_model_get_info(const biobert_model *model);
size_t biobert_model_dimension(const biobert_model *model);

enum { BIOBERT_HASH_CHARS = 65 }; /* 64 hexadecimal digits and a NUL */

/* SHA-256 of the weights file (of several: of their bytes in name order), as it was when
 * the model was read. Computed when first asked for, and remembered by path, size and
 * time in the user's cache folder. BIOBERT_IO: the file was written to before that. */
biobert_status biobert_model_sha256(biobert_model *model, char out[BIOBERT_HASH_CHARS],
                                    biobert_error *err);
/* Computes this hash and the next, so that the functions here answer at once: hashing
 * takes a second for 300 MB. how->cancel is asked as by biobert_model_open_with(); how
 * may be NULL. */
biobert_status biobert_model_hash(biobert_model *model, const biobert_open_options *how,
                                  biobert_error *err);
/* Hash over weights, vocabulary and every setting that changes a document's vector:
 * two models of one fingerprint make vectors that may be compared. Precision is not part
 * of it: int8 and f32 of one model are near each other. */
biobert_status biobert_model_fingerprint(biobert_model *model,
                                         char out[BIOBERT_HASH_CHARS],
                                         biobert_error *err);
/* What the fingerprint is the hash of, as lines "key value\n": two models of different
 * fingerprints differ in a line. The caller frees *text with biobert_free(). */
biobert_status biobert_model_describe(biobert_model *model, char **text,
                                      biobert_error *err);
/* Whether a recorded fingerprint is this model's, of an earlier version of this library
 * too. */
biobert_status biobert_model_is(biobert_model *model, const char *fingerprint, bool *is,
                                biobert_error *err);

/* Where the default model is looked for when no path is given, first hit wins:
 * environment BIOBERT_MODEL; models/default beside `library` (the path of the loaded
 * library), or two folders up where that lies in build/<mode>/;
 * $XDG_DATA_HOME/biobert/default or
 * ~/.local/share/biobert/default. BIOBERT_IO: there is none, and the message says what to
 * do. The caller frees *path with biobert_free(). */
biobert_status biobert_default_model_path(const char *library, char **path,
                                          biobert_error *err);
void biobert_free(void *block);

/* Sessions --------------------------------------------------------------------------- */

typedef struct biobert_session biobert_session; /* one thread at a time */

typedef struct biobert_session_options {
  biobert_allocator allocator; /* for everything that belongs to the session */
  /* Asked on the calling thread between units of work (tens of milliseconds); true stops
   * the call with BIOBERT_INTERRUPTED. NULL: never. */
  bool (*cancel)(void *ctx);
  void *cancel_ctx;
} biobert_session_options;

/* Keeps the model open as long as it lives. options may be NULL. */
biobert_status biobert_session_new(biobert_model *model,
                                   const biobert_session_options *options,
                                   biobert_session **out, biobert_error *err);
void biobert_session_free(biobert_session *session);
/* Frees an array that a function of this session returned. */
void biobert_session_release(biobert_session *session, void *block);

/* Vectors of texts ------------------------------------------------------------------- */

typedef enum biobert_role { BIOBERT_DOCUMENT, BIOBERT_QUERY } biobert_role;

/* Tokenises, encodes, pools and normalises as the model's own files say, with the prompt
 * of the role in front. Longer texts are truncated as the reference does. Source: Devlin
 * et al. 2019 (arXiv:1810.04805); Reimers & Gurevych 2019 (arXiv:1908.10084). */
biobert_status biobert_embed(biobert_session *session, biobert_str text,
                             biobert_role role, float *vector /* [dimension] */,
                             biobert_error *err);

/* The same for many texts, a text a worker, which is the fastest way for more than one;
 * the bits are those of biobert_embed(). With `errors` a text that cannot be embedded
 * does not stop the others: its error says why, the others' have status 0, its vector is
 * untouched, and only NOMEM and INTERRUPTED end the call. Without, the first failure ends
 * it, and vectors may be there already. The allocator is called on the calling thread
 * alone. */
biobert_status biobert_embed_many(biobert_session *session, const biobert_str *texts,
                                  size_t count, biobert_role role,
                                  float *vectors /* [count, dimension] */,
                                  biobert_error *errors /* [count], or NULL */,
                                  biobert_error *err);

/* [CLS] a [SEP] b [SEP] with token types 0 and 1; truncated longest first. */
biobert_status biobert_embed_pair(biobert_session *session, biobert_str a, biobert_str b,
                                  float *vector /* [dimension] */, biobert_error *err);

/* The vector of text[start, end) read in the whole of text: the text is encoded, and only
 * the tokens that begin inside the span are pooled (Guenther et al. 2024, "late
 * chunking", arXiv:2409.04701). For models that do not pool over tokens ([CLS], pooler)
 * the span is embedded by itself. */
biobert_status biobert_embed_span(biobert_session *session, biobert_str text,
                                  size_t start, size_t end,
                                  float *vector /* [dimension] */, biobert_error *err);

/* The hidden states of a text (truncated; no prompt): layer 0 is the embedding
 * layer, 1..L the encoder's. *states is [*tokens, hidden], released with
 * biobert_session_release(). */
biobert_status biobert_hidden_states(biobert_session *session, biobert_str text,
                                     size_t layer, float **states, size_t *tokens,
                                     biobert_error *err);

/* Tokens ----------------------------------------------------------------------------- */

typedef struct biobert_token {
  int32_t id;
  bool added;        /* the [CLS] and [SEP] that the model wants; no span, no word */
  size_t start, end; /* bytes of the text */
  size_t word;       /* index of the word, from 0 */
} biobert_token;

/* Called for each token in order; false ends the tokenising (without an error). */
typedef bool biobert_token_fn(void *ctx, const biobert_token *token);

/* The tokens of a text, [CLS] and [SEP] included, not truncated, exactly as Hugging
 * Face's fast BertTokenizer gives them. Memory does not grow with the text. */
biobert_status biobert_tokenize(biobert_session *session, biobert_str text,
                                biobert_token_fn *each, void *ctx, biobert_error *err);

/* The vocabulary's spelling of a token, "##ing"; {NULL, 0} for an id without a token. */
biobert_str biobert_token_text(const biobert_model *model, int32_t id);

/* Text from token ids; [CLS], [SEP], [PAD] and the other special tokens are left out.
 * *text is released with biobert_session_release(). */
biobert_status biobert_detokenize(biobert_session *session, const int32_t *ids,
                                  size_t count, char **text, size_t *len,
                                  biobert_error *err);

typedef struct biobert_chunk {
  size_t start, end; /* bytes of the text */
  size_t tokens;     /* pieces, [CLS] and [SEP] not counted */
} biobert_chunk;

/* Cuts a text into chunks of at most max_tokens pieces (0: what the model takes), at
 * sentence, then word boundaries; a chunk repeats at most `overlap` pieces of the one
 * before. White space alone is no chunk. *chunks is released with
 * biobert_session_release(). */
biobert_status biobert_chunks(biobert_session *session, biobert_str text,
                              size_t max_tokens, size_t overlap, biobert_chunk **chunks,
                              size_t *count, biobert_error *err);

/* The sentences of a text: spans that begin and end at characters that are not white
 * space. */
typedef struct biobert_span {
  size_t start, end;
} biobert_span;

biobert_status biobert_sentences(biobert_session *session, biobert_str text,
                                 biobert_span **sentences, size_t *count,
                                 biobert_error *err);

typedef struct biobert_highlight {
  size_t start, end;
  double similarity;
} biobert_highlight;

/* The k sentences of text nearest to the query vector, best first; each is embedded with
 * its neighbours as context. *hits is released with biobert_session_release(). */
biobert_status biobert_highlights(biobert_session *session, const float *query,
                                  biobert_str text, size_t k, biobert_highlight **hits,
                                  size_t *count, biobert_error *err);

/* Sequences: a text in the form that DNABERT (Ji et al. 2021) and ProtBERT (Elnaggar et
 * al. 2021) take. Write into out if it is not NULL; return the bytes needed, 0 for none,
 * SIZE_MAX where the size does not fit. */
size_t biobert_kmers(biobert_str sequence, size_t k, char *out);
size_t biobert_residues(biobert_str sequence, char *out);

/* A text without its markup, as a browser shows it: tags of HTML, JATS and MathML,
 * comments, declarations, scripts and style sheets are left out, character references
 * (&beta; &#946;) are the characters; paragraphs, headings, rows and the like end a line,
 * and the white space of a text that has tags is folded. What is in CDATA is text. A `<`
 * that begins no tag stays: p < 0.05, a<b. Writes into out if it is not NULL; returns the
 * bytes needed, at most three times those of the text. Linear. */
size_t biobert_plain(biobert_str text, char *out);

/* Code points in the first `bytes` bytes of a text. */
size_t biobert_count_characters(biobert_str text, size_t bytes);

/* Vocabularies ----------------------------------------------------------------------- */

/* Learns a WordPiece vocabulary from texts, for a new model: DNA as k-mers, proteins,
 * another language. The same for the same texts in any order. */
typedef struct biobert_vocabulary biobert_vocabulary;

/* size: tokens, at most, from BIOBERT_MIN_VOCABULARY to BIOBERT_MAX_VOCABULARY. options:
 * a JSON object, or empty: lowercase (true: as BERT's uncased models, accents are
 * stripped too), min_count (2: what occurs less often is no token). BIOBERT_RANGE: a
 * value that is none of these; the message lists what is allowed. how may be NULL: memory
 * and cancelling of all calls, as of a session. */
enum { BIOBERT_MIN_VOCABULARY = 6, BIOBERT_MAX_VOCABULARY = 4000000 };
biobert_status biobert_vocabulary_new(int64_t size, biobert_str options,
                                      const biobert_session_options *how,
                                      biobert_vocabulary **out, biobert_error *err);
void biobert_vocabulary_free(biobert_vocabulary *v);

/* Counts the words of a text as the tokenizer finds them, but for words of more than 100
 * characters, which it never cuts into pieces. BIOBERT_RANGE: more different words than
 * anyone's language has. On failure some of the text's words may have been counted. */
biobert_status biobert_vocabulary_add(biobert_vocabulary *v, biobert_str text,
                                      biobert_error *err);
/* A vocab.txt, one token a line: [PAD], [UNK], [CLS], [SEP] and [MASK], the characters
 * that occur min_count times, and pieces, made by joining what stands together most often
 * (byte pair encoding, as Hugging Face's WordPieceTrainer). *text is borrowed until the
 * next call. */
biobert_status biobert_vocabulary_learn(biobert_vocabulary *v, biobert_str *text,
                                        biobert_error *err);

/* Vectors ---------------------------------------------------------------------------- */

/* A vector is n little-endian float32, at any alignment. Sums run in double precision. */

typedef enum biobert_metric {
  BIOBERT_COSINE, /* 1 - cosine similarity */
  BIOBERT_L2,     /* Euclidean distance, not squared */
  BIOBERT_DOT,    /* negative inner product */
  BIOBERT_METRIC_COUNT,
} biobert_metric;

extern const char *const biobert_metric_names[BIOBERT_METRIC_COUNT];

/* BIOBERT_FORMAT when bytes is no multiple of 4 or a value is NaN or infinite. expected:
 * the dimension it must have, 0 for any. */
biobert_status biobert_vector_check(const void *vector, size_t bytes, size_t expected,
                                    biobert_error *err);
/* NaN where a vector has length 0 and the metric is cosine. */
double biobert_vector_distance(const void *a, const void *b, size_t n,
                               biobert_metric metric);
/* out = v / |v|; a zero vector stays as it is. out may be v. */
void biobert_vector_normalize(const void *v, size_t n, void *out);
/* JSON array of numbers <-> vector. parse: *vector and *n; the caller frees both results
 * with biobert_free(). print: as few digits as read back as the same float32. */
biobert_status biobert_vector_parse(biobert_str json, float **vector, size_t *n,
                                    biobert_error *err);
biobert_status biobert_vector_print(const void *vector, size_t n, char **json,
                                    size_t *len, biobert_error *err);
/* True when the text is wholly a JSON array of `min` numbers or more. */
bool biobert_vector_is_json(biobert_str text, size_t min);
/* JSON array of token ids; *ids is freed with biobert_free(). */
biobert_status biobert_ids_parse(biobert_str json, int32_t **ids, size_t *n,
                                 biobert_error *err);

/* Settings of the process ------------------------------------------------------------ */

typedef struct biobert_setting {
  const char *key, *standard /* its default, as text */, *meaning;
} biobert_setting;

/* The settings in order; NULL after the last. */
const biobert_setting *biobert_setting_at(size_t index);
/* The value in force, as text. BIOBERT_RANGE: no such key; the message lists the keys. */
biobert_status biobert_setting_get(biobert_str key, char value[64], biobert_error *err);
biobert_status biobert_setting_set(biobert_str key, biobert_str value,
                                   biobert_error *err);
/* True once `locked` was set to 1: loading, unloading and settings are to be refused. */
bool biobert_is_locked(void);

/* What the library was built from and runs on, as a JSON object; freed with
 * biobert_free(). */
biobert_status biobert_build_info(char **json, biobert_error *err);

/* Tasks ------------------------------------------------------------------------------ */

/* What a model can do besides vectors depends on the head that it was trained with. */
typedef enum biobert_head {
  BIOBERT_HEAD_FILL_MASK, /* masked words */
  BIOBERT_HEAD_ENTITIES,  /* a label a token */
  BIOBERT_HEAD_ANSWER,    /* first and last token of an answer */
  BIOBERT_HEAD_CLASSIFY,  /* labels of a text or a pair */
  BIOBERT_HEAD_RERANK,    /* the same with one label: a cross-encoder */
  BIOBERT_HEAD_COUNT,
} biobert_head;

/* "masked-language-model", "token-classification", ...: for messages. */
extern const char *const biobert_head_names[BIOBERT_HEAD_COUNT];

/* False: no such head in its architecture, or none in its weights. The functions below
 * are BIOBERT_UNSUPPORTED then. All of them truncate as biobert_embed() does, except
 * where they say that they go over a long text in windows; none puts a prompt in front.
 * Arrays are released with biobert_session_release(). */
bool biobert_model_has_head(const biobert_model *model, biobert_head head);

/* The token ids that the model gets of a text: [CLS] and [SEP] included, truncated. */
biobert_status biobert_input_ids(biobert_session *session, biobert_str text,
                                 int32_t **ids, size_t *count, biobert_error *err);

enum { BIOBERT_ALL = -1 };

/* Attention probabilities softmax(Q K^T / sqrt(d)) of a text; no head is needed. layer
 * from 1, head from 0, either BIOBERT_ALL. *weights is [layers, heads, *tokens, *tokens],
 * of the layers and heads asked for; [.., t, u] is how much token t looks at token u, so
 * rows sum to 1. Source: Vaswani et al. 2017 (arXiv:1706.03762), equation 1. */
biobert_status biobert_attention(biobert_session *session, biobert_str text,
                                 int64_t layer, int64_t head, float **weights,
                                 size_t *tokens, biobert_error *err);

typedef struct biobert_fill {
  size_t mask;         /* which [MASK], from 0 */
  size_t position;     /* of the [MASK] among the tokens, [CLS] being 0 */
  size_t start, end;   /* of the [MASK], bytes of the text */
  size_t rank;         /* from 1 */
  int32_t id;          /* what to put there */
  double score, logit; /* score: softmax over the whole vocabulary */
} biobert_fill;

/* The best k tokens for each [MASK] of a text, in the order of the text, best first;
 * equal ones by id. No [MASK]: none. Source: Devlin et al. 2019 (arXiv:1810.04805),
 * section 3.1. */
biobert_status biobert_fill_mask(biobert_session *session, biobert_str text, size_t k,
                                 biobert_fill **fills, size_t *count, biobert_error *err);

/* The masked-language head's logits at a position ([CLS] is 0), masked or not. *logits is
 * [*count], one a row of the word embeddings. BIOBERT_RANGE: the text has no such
 * position. */
biobert_status biobert_logits(biobert_session *session, biobert_str text, size_t position,
                              float **logits, size_t *count, biobert_error *err);

typedef struct biobert_entity {
  biobert_str label; /* without its B- or I-; borrowed until the model is closed */
  double score;      /* mean over its words */
  size_t start, end; /* bytes of the text */
} biobert_entity;

/* Named entities in the order of the text: a word has the label of its first piece, and
 * words are joined by their B- and I- (or IOB1, BILOU, BIOES). A long text is read in
 * windows that overlap by a quarter of the maximum; of two entities in one place the
 * longer counts. Rules: transformers' token-classification pipeline, aggregation "first",
 * with `stride`. */
biobert_status biobert_entities(biobert_session *session, biobert_str text,
                                biobert_entity **entities, size_t *count,
                                biobert_error *err);

typedef struct biobert_answer_span {
  double score;
  size_t start, end; /* bytes of the context; 0, 0 for "there is no answer" */
} biobert_answer_span;

/* The best k answers to a question that are spans of the context, best first. A long
 * context is read in overlapping windows. Rules: transformers 4.57's question-answering
 * pipeline; "no answer" is among the candidates with the load option no_answer (SQuAD 2).
 * A candidate of score 0 is none, so there may be fewer than k. Source: Devlin et al.
 * 2019 (arXiv:1810.04805), section 4.2. */
biobert_status biobert_answer(biobert_session *session, biobert_str question,
                              biobert_str context, size_t k,
                              biobert_answer_span **answers, size_t *count,
                              biobert_error *err);

typedef struct biobert_label_score {
  biobert_str label; /* borrowed until the model is closed */
  double score;
} biobert_label_score;

/* Every label of a text, or of a pair (b.data not NULL), with its score, best first:
 * softmax; the sigmoid of each for a multi-label model and for a single label; the number
 * itself for a regression. Rules: transformers' text-classification pipeline. */
biobert_status biobert_classify(biobert_session *session, biobert_str a, biobert_str b,
                                biobert_label_score **scores, size_t *count,
                                biobert_error *err);

/* How well a text answers a query: a cross-encoder's logit under the activation that the
 * model's files name, else the sigmoid. Rules: sentence-transformers' CrossEncoder.
 * Source: Nogueira & Cho 2019 (arXiv:1901.04085). */
biobert_status biobert_rerank(biobert_session *session, biobert_str query,
                              biobert_str text, double *score, biobert_error *err);

#ifdef __GNUC__
#pragma GCC visibility pop
#endif

#ifdef __cplusplus
}
#endif

#endif
