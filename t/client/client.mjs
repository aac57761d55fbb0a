// OpenAI's client, as its users have it, driven line by line.
//
//   node client.mjs DIR       DIR has node_modules/openai
//
// A line on stdin is a JSON array of requests, which are made all at once; the
// answer is one line on stdout, a JSON array of results in the same order.
// Before the first, a line with the client's and node's versions.
//
// A request:
//   base_url  where the gateway is
//   how       "create"   one completion
//             "stream"   the same, streamed
//             "helper"   the client's own accumulation of a stream
//   params    of the completion
//   headers   sent with the request
//   options   of the client, such as maxRetries
//
// A result:
//   content   the text, of a stream the pieces put together
//   chunks    how many chunks with choices came
//   others    the chunks without choices
//   finish    finish_reason
//   model     as the answer names it
//   spread    milliseconds from the first chunk to the last one with choices
//   error     null, or what was thrown: class, api (whether it is an APIError),
//             status, code, type, param, message, retry (x-should-retry)
//
// What had come before an error was thrown is in the result as well.

import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { resolve } from 'node:path';

const load = createRequire(resolve(process.argv[2], 'package.json'));
const { OpenAI, APIError } = load('openai');


function print(value) {
    process.stdout.write(JSON.stringify(value) + '\n');
}


function whatWasThrown(error) {
    return {
        class: error?.constructor?.name ?? typeof error,
        api: error instanceof APIError,
        status: error?.status ?? null,
        code: error?.code ?? null,
        type: error?.type ?? null,
        param: error?.param ?? null,
        message: error?.message ?? String(error),
        retry: error?.headers?.get('x-should-retry') ?? null,
    };
}


async function create(client, request, result) {
    const answer = await client.chat.completions.create(
        request.params, { headers: request.headers });

    result.model = answer.model;
    result.content = answer.choices[0].message.content;
    result.finish = answer.choices[0].finish_reason;
}


async function stream(client, request, result) {
    const chunks = await client.chat.completions.create(
        { ...request.params, stream: true }, { headers: request.headers });
    let first;

    for await (const chunk of chunks) {
        first ??= performance.now();

        if (!chunk.choices) {
            result.others.push(chunk);
            continue;
        }

        result.chunks += 1;
        result.spread = performance.now() - first;
        result.model = chunk.model;
        result.content += chunk.choices[0]?.delta.content ?? '';
        result.finish = chunk.choices[0]?.finish_reason ?? result.finish;
    }
}


async function helper(client, request, result) {
    const runner = client.chat.completions.stream(
        request.params, { headers: request.headers });
    const answer = await runner.finalChatCompletion();

    result.model = answer.model;
    result.content = answer.choices[0].message.content;
    result.finish = answer.choices[0].finish_reason;
}


const ways = { create, stream, helper };


async function run(request) {
    const result = {
        content: '', chunks: 0, others: [], finish: null, model: null,
        spread: 0, error: null,
    };
    const client = new OpenAI({
        apiKey: 'a-key', baseURL: request.base_url, timeout: 20000,
        ...request.options,
    });

    try {
        await ways[request.how](client, request, result);

    } catch (error) {
        result.error = whatWasThrown(error);
    }

    return result;
}


print({ openai: load('openai/version').VERSION, node: process.version });

for await (const line of createInterface({ input: process.stdin })) {
    print(await Promise.all(JSON.parse(line).map(run)));
}
