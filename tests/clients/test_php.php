<?php
/* php -d sqlite3.extension_dir=… test_php.php
 *
 * The class SQLite3 loads extensions from the folder sqlite3.extension_dir, which only php.ini or -d
 * sets. PDO can from PHP 8.4 on (Pdo\Sqlite::loadExtension): tried where there is one.
 *
 * There is no progress handler and no interrupt, and max_execution_time is asked between calls; a
 * call that goes on for hard_timeout seconds more ends the process. That, and leaving a loop over the
 * rows, is what a program has.
 */

$extension = getenv('EXTENSION');
$question = getenv('QUESTION');
$expected = array_map('intval', explode(' ', getenv('EXPECTED'))); // the sqlite3 shell's rowids
$path = getenv('WORK') . '/php.db';
const LIMIT = 0.2; // seconds

function connect(): SQLite3 {
  global $path, $extension;
  $db = new SQLite3($path);
  $db->enableExceptions(true);
  $db->busyTimeout(1000);
  $db->loadExtension(basename($extension));
  return $db;
}

// A child that a test below lets run into its time limit.
if ($argc > 1) {
  ini_set('hard_timeout', '1');
  set_time_limit(1);
  connect()->query($argv[1])->fetchArray();
  exit(0);
}

$passed = $failed = 0;

/* tests/check.h: a test is a sentence that can be false. */
function test(string $sentence, callable $body): void {
  global $passed, $failed;
  try {
    $body();
    $passed++;
  } catch (Throwable $error) {
    $failed++;
    printf("FAILED: %s\n  line %d: %s\n", $sentence, $error->getLine(), $error->getMessage());
  }
}

function same(mixed $actual, mixed $wanted): void {
  if ($actual === $wanted) return;
  throw new Exception(sprintf('%s, expected %s', json_encode($actual), json_encode($wanted)));
}

/* The body must throw, with a message that has all of these words. */
function raises(callable $body, string ...$words): void {
  try {
    $body();
  } catch (Throwable $error) {
    foreach ($words as $word) same(str_contains($error->getMessage(), $word) ? '' : $error->getMessage(), '');
    return;
  }
  throw new Exception('no error; one with ' . implode(', ', $words) . ' was expected');
}

copy(getenv('PAPERS'), $path);
$db = connect();

/* The rows of a statement with values bound by place; by name where the keys are names. */
function rows(string $sql, array $values = []): array {
  global $db;
  $statement = $db->prepare($sql);
  foreach ($values as $key => $value) $statement->bindValue(is_int($key) ? $key + 1 : $key, $value);
  $result = $statement->execute();
  if ($result->numColumns() === 0) return []; // fetchArray() would run an INSERT once more
  for ($rows = []; $row = $result->fetchArray(SQLITE3_ASSOC);) $rows[] = $row;
  return $rows;
}

function rowids(string $sql, array $values = []): array {
  return array_column(rows($sql, $values), 'rowid');
}

function pending(string $name): int {
  return rows('SELECT pending FROM biobert_status(?)', [$name])[0]['pending'];
}

printf("seen: PHP %s, SQLite %s\n", PHP_VERSION, SQLite3::version()['versionString']);

test('an index is created and filled, with progress in its rows', function () use ($db) {
  $db->exec("CREATE VIRTUAL TABLE s USING biobert(title, abstract, year UNINDEXED, journal UNINDEXED,
                                                  content='papers', content_rowid='id')");
  $progress = rows("SELECT done, total, message FROM biobert_sync('s')");
  same(end($progress), ['done' => 176, 'total' => 176, 'message' => 'up to date']);
});

test("bound question and k give the shell's rows: as integer, float and text", function () {
  global $question, $expected;
  foreach ([3, 3.0, '3'] as $k) {
    same(rowids('SELECT rowid FROM s(?, ?)', [$question, $k]), $expected);
    same(rowids('SELECT rowid FROM s WHERE s MATCH ? AND k = ?', [$question, $k]), $expected);
    same(rowids('SELECT rowid FROM s WHERE s MATCH :q AND k = :k', [':q' => $question, ':k' => $k]), $expected);
  }
  same(rowids('SELECT rowid FROM s WHERE s MATCH ? LIMIT ?', [$question, 3]), $expected);
});

test('a k that is no whole number is refused by name, as an exception', function () {
  global $question;
  raises(fn() => rows('SELECT rowid FROM s(?, ?)', [$question, 2.5]), "k is '2.5'");
  raises(fn() => rows('SELECT rowid FROM s(?, ?)', [$question, 'ten']), "k is 'ten'");
});

test('a year and a rowid that come as text, as from a form, filter as numbers do', function () {
  global $question;
  $sql = 'SELECT rowid FROM s WHERE s MATCH ? AND year >= ? LIMIT 20';
  same(rowids($sql, [$question, '1950']), rowids($sql, [$question, 1950]));
  same(rowids('SELECT rowid FROM s WHERE rowid = ?', ['20']), [20]);
});

