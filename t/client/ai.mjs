// Vercel's AI SDK with its client for OpenAI's protocol, driven line by line,
// in two versions: "ai", and "ai-5", which is 5.0.0 and runs a tool as soon as
// its call has come.
//
//   node ai.mjs DIR       DIR has node_modules with both
//
// A line on stdin is a JSON array of requests, which are made all at once; the
// answer is one line on stdout, a JSON array of results in the same order.
// Before the first, a line with the versions.
//
// A request:
//   sdk       "ai" or "ai-5"
//   base_url  where the gateway is
//   headers   sent with the request
//   model     its name
//
// A result:
//   text      that was streamed
//   finish    the reason that onFinish was told, or null
//   reason    the promise finishReason: its value, "rejected" or "pending"
//   errors    what onError was told: message, status
//   ran       arguments of the calls of the tool "pay" that were executed
//   parts     types of the parts of the full stream
//   thrown    what reading the stream threw, or null

import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { resolve } from 'node:path';

const load = createRequire(resolve(process.argv[2], 'package.json'));
const sdks = {
    'ai': [load('ai'), load('@ai-sdk/openai-compatible')],
    'ai-5': [load('ai-5'), load('ai-5-openai-compatible')],
};

// It warns on stderr of what this server's specification is.
globalThis.AI_SDK_LOG_WARNINGS = false;


function print(value) {
    process.stdout.write(JSON.stringify(value) + '\n');
}


function told(error) {
    return {
        message: error?.message ?? String(error),
        status: error?.statusCode ?? null,
    };
}


function start(request, result) {
    const [ai, { createOpenAICompatible }] = sdks[request.sdk];
    const provider = createOpenAICompatible({
        name: 'gateway', baseURL: request.base_url, apiKey: 'a-key',
        headers: request.headers,
    });
    const pay = ai.tool({
        description: 'pays somebody',
        inputSchema: ai.jsonSchema({
            type: 'object', properties: { to: { type: 'string' } },
        }),
        execute: async (args) => {
            result.ran.push(args);
            return 'paid';
        },
    });

    return ai.streamText({
        model: provider.chatModel(request.model),
        prompt: 'hello',
        maxRetries: 0,
        abortSignal: AbortSignal.timeout(20000),
        tools: { pay },
        onError: ({ error }) => { result.errors.push(told(error)); },
        onFinish: ({ finishReason }) => { result.finish = finishReason; },
    });
}


async function run(request) {
    const result = {
        text: '', finish: null, reason: null, errors: [], ran: [], parts: [],
        thrown: null,
    };
    const stream = start(request, result);

    try {
        for await (const part of stream.fullStream) {
            result.parts.push(part.type);

            if (part.type === 'text-delta') {
                result.text += part.text;
            }
        }

    } catch (error) {
        result.thrown = told(error);
    }

    // 5.0.0 never settles it where the request itself fails
    result.reason = await Promise.race([
        stream.finishReason.then((reason) => reason, () => 'rejected'),
        new Promise((settle) => { setTimeout(settle, 200, 'pending'); }),
    ]);
    return result;
}


print({
    'ai': load('ai/package.json').version,
    'ai-5': load('ai-5/package.json').version,
    'node': process.version,
});

for await (const line of createInterface({ input: process.stdin })) {
    print(await Promise.all(JSON.parse(line).map(run)));
}
