// Phala's verifier of quotes, driven line by line.
//
//   node dcap_qvl.mjs DIR       DIR has node_modules with @phala/dcap-qvl
//
// A line on stdin is a JSON array of requests; the answer is one line on
// stdout, a JSON array of results in the same order.  Before the first, a
// line with the version.
//
// A request:
//   quote       hex
//   collateral  an object, as the library takes it
//   root        DER of the root, as hex
//   at          seconds since 1970
//
// A result:
//   status      Intel's word for the platform, or null where it is refused
//   advisories  their names, sorted
//   ppid        hex
//   error       why it is refused

import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { resolve } from 'node:path';

const load = createRequire(resolve(process.argv[2], 'package.json'));
const { QuoteVerifier } = load('@phala/dcap-qvl');

function judge({ quote, collateral, root, at }) {
    try {
        const verifier = QuoteVerifier.newWithRootCa(Buffer.from(root, 'hex'));
        const said = verifier.verify(Buffer.from(quote, 'hex'), collateral,
                                     at);
        return {
            status: said.status, advisories: [...said.advisory_ids].sort(),
            ppid: Buffer.from(said.ppid).toString('hex'), error: null,
        };
    } catch (error) {
        return { status: null, advisories: [], ppid: '',
                 error: String(error?.message ?? error) };
    }
}

console.log(JSON.stringify({
    'dcap-qvl': load('@phala/dcap-qvl/package.json').version,
}));

for await (const line of createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(JSON.parse(line).map(judge)));
}
