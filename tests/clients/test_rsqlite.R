# Rscript test_rsqlite.R
#
# RSQLite binds 3 as REAL and 3L as INTEGER. load_extension() is an SQL function there, allowed by
# loadable.extensions = TRUE, which is the default.
#
# It has no progress handler and no interrupt, and R's setTimeLimit() is asked after the call only.
# What a program has instead is tested: rows fetched a few at a time, so that a loop can leave them,
# and a process that `timeout` ends.

suppressPackageStartupMessages(library(DBI))

question <- Sys.getenv("QUESTION")
expected <- as.integer(strsplit(Sys.getenv("EXPECTED"), " ")[[1]]) # the sqlite3 shell's rowids
limit <- 0.2 # seconds
path <- file.path(Sys.getenv("WORK"), "rsqlite.db")

connect <- function() {
  db <- dbConnect(RSQLite::SQLite(), path, loadable.extensions = TRUE)
  dbGetQuery(db, "SELECT load_extension(?)", params = list(Sys.getenv("EXTENSION")))
  db
}

# A child that a test below ends.
statement <- commandArgs(trailingOnly = TRUE)
if (length(statement) > 0) {
  dbGetQuery(connect(), statement)
  quit()
}

passed <- 0
failed <- 0

# tests/check.h: a test is a sentence that can be false. `body` is evaluated here, not by the caller.
test <- function(sentence, body) {
  tryCatch({
    force(body)
    passed <<- passed + 1
  }, error = function(e) {
    failed <<- failed + 1
    cat("FAILED: ", sentence, "\n  ", conditionMessage(e), "\n", sep = "")
  })
}

# The body must be an error whose message has all of these words.
raises <- function(body, ...) {
  message <- tryCatch({
    force(body)
    "no error"
  }, error = conditionMessage)
  for (word in c(...)) if (!grepl(word, message, fixed = TRUE)) stop("'", message, "' does not say ", word)
}

invisible(file.copy(Sys.getenv("PAPERS"), path, overwrite = TRUE))
db <- connect()
query <- function(sql, ...) dbGetQuery(db, sql, params = if (...length() > 0) list(...))
rowids <- function(sql, ...) query(sql, ...)$rowid
pending <- function(name) query("SELECT pending FROM biobert_status(?)", name)$pending

cat(sprintf("seen: RSQLite %s, SQLite %s, R %s\n", packageVersion("RSQLite"),
            query("SELECT sqlite_version() AS v")$v, getRversion()))

test("an index is created and filled, with progress as a data frame", {
  dbExecute(db, "CREATE VIRTUAL TABLE s USING biobert(title, abstract, year UNINDEXED,
                   journal UNINDEXED, content='papers', content_rowid='id')")
  progress <- query("SELECT * FROM biobert_sync('s')")
  last <- progress[nrow(progress), ]
  stopifnot(last$done == 176, last$total == 176, last$message == "up to date")
})

test("bound question and k give the shell's rows, as 3 and as 3L, in call form and with MATCH", {
  for (k in list(3, 3L)) {
    stopifnot(identical(rowids("SELECT rowid FROM s(?, ?)", question, k), expected))
    stopifnot(identical(rowids("SELECT rowid FROM s WHERE s MATCH ? AND k = ?", question, k), expected))
    stopifnot(identical(rowids("SELECT rowid FROM s WHERE s MATCH $q AND k = $k", q = question, k = k), expected))
    stopifnot(identical(rowids("SELECT rowid FROM s WHERE s MATCH ? LIMIT ?", question, k), expected))
  }
})

test("a number is a number wherever a whole one is taken", {
  query("SELECT * FROM biobert_sync('s', ?)", 16)
  dbExecute(db, "INSERT INTO s(s, rank) VALUES('sync', ?)", params = list(64))
  stopifnot(query("SELECT biobert_config('threads', ?) AS n", 2)$n == 2)
  stopifnot(query("SELECT biobert_kmers(?, ?) AS k", "ATGCA", 3)$k == "ATG TGC GCA")
  stopifnot(nrow(query("SELECT text FROM biobert_highlight(?, ?, ?)", question, "One. Two. Three.", 2)) == 2)
})

test("k = 2.5 is refused by name, as an R error", {
  raises(query("SELECT rowid FROM s(?, ?)", question, 2.5), "k is '2.5'")
})

