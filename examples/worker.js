// SPDX-License-Identifier: 0BSD
// worker.js - Node on a connection that it is started with as descriptor 0:
// Node's public API receives none over a Unix socket.
//
//   fdferry front --listen :8080 --worker 'n=exec:node worker.js' --default n
'use strict';
const http = require('http');
const net = require('net');

const server = http.createServer((request, response) => {
  response.setHeader('Connection', 'close');
  response.end('hello from Node\n');
});
const client = new net.Socket({ fd: 0, readable: true, writable: true });
client.on('close', () => process.exit(0));
server.emit('connection', client);
