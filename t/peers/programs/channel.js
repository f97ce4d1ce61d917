// SPDX-License-Identifier: 0BSD
// channel.js send PATH FILE COUNT | recv PATH COUNT - Node's channel.
//
// The public API passes handles over the channel of a child process alone, so
// both run in a child: whoever starts it (node-channel.py) gives it the
// connected socket as NODE_CHANNEL_FD. Node waits for NODE_HANDLE_ACK after
// each handle it sends.
'use strict';
const net = require('net');
const count = Number(process.argv[process.argv.length - 1]);
let seen = 0;
if (process.argv[2] === 'send') {
  const server = net.createServer().listen(0, '127.0.0.1', () => {
    for (let i = 0; i < count; i++) process.send({ n: i }, server, () => {});
  });
  setTimeout(() => process.exit(0), 1500);
} else {
  const kept = [];
  console.log('accepted');
  process.on('message', (message, handle) => {
    kept.push(handle);
    console.log(handle ? `fd ${handle._handle.fd}` : 'error no descriptor');
    if (++seen === count) process.stdin.on('end', () => process.exit(0)).resume();
  });
  process.on('disconnect', () => {
    if (seen < count) console.log('error disconnected');
    process.stdin.on('end', () => process.exit(0)).resume();
  });
}
