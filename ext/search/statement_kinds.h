/* statement_kinds.h - the kept statements, by number. shadow_sql.c has the text of each and
 * keeps them; search_table.h has room for them. */
#ifndef EXT_STATEMENT_KINDS_H
#define EXT_STATEMENT_KINDS_H

typedef enum statement_kind {
  STMT_CONFIG_GET,
  STMT_CONFIG_PUT,
  STMT_DOC_GET,
  STMT_DOC_PUT,
  STMT_DOC_DELETE,
  STMT_DOCS_BY_ADDRESS,
  STMT_CHUNK_LAST,
  STMT_CHUNK_GET,
  STMT_CHUNK_PUT,
  STMT_CHUNK_ALL,
  STMT_CODES_GET,
  STMT_CODES_PUT,
  STMT_CODES_ALL,
  STMT_FULL_GET,
  STMT_FULL_PUT,
  STMT_FULL_ALL,
  STMT_CONTENT_PUT, /* own content */
  STMT_CONTENT_DELETE,
  STMT_CONTENT_HAS,
  STMT_CONTENT_LAST,
  STMT_WORDS_GET,
  STMT_WORDS_PUT,
  STMT_WORDS_DELETE,
  STMT_WORDS_ALL,
  STMT_FTS_INSERT,
  STMT_FTS_DELETE,
  STMT_FTS_MATCH,
  STMT_FTS_REST,
  STMT_COUNT,
} statement_kind;

#endif
