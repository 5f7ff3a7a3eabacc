#!/usr/bin/env node
'use strict';
// build_npm.js - the packages of npm: the main one, and one a platform with its binaries.
//
//     node build_npm.js --out FOLDER --platform linux-x64=FOLDER... [--license] [FILE...]
//
// --platform: a target of ext/packaging/portable, and where its binaries lie.
// FILE: licences of what is linked in.
//
// The platform's package has `os`, `cpu` and, on Linux, `libc`, so that npm installs the one that fits; the
// main one names all of them as optional. An npm that does not know `libc` installs two: index.js chooses.

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');

const HERE = __dirname;
const ROOT = path.join(HERE, '..', '..', '..');
const PLATFORMS = [
  'linux-x64',
  'linux-arm64',
  'linux-x64-musl',
  'linux-arm64-musl',
  'darwin-arm64',
  'darwin-x64',
  'win32-x64',
];

// What Node calls the systems that have another name elsewhere.
const SYSTEMS = { macos: 'darwin', windows: 'win32' };

function version() {
  const header = fs.readFileSync(path.join(ROOT, 'include', 'biobert.h'), 'utf8');
  return /#define BIOBERT_VERSION "(.*)"/.exec(header)[1];
}

function common(name, description) {
  return { name, version: version(), description, license: 'MIT' };
}

function writePackage(folder, fields) {
  fs.writeFileSync(path.join(folder, 'package.json'), `${JSON.stringify(fields, null, 2)}\n`);
  fs.copyFileSync(path.join(ROOT, 'LICENSE'), path.join(folder, 'LICENSE'));
}

function makeMain(folder) {
  for (const file of ['index.js', 'index.d.ts', 'command.js']) {
    fs.copyFileSync(path.join(HERE, file), path.join(folder, file));
  }
  fs.copyFileSync(path.join(HERE, 'package.md'), path.join(folder, 'README.md'));
  writePackage(folder, {
    ...common('biobert-sqlite', 'Semantic search over biomedical literature, inside SQLite'),
    keywords: ['sqlite', 'sqlite-extension', 'embeddings', 'semantic-search', 'bert', 'pubmed'],
    main: 'index.js',
    types: 'index.d.ts',
    bin: { biobert: 'command.js' },
    engines: { node: '>=18' },
    files: ['index.js', 'index.d.ts', 'command.js'],
    optionalDependencies: Object.fromEntries(
      PLATFORMS.map((platform) => [`biobert-sqlite-${platform}`, version()]),
    ),
  });
}

function makePlatform(folder, platform, binaries, licenses) {
  const [os, cpu, musl] = platform.split('-');
  const bin = path.join(folder, 'bin');
  fs.mkdirSync(bin);
  for (const file of fs.readdirSync(binaries)) {
    if (!/^biobert(_import)?(\.(so|dylib|dll|exe))?$/.test(file)) continue;
    fs.copyFileSync(path.join(binaries, file), path.join(bin, file));
  }
  const tool = path.join(ROOT, 'ext', 'packaging', 'model');
  fs.cpSync(tool, path.join(folder, 'share', 'biobert', 'model'), {
    recursive: true,
    filter: (file) => !file.endsWith('.md'),
  });
  for (const license of licenses) {
    const name = path.basename(path.dirname(license)).replace(/-dev$/, '');
    fs.copyFileSync(license, path.join(folder, `LICENSE.${name}`));
  }
  writePackage(folder, {
    ...common(`biobert-sqlite-${platform}`, `Binaries of biobert-sqlite for ${platform}`),
    os: [os],
    cpu: [cpu],
    ...(os === 'linux' ? { libc: [musl ?? 'glibc'] } : {}),
    files: ['bin', 'share', 'LICENSE.*'],
  });
}

/** A folder to fill, packed; returns nothing, npm prints the file's name. */
function pack(out, fill) {
  const folder = fs.mkdtempSync(path.join(out, '.package-'));
  try {
    fill(folder);
    const made = execFileSync('npm', ['pack', '--silent', '--pack-destination', out, folder], {
      encoding: 'utf8',
    });
    console.log(path.join(out, made.trim()));
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

const { values, positionals } = parseArgs({
  options: {
    out: { type: 'string' },
    platform: { type: 'string', multiple: true },
    license: { type: 'boolean' }, // what follows are files
  },
  allowPositionals: true,
});
fs.mkdirSync(values.out, { recursive: true });
pack(values.out, makeMain);
for (const given of values.platform) {
  const [target, binaries] = given.split('=');
  const platform = target.replace(/^[a-z]+/, (system) => SYSTEMS[system] ?? system);
  if (!PLATFORMS.includes(platform)) throw new RangeError(`no platform '${platform}': ${PLATFORMS.join(', ')}`);
  pack(values.out, (folder) => makePlatform(folder, platform, binaries, positionals));
}
