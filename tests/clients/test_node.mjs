/* node test_node.mjs better-sqlite3 | node:sqlite
 *
 * The two SQLite packages of Node.js; their statements have the same methods. Both bind every
 * JavaScript number as REAL (a BigInt as INTEGER): a whole REAL has to be that number everywhere.
 *
 * Neither has a progress handler or an interrupt. What a program has instead is tested: rows that
 * come while the work is done, so that a loop can leave it, and a process that can be killed.
 */

import { spawn } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { once } from 'node:events';
import assert from 'node:assert/strict';

const { EXTENSION, PAPERS, WORK, QUESTION, PACKAGES } = process.env;
const EXPECTED = process.env.EXPECTED.split(' ').map(Number); // the sqlite3 shell's rowids
const LIMIT = 200; // ms
const ENDLESS = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
                 SELECT count(biobert_embed('text ' || i)) FROM n`;

const require = createRequire(join(PACKAGES, 'node_modules', 'none.js'));
const client = process.argv[2];
const clients = {
  'better-sqlite3': {
    version: () => require('better-sqlite3/package.json').version,
    open: (path, options) => new (require('better-sqlite3'))(path, options),
    readonly: { readonly: true },
  },
  'node:sqlite': {
    version: () => process.version,
    open: (path, options) => new (require('node:sqlite').DatabaseSync)(path, { allowExtension: true, ...options }),
    readonly: { readOnly: true },
  },
};

function connect(path, options = {}) {
  const db = clients[client].open(path, options);
  db.loadExtension(EXTENSION);
  return db;
}

// A child that the test below kills.
if (process.argv[3]) {
  const db = connect(process.argv[3]);
  console.log('begins');
  db.prepare(process.argv[4]).all();
  process.exit();
}

let passed = 0, failed = 0;

/* tests/check.h: a test is a sentence that can be false. */
async function test(sentence, body) {
  try {
    await body();
    passed++;
  } catch (error) {
    failed++;
    console.log(`FAILED: ${sentence}\n  ${String(error.stack).split('\n').slice(0, 4).join('\n  ').slice(0, 600)}`);
  }
}

const path = join(WORK, `${client.replace(':', '_')}.db`);
copyFileSync(PAPERS, path);
const db = connect(path);
const all = (sql, ...bindings) => db.prepare(sql).all(...bindings);
const rowids = (sql, ...bindings) => all(sql, ...bindings).map((row) => row.rowid);
const pending = (name) => all(`SELECT pending FROM biobert_status(?)`, name)[0].pending;

console.log(`seen: ${client} ${clients[client].version()}, SQLite ${all('SELECT sqlite_version() AS v')[0].v}, Node.js ${process.version}`);

await test('an index is created and filled, with progress in its rows', () => {
  db.exec(`CREATE VIRTUAL TABLE s USING biobert(title, abstract, year UNINDEXED, journal UNINDEXED,
                                                content='papers', content_rowid='id')`);
  const progress = all(`SELECT done, total, message FROM biobert_sync('s')`);
  assert.deepEqual({ ...progress.at(-1) }, { done: 176, total: 176, message: 'up to date' });
});

await test("bound question and k give the shell's rows, in call form and with MATCH", () => {
  assert.deepEqual(rowids('SELECT rowid FROM s(?, ?)', QUESTION, 3), EXPECTED);
  assert.deepEqual(rowids('SELECT rowid FROM s WHERE s MATCH ? AND k = ?', QUESTION, 3), EXPECTED);
  assert.deepEqual(rowids('SELECT rowid FROM s WHERE s MATCH @q AND k = @k', { q: QUESTION, k: 3 }), EXPECTED);
  assert.deepEqual(rowids('SELECT rowid FROM s WHERE s MATCH ? LIMIT ?', QUESTION, 3), EXPECTED);
  assert.deepEqual(rowids('SELECT rowid FROM s(?, ?)', QUESTION, 3n), EXPECTED);
});

await test('a number is a number wherever a whole one is taken', () => {
  all(`SELECT * FROM biobert_sync('s', ?)`, 16);
  db.prepare(`INSERT INTO s(s, rank) VALUES('sync', ?)`).run(64);
  assert.equal(all(`SELECT biobert_config('threads', ?) AS n`, 2)[0].n, 2);
  assert.equal(rowids('SELECT rowid FROM s WHERE s MATCH ? AND feedback = ?', QUESTION, 0).length, 176);
  assert.equal(all('SELECT chunk FROM biobert_chunks(?, ?, ?)', 'One sentence. Another sentence.', 4, 0).length > 1, true);
  assert.equal(all('SELECT text FROM biobert_highlight(?, ?, ?)', QUESTION, 'One. Two. Three.', 2).length, 2);
  assert.equal(all('SELECT biobert_kmers(?, ?) AS k', 'ATGCA', 3)[0].k, 'ATG TGC GCA');
  assert.equal(all('SELECT biobert_dimension(biobert_slice(biobert_embed(?), ?, ?)) AS n', 'x', 0, 4)[0].n, 4);
  assert.equal(all('SELECT 1 FROM biobert_attention(?, ?, ?)', 'x', 1, 0).length > 0, true);
});

await test('k = 2.5 is refused by name, as an exception of the package', () => {
  assert.throws(() => all('SELECT rowid FROM s(?, ?)', QUESTION, 2.5), /k is '2\.5'/);
});

await test('rowid and columns take numbers in filters, before k is counted', () => {
  assert.deepEqual(rowids('SELECT rowid FROM s WHERE rowid = ?', 20), [20]);
  assert.deepEqual(rowids('SELECT rowid FROM s WHERE rowid IN (?, ?)', 20, 21), [20, 21]);
  const recent = all('SELECT rowid, year FROM s WHERE s MATCH ? AND k = ? AND year >= ?', QUESTION, 5, 1950);
  assert.equal(recent.length, 5);
  assert.ok(recent.every((row) => row.year >= 1950));
});

await test('a vector is a Float32Array, out and in', () => {
  const { vector } = all('SELECT vector FROM s WHERE rowid = 20')[0];
  const floats = new Float32Array(new Uint8Array(vector).buffer);
  assert.equal(floats.length, all('SELECT biobert_dimension(?) AS n', vector)[0].n);
  const query = new Uint8Array(floats.buffer);
  const bytes = client === 'better-sqlite3' ? Buffer.from(query) : query;
  assert.deepEqual(rowids('SELECT rowid FROM s WHERE s MATCH ? LIMIT 1', bytes), [20]);
});

await test("the index read as a table has the content's rows and the declared columns", () => {
  assert.deepEqual(all('SELECT * FROM s ORDER BY rowid'), all('SELECT title, abstract, year, journal FROM papers ORDER BY id'));
  assert.deepEqual(db.prepare('SELECT * FROM s').columns().map((column) => column.name), ['title', 'abstract', 'year', 'journal']);
  assert.deepEqual(all('SELECT rowid FROM s WHERE k IS NOT NULL OR s IS NOT NULL'), []);
});

await test('a read-only connection searches', () => {
  const readonly = connect(path, clients[client].readonly);
  assert.deepEqual(readonly.prepare('SELECT rowid FROM s(?, ?)').all(QUESTION, 3).map((row) => row.rowid), EXPECTED);
  readonly.close();
});

await test('inside a transaction the command syncs, and ROLLBACK takes it back', () => {
  const found = () => rowids(`SELECT rowid FROM s WHERE s MATCH 'zebrafish' AND mode = 'lexical'`);
  for (const end of ['ROLLBACK', 'COMMIT']) {
    db.exec('BEGIN');
    db.prepare('INSERT INTO papers(id, title) VALUES(?, ?)').run(1000, 'Regeneration of the zebrafish heart');
    db.exec(`INSERT INTO s(s) VALUES('sync')`);
    assert.deepEqual(found(), [1000]);
    assert.throws(() => all(`SELECT * FROM biobert_sync('s')`), /transaction/);
    db.exec(end);
    assert.deepEqual(found(), end === 'COMMIT' ? [1000] : []);
  }
});

await test('an index with text of its own: numbers keep the type of the column', () => {
  db.exec('CREATE VIRTUAL TABLE own USING biobert(title, year INTEGER UNINDEXED)');
  const insert = db.prepare('INSERT INTO own(rowid, title, year) VALUES(?, ?, ?)');
  for (let i = 1; i <= 3; i++) insert.run(i, `text ${i}`, 2000 + i);
  db.prepare('UPDATE own SET title = ? WHERE rowid = ?').run('zebrafish', 2);
  db.prepare('DELETE FROM own WHERE rowid = ?').run(3);
  assert.deepEqual(all(`SELECT rowid, title, year, typeof(year) AS type FROM own(?, ?)`, 'zebrafish', 1).map((row) => ({ ...row })),
    [{ rowid: 2, title: 'zebrafish', year: 2002, type: 'integer' }]);
});

db.exec(`CREATE VIRTUAL TABLE m USING biobert(title, abstract, content='many', content_rowid='id')`);

await test('a loop over biobert_sync() can leave it after a while; the next one goes on', () => {
  const begin = Date.now();
  for (const row of db.prepare(`SELECT done FROM biobert_sync('m', 16)`).iterate()) {
    if (row.done > 0 && Date.now() - begin > LIMIT) break;
  }
  const left = pending('m'), total = all('SELECT count(*) AS n FROM many')[0].n;
  assert.ok(left > 0 && left < total, `${left} of ${total} are pending`);
  assert.ok(Date.now() - begin < 50 * LIMIT);
});

await test('a loop over a search can leave it', () => {
  const begin = Date.now();
  let seen = 0;
  for (const row of db.prepare('SELECT x.rowid FROM s(?) x, s(?) y, s(?) z').iterate('a', 'b', 'c')) {
    seen++;
    if (Date.now() - begin > LIMIT) break;
  }
  assert.ok(seen > 0 && Date.now() - begin < 50 * LIMIT);
});

/* Runs a statement in a process of its own and kills it after LIMIT: how it ended. */
async function killed(sql) {
  const child = spawn(process.execPath, [process.argv[1], client, path, sql], { stdio: ['ignore', 'pipe', 'inherit'] });
  const end = once(child, 'exit');
  await once(child.stdout, 'data');
  await new Promise((resolve) => setTimeout(resolve, LIMIT));
  child.kill('SIGKILL');
  return (await end)[1];
}

await test('a statement that does not end is ended with its process', async () => {
  assert.equal(await killed(ENDLESS), 'SIGKILL');
});

await test('a sync whose process is killed keeps what was committed; the next one does the rest', async () => {
  const before = pending('m');
  assert.equal(await killed(`SELECT * FROM biobert_sync('m', 16)`), 'SIGKILL');
  const left = pending('m');
  assert.ok(left > 0 && left <= before);
  assert.equal(all(`SELECT * FROM biobert_sync('m')`)[0].total, left);
  assert.equal(pending('m'), 0);
});

await test('DROP TABLE removes the indexes and nothing else', () => {
  for (const name of ['s', 'm', 'own']) db.exec(`DROP TABLE ${name}`);
  assert.deepEqual(all(`SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1`).map((row) => row.name), ['many', 'papers']);
});

console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
