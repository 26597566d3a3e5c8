// A bare HTTP server of Node.js: the same bytes to everybody. bare.js FILE PORT WORKERS; without workers one process.
const cluster = require('node:cluster');
const fs = require('node:fs');
const http = require('node:http');

const [file, port, workers] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
if (workers > 0 && cluster.isPrimary) {
    for (let i = 0; i < workers; i++) cluster.fork();
} else {
    const bytes = fs.readFileSync(file);
    const headers = {
        'Content-Type': 'application/json', 'Content-Length': bytes.length, 'Cache-Control': 'no-cache',
        'X-Content-Type-Options': 'nosniff', 'Tallystick-Seq': '100000', 'Request-Id': '0123456789abcdef',
    };
    http.createServer((request, reply) => {
        reply.writeHead(200, headers);
        reply.end(bytes);
    }).listen(port, '127.0.0.1');
}
