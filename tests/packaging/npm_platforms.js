'use strict';
// npm_platforms.js - on each platform npm installs the package that fits, and the main package takes it.
//
//     PACKAGES=FOLDER node npm_platforms.js linux-x64 linux-x64-musl ...     in an empty folder
//
// npm is told a platform (--os, --cpu, --libc); what the main package asks of Node is faked. No registry is
// asked: the platforms' packages, which are optional, are the files in PACKAGES.

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const { PACKAGES } = process.env;
const platforms = process.argv.slice(2);
const ENDINGS = { linux: 'so', darwin: 'dylib', win32: 'dll' };

let passed = 0;
let failed = 0;
function check(sentence, expected, actual) {
  if (actual === expected) {
    passed += 1;
    return;
  }
  failed += 1;
  console.log(`FAILED: ${sentence}\n  expected: ${expected}\n  actual:   ${actual}`);
}

/** The file of a package: '' is the main one. */
function packed(platform) {
  const start = platform ? `biobert-sqlite-${platform}-` : 'biobert-sqlite-';
  const isOne = (file) => file.startsWith(start) && /^\d/.test(file.slice(start.length));
  const found = fs.readdirSync(PACKAGES).filter(isOne);
  if (found.length !== 1) throw new Error(`${PACKAGES}: ${found.length} files of '${platform}'`);
  return path.resolve(PACKAGES, found[0]);
}

/** A folder in which npm has installed the main package for a platform. */
function installed(platform) {
  const [os, cpu, musl] = platform.split('-');
  const folder = path.resolve(platform);
  fs.mkdirSync(folder);
  const others = Object.fromEntries(platforms.map((each) => [`biobert-sqlite-${each}`, `file:${packed(each)}`]));
  fs.writeFileSync(
    path.join(folder, 'package.json'),
    JSON.stringify({ dependencies: { 'biobert-sqlite': `file:${packed('')}` }, optionalDependencies: others }),
  );
  const libc = os === 'linux' ? [`--libc=${musl ?? 'glibc'}`] : [];
  const quiet = ['--silent', '--offline', '--no-audit', '--no-fund'];
  execFileSync('npm', ['install', ...quiet, `--os=${os}`, `--cpu=${cpu}`, ...libc], { cwd: folder, stdio: 'pipe' });
  return folder;
}

/** Node seems to run on another platform while `what` is done. */
function pretending(platform, what) {
  const [os, cpu, musl] = platform.split('-');
  const real = ['platform', 'arch', 'report'].map((name) => [name, Object.getOwnPropertyDescriptor(process, name)]);
  const header = os === 'linux' && !musl ? { glibcVersionRuntime: '2.17' } : {};
  const fakes = { platform: os, arch: cpu, report: { getReport: () => ({ header }) } };
  for (const [name, value] of Object.entries(fakes)) {
    Object.defineProperty(process, name, { value, configurable: true });
  }
  try {
    return what();
  } finally {
    for (const [name, descriptor] of real) Object.defineProperty(process, name, descriptor);
  }
}

function checkPlatform(platform) {
  const folder = installed(platform);
  const modules = path.join(folder, 'node_modules');
  check(
    `npm installs for ${platform} what fits, and nothing else`,
    `biobert-sqlite biobert-sqlite-${platform}`,
    fs.readdirSync(modules).filter((name) => name.startsWith('biobert')).join(' '),
  );
  const biobert = require(path.join(modules, 'biobert-sqlite'));
  const ending = ENDINGS[platform.split('-')[0]];
  for (const name of ['biobert', 'biobert_import']) {
    const expected = path.join(modules, `biobert-sqlite-${platform}`, 'bin', `${name}.${ending}`);
    const taken = pretending(platform, () => biobert.getLoadablePath(name));
    check(`on ${platform} the main package takes ${name}`, expected, taken);
    check(`${expected} is there`, true, fs.existsSync(expected));
  }
  const loaded = [];
  pretending(platform, () => biobert.load({ loadExtension: (file) => loaded.push(file) }));
  check(`on ${platform} load() loads it`, pretending(platform, () => biobert.getLoadablePath()), loaded.join());
}

/** A main package alone says what is missing. */
function checkMissing(platform) {
  const biobert = require(path.resolve(platforms[0], 'node_modules', 'biobert-sqlite'));
  let message = 'no error';
  try {
    pretending(platform, () => biobert.getLoadablePath());
  } catch (error) {
    message = error.message;
  }
  const said = message.includes(`npm install biobert-sqlite-${platform}`);
  check('where there is no package, the error names it', true, said);
}

/** What the main package asks npm for. */
function checkNames() {
  const main = require(path.resolve(platforms[0], 'node_modules', 'biobert-sqlite', 'package.json'));
  for (const platform of platforms) {
    const named = main.optionalDependencies[`biobert-sqlite-${platform}`];
    check(`the main package names that of ${platform}`, main.version, named);
  }
}

const libc = execFileSync('npm', ['config', 'get', 'libc'], { encoding: 'utf8' }).trim();
if (libc === 'undefined') {
  console.log('skip - this npm cannot be told another platform: npm 10 can');
} else {
  platforms.forEach(checkPlatform);
  checkMissing('freebsd-x64');
  checkNames();
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