test("several questions bound at once are several searches", {
  found <- query("SELECT rowid FROM s(?, 2)", c(question, question))
  stopifnot(identical(found$rowid, rep(expected[1:2], 2)))
})

test("a vector is a blob of floats for readBin(), out and in", {
  vector <- query("SELECT vector FROM s WHERE rowid = 20")$vector
  floats <- readBin(vector[[1]], "numeric", n = length(vector[[1]]) / 4, size = 4, endian = "little")
  stopifnot(length(floats) == query("SELECT biobert_dimension(?) AS n", vector)$n)
  bytes <- list(writeBin(floats, raw(), size = 4, endian = "little"))
  stopifnot(rowids("SELECT rowid FROM s WHERE s MATCH ? LIMIT 1", bytes) == 20)
})

test("dbReadTable, dbListFields and dbListTables take the index as a table", {
  table <- dbReadTable(db, "s")
  stopifnot(identical(table, query("SELECT title, abstract, year, journal FROM papers ORDER BY id")))
  stopifnot(identical(dbListFields(db, "s"), c("title", "abstract", "year", "journal")))
  stopifnot("s" %in% dbListTables(db))
  stopifnot(nrow(query("SELECT 1 FROM s WHERE k IS NOT NULL OR s IS NOT NULL")) == 0)
})

test("in dbWithTransaction the command syncs, and biobert_sync() names the ways out", {
  dbWithTransaction(db, {
    dbAppendTable(db, "papers", data.frame(id = 1000, title = "Regeneration of the zebrafish heart"))
    dbExecute(db, "INSERT INTO s(s) VALUES('sync')")
    raises(query("SELECT * FROM biobert_sync('s')"), "transaction", "INSERT INTO")
  })
  stopifnot(rowids("SELECT rowid FROM s WHERE s MATCH 'zebrafish' AND mode = 'lexical'") == 1000)
})

test("an index with text of its own takes dbAppendTable; numbers keep the type of the column", {
  dbExecute(db, "CREATE VIRTUAL TABLE own USING biobert(title, year INTEGER UNINDEXED)")
  dbAppendTable(db, "own", data.frame(title = c("text", "zebrafish"), year = c(2001, 2002)))
  found <- query("SELECT rowid, year, typeof(year) AS type FROM own(?, ?)", "zebrafish", 1)
  stopifnot(found$rowid == 2, found$year == 2002, found$type == "integer")
})

invisible(dbExecute(db, "CREATE VIRTUAL TABLE m USING biobert(title, abstract, content='many', content_rowid='id')"))
total <- query("SELECT count(*) AS n FROM many")$n

# Fetches rows until `limit` has passed: how many came.
fetch_for_a_while <- function(sql) {
  begin <- Sys.time()
  result <- dbSendQuery(db, sql)
  rows <- 0
  while (!dbHasCompleted(result) && Sys.time() - begin < limit) rows <- rows + nrow(dbFetch(result, 2))
  dbClearResult(result)
  stopifnot(Sys.time() - begin < 50 * limit)
  rows
}

test("a loop over dbFetch() can leave a sync after a while; the next one goes on", {
  stopifnot(fetch_for_a_while("SELECT * FROM biobert_sync('m', 16)") > 0)
  stopifnot(pending("m") > 0, pending("m") < total)
})

test("a loop over dbFetch() can leave a search", {
  stopifnot(fetch_for_a_while("SELECT x.rowid FROM s('a') x, s('b') y, s('c') z") > 0)
})

test("a sync goes on in a new process after one that was ended; a statement that does not end is ended so", {
  script <- sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE))
  endless <- "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
              SELECT count(biobert_embed('text ' || i)) FROM n"
  status <- suppressWarnings(system2("timeout", c("-k", "1", "2", "Rscript", shQuote(script), shQuote(endless))))
  stopifnot(status %in% c(124, 137))
  left <- pending("m")
  stopifnot(query("SELECT * FROM biobert_sync('m')")$total[1] == left, pending("m") == 0)
})

test("dbRemoveTable removes the indexes and nothing else", {
  for (name in c("s", "m", "own")) dbRemoveTable(db, name)
  stopifnot(identical(dbListTables(db), c("many", "papers")))
})

dbDisconnect(db)
cat(sprintf("%d passed, %d failed\n", passed, failed))
quit(status = if (failed > 0 || passed == 0) 1 else 0)
