// SPDX-License-Identifier: 0BSD
//
// worker.js - stock Node on a connection that it received as descriptor 0.
'use strict';
const fs = require('fs');
const http = require('http');
const net = require('net');
const path = require('path');

const inode = fs.fstatSync(0).ino;
const release = path.join(process.env.FDFERRY_DEMO, 'release');
const until = Date.now() + 40000;

const server = http.createServer((request, response) => {
  response.writeHead(200, {
    'Content-Type': 'text/plain', 'Connection': 'close',
  });
  response.write(`worker=node pid=${process.pid} inode=${inode} ` +
    `from=${process.env.TCPREMOTEIP}:${process.env.TCPREMOTEPORT} ` +
    `saw="${request.method} ${request.url} HTTP/${request.httpVersion}"\n`);
  // Hold the connection until the demo has looked who has it.
  const timer = setInterval(() => {
    if (fs.existsSync(release) || Date.now() > until) {
      clearInterval(timer);
      response.end();
    }
  }, 50);
});

const socket = new net.Socket({ fd: 0, readable: true, writable: true });
socket.on('close', () => process.exit(0));
server.emit('connection', socket);