test('a vector is bound as SQLITE3_BLOB and read by unpack()', function () use ($db) {
  $vector = $db->querySingle('SELECT vector FROM s WHERE rowid = 20');
  $floats = unpack('g*', $vector);
  same(count($floats), rows('SELECT dimension FROM biobert_status(?)', ['s'])[0]['dimension']);
  $statement = $db->prepare('SELECT rowid FROM s WHERE s MATCH ? LIMIT 1');
  $statement->bindValue(1, pack('g*', ...$floats), SQLITE3_BLOB);
  same($statement->execute()->fetchArray(SQLITE3_NUM), [20]);
});

test("the index read as a table has the content's rows and the declared columns", function () {
  same(rows('SELECT * FROM s ORDER BY rowid'), rows('SELECT title, abstract, year, journal FROM papers ORDER BY id'));
  same(rows('SELECT rowid FROM s WHERE k IS NOT NULL OR s IS NOT NULL'), []);
});

test('inside a transaction the command syncs, and biobert_sync() names the ways out', function () use ($db) {
  $db->exec('BEGIN');
  rows('INSERT INTO papers(id, title) VALUES(?, ?)', [1000, 'Regeneration of the zebrafish heart']);
  $db->exec("INSERT INTO s(s) VALUES('sync')");
  raises(fn() => rows("SELECT * FROM biobert_sync('s')"), 'transaction', 'INSERT INTO');
  $db->exec('COMMIT');
  same(rowids("SELECT rowid FROM s WHERE s MATCH 'zebrafish' AND mode = 'lexical'"), [1000]);
});

test('an index with text of its own takes INSERT, UPDATE and DELETE', function () {
  rows('CREATE VIRTUAL TABLE own USING biobert(title, year INTEGER UNINDEXED)');
  foreach ([1, 2, 3] as $i) rows('INSERT INTO own(rowid, title, year) VALUES(?, ?, ?)', [$i, "text $i", 2000.0 + $i]);
  rows('UPDATE own SET title = ? WHERE rowid = ?', ['zebrafish', 2]);
  rows('DELETE FROM own WHERE rowid = ?', [3]);
  same(rows('SELECT rowid, year FROM own(?, ?)', ['zebrafish', 1]), [['rowid' => 2, 'year' => 2002]]);
});

test('PDO searches where it can load extensions', function () use ($path, $extension, $question, $expected) {
  if (!class_exists('Pdo\Sqlite')) return;
  $pdo = new Pdo\Sqlite("sqlite:$path");
  $pdo->loadExtension($extension);
  $statement = $pdo->prepare('SELECT rowid FROM s(?, ?)');
  $statement->execute([$question, 3]); // PDO binds both as text
  same($statement->fetchAll(PDO::FETCH_COLUMN), $expected);
});

$db->exec("CREATE VIRTUAL TABLE m USING biobert(title, abstract, content='many', content_rowid='id')");

/* Reads rows until LIMIT has passed: how many came. */
function read_for_a_while(string $sql): int {
  global $db;
  $begin = microtime(true);
  $result = $db->query($sql);
  for ($rows = 0; microtime(true) - $begin < LIMIT && $result->fetchArray(); $rows++);
  $result->finalize();
  same(microtime(true) - $begin < 50 * LIMIT, true);
  return $rows;
}

test('a loop over fetchArray() can leave a sync after a while; the next one goes on', function () {
  $total = rows('SELECT count(*) AS n FROM many')[0]['n'];
  same(read_for_a_while("SELECT * FROM biobert_sync('m', 16)") > 1, true);
  $left = pending('m');
  same($left > 0 && $left < $total, true);
  same(rows("SELECT total FROM biobert_sync('m')")[0]['total'], $left);
  same(pending('m'), 0);
});

test('a loop over fetchArray() can leave a search', function () {
  same(read_for_a_while("SELECT x.rowid FROM s('a') x, s('b') y, s('c') z") > 0, true);
});

test('max_execution_time and hard_timeout end a statement that does not end', function () use ($extension) {
  $endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
              SELECT count(biobert_embed('text ' || i)) FROM n";
  $command = [PHP_BINARY, '-d', 'sqlite3.extension_dir=' . dirname($extension), __FILE__, $endless];
  exec(implode(' ', array_map('escapeshellarg', $command)) . ' 2>&1', $output, $status);
  same([$status, str_contains(implode(' ', $output), 'Maximum execution time')], [124, true]);
});

test('DROP TABLE removes the indexes and nothing else', function () use ($db) {
  foreach (['s', 'm', 'own'] as $name) $db->exec("DROP TABLE $name");
  same(rows("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1"), [['name' => 'many'], ['name' => 'papers']]);
});

printf("%d passed, %d failed\n", $passed, $failed);
exit($failed > 0 || $passed === 0 ? 1 : 0);
