/* random_writes.h - random writes to the model and to the index. */
#ifndef BB_TEST_RANDOM_WRITES_H
#define BB_TEST_RANDOM_WRITES_H

#include "index/random_index.h"

static inline const char *random_value(void) {
  static const char *const values[] = {"NULL", "5",     "'5'", "5.0", "'abc'",
                                       "'B'",  "x'05'", "-1",  "0.5", "'5.0'"};
  return values[below(10)];
}

static inline const char *random_tag(void) {
  static const char *const tags[] = {"'a'", "'A'",  "'b'", "'B c'",
                                     "'7'", "NULL", "7",   "'Abc'"};
  return tags[below(8)];
}

static inline sqlite3_int64 some_id(void) {
  return 1 + below(300);
}

/* Sets what the model expects of a row: its text's vector. */
static inline void expect_text(sqlite3_int64 id) {
  if (v->content != VECTORS)
    MUST_RUN("UPDATE model SET v = iif(trim(" JOINED
             ") = '' OR biobert_token_count(" JOINED ") > 48, NULL, biobert_embed(" JOINED
             ")) WHERE id = %lld",
             id);
}

static inline void insert_text(const char *verb) {
  char title[512], body[4096];
  sqlite3_int64 id = some_id();
  random_text(title, 6);
  random_text(body, below(10) == 0 ? 120 : 20);
  if (!number("SELECT EXISTS (SELECT 1 FROM model WHERE id = %lld)", id) ||
      strstr(verb, "OR")) {
    const char *value = random_value(), *tag = random_tag();
    int year = below(8);
    MUST_RUN(
        "%s INTO model(id, title, body, year, tag, num, anything) VALUES(%lld, %Q, %Q, "
        "%d, %s, "
        "%d / 10.0, %s)",
        verb, id, below(8) ? title : NULL, below(8) ? body : NULL, year, tag, below(10),
        value);
    expect_text(id);
    if (v->content == OWN)
      MUST_RUN(
          "%s INTO s(rowid, title, body, year, tag, num, anything) SELECT id, title, "
          "body, year, "
          "tag, num, anything FROM model WHERE id = %lld",
          verb, id);
    if (v->content == OWN) CHECK_INT(sqlite3_last_insert_rowid(db), id);
    return;
  }
  if (v->content != OWN) return;
  /* A row that is there: refused, and nothing has changed. */
  CHECK_INT(try_sql("INSERT INTO s(rowid, title) VALUES(%lld, 'aspirin')", id) & 0xFF,
            SQLITE_CONSTRAINT);
  MUST_RUN("INSERT OR IGNORE INTO s(rowid, title) VALUES(%lld, 'aspirin')", id);
}

static inline void insert_vectors(int count) {
  sqlite3_stmt *model = NULL, *index = NULL;
  if (v->content == TABLE || v->content == VIEW) return;
  sqlite3_prepare_v2(
      db,
      "REPLACE INTO model(id, title, year, tag, num, anything, v) VALUES(?1, "
      "'heart ' || ?1, ?2, 'A', 0.25, 5, ?3)",
      -1, &model, NULL);
  sqlite3_prepare_v2(
      db,
      "REPLACE INTO s(rowid, title, year, tag, num, anything, vector) VALUES(?1, "
      "'heart ' || ?1, ?2, 'A', 0.25, 5, ?3)",
      -1, &index, NULL);
  for (int i = 0; i < count; i++) {
    float vector[DIMENSION];
    sqlite3_int64 id = some_id() + (count > 10 ? below(500) : 0);
    int year = below(8);
    random_vector(vector);
    sqlite3_stmt *both[2] = {model, v->content == OWN ? index : NULL};
    for (int j = 0; j < 2 && both[j]; j++) {
      sqlite3_bind_int64(both[j], 1, id);
      sqlite3_bind_int(both[j], 2, year);
      sqlite3_bind_blob(both[j], 3, vector, sizeof vector, SQLITE_TRANSIENT);
      sqlite3_step(both[j]);
      if (!CHECK_INT(sqlite3_reset(both[j]), SQLITE_OK))
        printf("   %s\n", sqlite3_errmsg(db));
    }
  }
  sqlite3_finalize(model);
  sqlite3_finalize(index);
}

static inline void update_rows(void) {
  char text[4096];
  sqlite3_int64 id = some_id();
  switch (below(4)) {
  case 0:
    MUST_RUN("UPDATE model SET title = %Q WHERE id = %lld", random_text(text, 8), id);
    expect_text(id);
    if (v->content == OWN)
      MUST_RUN("UPDATE s SET title = %Q WHERE rowid = %lld", text, id);
    break;
  case 1:
    MUST_RUN("UPDATE model SET year = year + 1, tag = 'Z' WHERE id < %lld", id);
    if (v->content == OWN)
      MUST_RUN("UPDATE s SET year = year + 1, tag = 'Z' WHERE rowid < %lld", id);
    break;
  case 2:
    if (number("SELECT EXISTS (SELECT 1 FROM model WHERE id = %lld)", id + 1000)) break;
    /* The text is the same: a vector that was given goes along. */
    MUST_RUN("UPDATE model SET id = id + 1000 WHERE id = %lld", id);
    if (v->content == OWN)
      MUST_RUN("UPDATE s SET rowid = rowid + 1000 WHERE rowid = %lld", id);
    break;
  default:
    if (v->content != OWN) break;
    MUST_RUN(
        "UPDATE s SET vector = (SELECT vector FROM s WHERE rowid = %lld) WHERE rowid = "
        "(SELECT "
        "id FROM s_docs WHERE id = %lld AND vectors = 1)",
        id, id);
  }
}

static inline void delete_rows(void) {
  sqlite3_int64 id = some_id();
  int width = below(6) ? 1 : 40;
  const char *condition = below(60) ? "BETWEEN" : "NOT BETWEEN";
  MUST_RUN("DELETE FROM model WHERE id %s %lld AND %lld", condition, id, id + width - 1);
  if (v->content == OWN)
    MUST_RUN("DELETE FROM s WHERE rowid %s %lld AND %lld", condition, id, id + width - 1);
}

/* A statement of several rows that fails at the last: nothing of it may stay. */
static inline void failing_insert(void) {
  if (v->content != OWN) return;
  sqlite3_int64 before = number("SELECT count(*) FROM s");
  CHECK(
      try_sql(
          "INSERT INTO s(rowid, title) SELECT 5000, 'gene' UNION ALL SELECT 5001, 'cell' "
          "UNION ALL SELECT 5002, x'00'") != SQLITE_OK);
  if (number("SELECT count(*) FROM s_config WHERE k = 'dimension'"))
    CHECK(try_sql(
              "INSERT INTO s(rowid, title, vector) VALUES(5003, 'gene', x'0000803f')") !=
          SQLITE_OK);
  CHECK_INT(number("SELECT count(*) FROM s"), before);
}

/* The index follows its content. */
static inline void bring_up_to_date(void) {
  if (v->content == OWN) return;
  if (sqlite3_get_autocommit(db) && below(2))
    MUST_RUN("SELECT * FROM biobert_sync('s', %d)", 1 + below(100));
  else
    MUST_RUN("INSERT INTO s(s) VALUES('sync')");
}

#endif
