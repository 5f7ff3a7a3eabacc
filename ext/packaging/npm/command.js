#!/usr/bin/env node
'use strict';
// The command `biobert`: runs the program that the platform's package holds.

const { spawnSync } = require('node:child_process');
const path = require('node:path');
const { constants } = require('node:os');

const { getLoadablePath } = require('./index.js');

const ending = process.platform === 'win32' ? '.exe' : '';
const program = path.join(path.dirname(getLoadablePath()), `biobert${ending}`);
// Ctrl-C reaches the program too, which ends when it has saved its work.
process.on('SIGINT', () => {});
const done = spawnSync(program, process.argv.slice(2), { stdio: 'inherit' });
if (done.error) {
  console.error(`biobert: ${program}: ${done.error.message}`);
  process.exitCode = 3;
} else {
  process.exitCode = done.status ?? 128 + (constants.signals[done.signal] ?? 0);
}
