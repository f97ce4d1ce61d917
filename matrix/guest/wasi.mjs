// SPDX-License-Identifier: 0BSD
// wasi.mjs PROGRAM [ARGUMENT...] - run a WASI program, with nothing of this
// machine but its standard input and output.
import { readFileSync } from 'node:fs';
import { WASI } from 'node:wasi';

const wasi = new WASI({
  version: 'preview1', args: process.argv.slice(2), env: {}, returnOnExit: true,
});
const module = await WebAssembly.compile(readFileSync(process.argv[2]));
const instance = await WebAssembly.instantiate(module, wasi.getImportObject());
process.exitCode = wasi.start(instance);
