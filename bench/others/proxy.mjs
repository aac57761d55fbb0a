// A gateway in Node: an answer passes if it was signed by a known address.
//
//   node proxy.mjs ethers|native PORT UPSTREAM ADDRESS ...
//
// ethers recovers the signer with ethers.verifyMessage(), which is JavaScript
// throughout; native does it with the packages secp256k1 and keccak, which
// have C inside.  What is signed is the hash of the answer's JSON without white
// space; JSON.parse() and stringify() would print 1.0 and \u escapes in another
// way, so that the white space is taken out.  What does not verify is a 502.
// Says "ready" and what it uses.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';

const [, , kind, port, upstream, ...addresses] = process.argv;
const modules = process.env.BENCH_MODULES;
const require = createRequire(modules + '/');
const version = (name) =>
    JSON.parse(readFileSync(`${modules}/${name}/package.json`)).version;
const known = new Set(addresses.map((a) => a.toLowerCase()));
const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });

const passed = ['text', 'signature', 'signing_address', 'signing_algo',
                'image_digest', 'content-type'];

let signer, uses;

if (kind === 'ethers') {
    const { verifyMessage } = require('ethers');
    uses = 'ethers ' + version('ethers');
    signer = (text, signature) => verifyMessage(text, '0x' + signature);
} else {
    const secp256k1 = require('secp256k1/bindings');
    const keccak = require('keccak/bindings');
    uses = `secp256k1 ${version('secp256k1')} and keccak ` +
           `${version('keccak')}, native`;
    const hash = (data) => keccak('keccak256').update(data).digest();
    signer = (text, signature) => {
        const bytes = Buffer.from(signature, 'hex');
        const v = bytes[64] >= 27 ? bytes[64] - 27 : bytes[64];
        const digest = hash(Buffer.from(
            '\x19Ethereum Signed Message:\n' + text.length + text));
        const point = secp256k1.ecdsaRecover(bytes.subarray(0, 64), v,
                                             digest, false);
        return '0x' + hash(Buffer.from(point.subarray(1)))
            .toString('hex', 12);
    };
}

const QUOTE = 34, BACKSLASH = 92;
let room = Buffer.allocUnsafeSlow(65536);

// the body without white space outside of strings
function canonical(body) {
    const n = body.length;
    if (n > room.length) {
        room = Buffer.allocUnsafeSlow(2 * n);
    }
    const to = room;
    let o = 0;
    for (let i = 0; i < n; i++) {
        let c = body[i];
        if (c !== QUOTE) {
            if (c !== 32 && c !== 10 && c !== 13 && c !== 9) {
                to[o++] = c;
            }
            continue;
        }
        to[o++] = c;
        for (i++; i < n && (c = body[i]) !== QUOTE; i++) {
            to[o++] = c;
            if (c === BACKSLASH && i + 1 < n) {
                to[o++] = body[++i];
            }
        }
        if (i < n) {
            to[o++] = c;
        }
    }
    return to.subarray(0, o);
}

function verified(answer, body) {
    const { text, signature, signing_algo: algorithm } = answer.headers;
    try {
        return answer.statusCode === 200 && algorithm === 'ecdsa'
            && /^[0-9a-f]{64}:[0-9a-f]{64}$/.test(text)
            && /^[0-9a-f]{130}$/i.test(signature)
            && createHash('sha256').update(canonical(body)).digest('hex')
                === text.slice(65)
            && known.has(signer(text, signature).toLowerCase());
    } catch {
        return false;
    }
}

function refuse(response) {
    response.writeHead(502, { 'Content-Length': 3 });
    response.end('502');
}

http.createServer((request, response) => {
    const ask = http.request({
        host: '127.0.0.1', port: upstream, agent, method: request.method,
        path: request.url, headers: request.headers,
    }, (answer) => {
        const pieces = [];
        answer.on('data', (piece) => pieces.push(piece));
        answer.on('error', () => refuse(response));
        answer.on('end', () => {
            const body = pieces.length === 1 ? pieces[0]
                                             : Buffer.concat(pieces);
            if (!verified(answer, body)) {
                return refuse(response);
            }
            const headers = { 'Content-Length': body.length };
            for (const name of passed) {
                if (answer.headers[name] !== undefined) {
                    headers[name] = answer.headers[name];
                }
            }
            response.writeHead(200, headers);
            response.end(body);
        });
    });
    ask.on('error', () => refuse(response));
    request.pipe(ask);
}).listen(port, '127.0.0.1', 1024, () => {
    console.log(`ready Node ${process.versions.node}, ${uses}`);
});
