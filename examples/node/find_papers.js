'use strict';
// Search a table of papers by meaning, from Node:
//
//     npm install biobert-sqlite better-sqlite3 && npx biobert model get
//     node find_papers.js [libsql]
//
// libsql has the interface of better-sqlite3; node:sqlite takes { allowExtension: true } besides.

const biobert = require('biobert-sqlite');
const Database = require(process.argv[2] ?? 'better-sqlite3');

const papers = [
  [1, 'Experiments in plant hybridization', 'Traits of peas are inherited as separate units.'],
  [2, 'On the antibacterial action of cultures of a penicillium', 'A mould stops bacteria from growing.'],
  [3, 'Molecular structure of nucleic acids', 'Two helical chains are coiled around one axis.'],
];

const db = new Database(':memory:');
biobert.load(db);
db.exec('CREATE TABLE papers(id INTEGER PRIMARY KEY, title, abstract)');
const insert = db.prepare('INSERT INTO papers VALUES(?, ?, ?)');
for (const paper of papers) insert.run(...paper);

// In one call this holds Node's loop: a server runs it in a worker thread, or `npx biobert index` beside it.
db.exec("CREATE VIRTUAL TABLE papers_search USING biobert(title, abstract, content='papers')");
db.prepare("SELECT * FROM biobert_sync('papers_search')").all();

const search = db.prepare('SELECT rowid AS id, rank FROM papers_search(?, 2) ORDER BY rank');
for (const question of ['how does heredity work', 'antibiotics']) {
  const [{ id }] = search.all(question);
  console.log(`${question}: ${papers[id - 1][1]}`);
}
