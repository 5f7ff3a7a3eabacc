/** What better-sqlite3, libsql and node:sqlite have in common. */
export interface Database {
  loadExtension(file: string, entryPoint?: string): unknown;
}

/** Loads biobert into an open database: the functions `biobert_...` and the module `biobert`.
 * Needs no model yet: the first function that runs one looks for it. Throws where the database may
 * not load extensions, with what to do. */
export function load(db: Database): void;

/** Loads biobert_import: `biobert_read()`, which reads files of literature. */
export function loadImporter(db: Database): void;

/** The path of an extension, for a program that loads it itself. */
export function getLoadablePath(name?: 'biobert' | 'biobert_import'): string;

/** The folder of the default model, or undefined: then `npx biobert model get` fetches one. */
export function findModel(): string | undefined;
