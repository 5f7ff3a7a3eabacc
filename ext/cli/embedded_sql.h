/* embedded_sql.h - the files of sql/ that the command runs; the build makes the rest of it
 * (embed_sql.sh). */
#ifndef EXT_CLI_EMBEDDED_SQL_H
#define EXT_CLI_EMBEDDED_SQL_H

typedef struct embedded_sql {
  const char *path; /* "sql/schema/papers.sql" */
  const char *text;
} embedded_sql;

/* path NULL after the last. */
extern const embedded_sql embedded_sqls[];

#endif
