'use strict';
// biobert-sqlite - the extension for Node's SQLite modules; README.md shows each of them.

const { existsSync } = require('node:fs');
const { homedir } = require('node:os');
const path = require('node:path');

const ENDINGS = { linux: 'so', darwin: 'dylib', win32: 'dll' };

/** musl's Node says nothing of glibc in its report. */
function isMusl() {
  if (process.platform !== 'linux') return false;
  return !process.report.getReport().header.glibcVersionRuntime;
}

function platform() {
  return `${process.platform}-${process.arch}${isMusl() ? '-musl' : ''}`;
}

/** The folder of this platform's binaries. */
function folder() {
  const name = `biobert-sqlite-${platform()}`;
  try {
    return path.join(path.dirname(require.resolve(`${name}/package.json`)), 'bin');
  } catch (error) {
    throw new Error(
      `biobert-sqlite has no binaries for ${platform()} here: npm install ${name}; where npm says ` +
        'that there is no such package, build from source and load build/release/biobert.so',
      { cause: error },
    );
  }
}

/** The path of an extension: 'biobert', or 'biobert_import', which reads files of literature. */
function getLoadablePath(name = 'biobert') {
  if (name !== 'biobert' && name !== 'biobert_import') {
    throw new RangeError(`no extension '${name}': there are 'biobert' and 'biobert_import'`);
  }
  return path.join(folder(), `${name}.${ENDINGS[process.platform]}`);
}

/** Where npm or pip have put a model, when the extension itself would find none. */
function findModel() {
  const { XDG_DATA_HOME, LOCALAPPDATA } = process.env;
  const ofWindows = process.platform === 'win32' ? LOCALAPPDATA : undefined;
  const data = XDG_DATA_HOME || ofWindows || path.join(homedir(), '.local', 'share');
  const places = [process.env.BIOBERT_MODEL, path.join(data, 'biobert', 'default')];
  return places.find((place) => place && existsSync(place));
}

function loadOne(db, name) {
  const file = getLoadablePath(name);
  if (typeof db?.loadExtension !== 'function') {
    throw new TypeError(
      'load(db) takes a database of better-sqlite3, libsql or node:sqlite (Node 22.13 or newer)',
    );
  }
  try {
    db.loadExtension(file);
  } catch (error) {
    if (!/not allowed|not authorized|disabled/i.test(error.message)) throw error;
    throw new Error(
      "this database may not load extensions; with node:sqlite: new DatabaseSync(file, { allowExtension: true })",
      { cause: error },
    );
  }
}

/** Loads biobert into an open database: the functions biobert_... and the module `biobert`. */
function load(db) {
  loadOne(db, 'biobert');
}

/** Loads biobert_import: biobert_read(), which reads files of literature. */
function loadImporter(db) {
  loadOne(db, 'biobert_import');
}

module.exports = { findModel, getLoadablePath, load, loadImporter };
