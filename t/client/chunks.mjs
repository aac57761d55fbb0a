// OpenAI's client over streams whose values are known: which of them it saw.
//
//   node chunks.mjs DIR       DIR has node_modules/openai
//
// A line on stdin is a JSON array of requests, which are made all at once; the
// answer is one line on stdout, a JSON array of results in the same order.
// Before the first, a line with the versions.
//
// A request:
//   base_url  where the stream is
//   values    the data of its chunks, as text, in order
//
// A result:
//   readable  how many of the values this client reads, before one that is no
//             JSON, or that says there was an error
//   seen      how many chunks came
//   same      whether they are what these values say, as far as these go
//   more      the chunks beyond them
//   finish    the last finish_reason of all chunks, or null
//   error     null, or what was thrown: class, status, code

import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';

const load = createRequire(resolve(process.argv[2], 'package.json'));
const { OpenAI } = load('openai');


function print(value) {
    process.stdout.write(JSON.stringify(value) + '\n');
}


function read(values) {
    const chunks = [];

    for (const value of values) {
        try {
            chunks.push(JSON.parse(value));

        } catch {
            break;
        }

        if (chunks.at(-1)?.error) {
            chunks.pop();
            break;
        }
    }

    return chunks;
}


async function run(request) {
    const wanted = read(request.values);
    const result = {
        readable: wanted.length, seen: 0, same: true, more: [], finish: null,
        error: null,
    };
    const client = new OpenAI({
        apiKey: 'a-key', baseURL: request.base_url, timeout: 20000,
        maxRetries: 0, logLevel: 'off',
    });

    try {
        const chunks = await client.chat.completions.create({
            model: 'm', messages: [], stream: true,
        });

        for await (const chunk of chunks) {
            if (result.seen < wanted.length) {
                result.same &&= isDeepStrictEqual(chunk, wanted[result.seen]);

            } else {
                result.more.push(chunk);
            }

            result.seen += 1;
            result.finish = chunk?.choices?.[0]?.finish_reason
                            || result.finish;
        }

    } catch (error) {
        result.error = {
            class: error?.constructor?.name ?? typeof error,
            status: error?.status ?? null,
            code: error?.code ?? null,
        };
    }

    return result;
}


print({ openai: load('openai/version').VERSION, node: process.version });

for await (const line of createInterface({ input: process.stdin })) {
    print(await Promise.all(JSON.parse(line).map(run)));
}
