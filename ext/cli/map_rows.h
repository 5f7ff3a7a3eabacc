/* map_rows.h - an index's topics, and its papers with their places and topics. */
#ifndef EXT_CLI_MAP_ROWS_H
#define EXT_CLI_MAP_ROWS_H

#include "cli/tables.h"

/* What is asked for; 0 topics: as many as the index has. */
typedef struct map_request {
  database *d;
  const paper_index *index;
  int64_t topics, seed, words;
  const char *where; /* an SQL expression over the papers; NULL: all */
} map_request;

/* Columns of the topics: these, and of the paper nearest to a topic's centre. */
enum { TOPIC_NUMBER, TOPIC_SIZE, TOPIC_WORDS, TOPIC_ID, TOPIC_TITLE, TOPIC_YEAR };
/* The rows of all topics, the largest first. False, and said. */
bool map_prepare_topics(const map_request *r, sqlite3_stmt **out);

/* Columns of the papers: these, then the papers' by their roles, without abstracts. */
enum { PAPER_X, PAPER_Y, PAPER_TOPIC, PAPER_ID, PAPER_ROLES };
/* The rows of all papers that have a place, by their ids. False, and said. */
bool map_prepare_papers(const map_request *r, sqlite3_stmt **out);

/* The topics in the order of their numbers. */
typedef struct map_topic {
  int64_t size;
  char *words; /* "aspirin, stroke, ..." */
} map_topic;

typedef struct map_topics {
  map_topic *items;
  size_t count;
} map_topics;

/* False, and said. Free what is there in any case. */
bool map_read_topics(const map_request *r, map_topics *out);
void map_topics_free(map_topics *topics);
/* The first words of a list "a, b, c": its bytes. */
size_t map_first_words(const char *words, int count);

/* A year at the beginning of a paper's date; false: there is none. */
bool map_year(sqlite3_stmt *s, int column, int *year);

/* A row, or not; *ok false: an error, and said. */
bool map_step(const map_request *r, sqlite3_stmt *s, bool *ok);

#endif
