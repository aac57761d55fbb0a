-- A gateway in a page of Lua: it asks the upstream, holds its answer, and lets
-- it through if its signature is of a known address over a text that has the
-- hash of the answer's bytes; else 502.  Made to be as fast as that can be:
-- everything that is slow is done once, and the cryptography is C.
--
-- The agent signs the hash of canonical JSON and sends the same JSON with white
-- space in it; without that its own answers are canonical.  bytes_only() hashes
-- the bytes as they are, for which the agent's own answers are refused: it is
-- there to see what taking out the white space costs.

local bit = require "bit"
local ffi = require "ffi"

ffi.cdef [[
typedef struct { unsigned char data[65]; } bench_sig_t;
typedef struct { unsigned char data[64]; } bench_key_t;
typedef struct { uint64_t a[25]; } bench_keccak_t;

void *secp256k1_context_create(unsigned int flags);
int secp256k1_ecdsa_recoverable_signature_parse_compact(const void *ctx,
    bench_sig_t *sig, const unsigned char *input64, int recid);
int secp256k1_ecdsa_recover(const void *ctx, bench_key_t *key,
    const bench_sig_t *sig, const unsigned char *msg32);
int secp256k1_ec_pubkey_serialize(const void *ctx, unsigned char *out,
    size_t *len, const bench_key_t *key, unsigned int flags);

void nettle_sha3_permute(bench_keccak_t *state);

int SHA256_Init(void *ctx);
int SHA256_Update(void *ctx, const void *data, size_t n);
int SHA256_Final(unsigned char *out, void *ctx);

void *memchr(const void *s, int c, size_t n);
]]

local function load(...)
    for _, name in ipairs({ ... }) do
        local found, library = pcall(ffi.load, name)
        if found then
            return library
        end
    end
    error("none of " .. table.concat({ ... }, ", ") .. " is there")
end

local C = ffi.C
local secp = load("libsecp256k1.so.1", "libsecp256k1.so.2")
local nettle = load("libnettle.so.8")
local crypto = load("libcrypto.so.3")

local context = secp.secp256k1_context_create(0x101)
local sha256 = ffi.new("uint64_t[32]")           -- more than a SHA256_CTX

local RATE, TEXT = 136, 129
local PREFIX = "\25Ethereum Signed Message:\n" .. TEXT

local digest = ffi.new("unsigned char[32]")
local message = ffi.new("uint64_t[34]")         -- two blocks
local message8 = ffi.cast("unsigned char *", message)
local state = ffi.new("bench_keccak_t")
local state8 = ffi.cast("unsigned char *", state)
local sig = ffi.new("bench_sig_t")
local sig8 = ffi.new("unsigned char[65]")
local key = ffi.new("bench_key_t")
local point = ffi.new("unsigned char[65]")      -- a byte, X and Y
local padded = ffi.new("uint64_t[17]")
local padded8 = ffi.cast("unsigned char *", padded)
local length = ffi.new("size_t[1]")

local QUOTE, BACKSLASH = 34, 92
local bytes_pt = ffi.typeof("const unsigned char *")
local room = 65536
local out = ffi.new("unsigned char[?]", room)
-- 1 for a byte that is no white space
local kept = ffi.new("unsigned char[256]")

-- hex digits of a byte, and back (255: none)
local hex = ffi.new("uint16_t[256]")
local hexed = ffi.new("uint16_t[32]")
local value = ffi.new("unsigned char[256]")

ffi.fill(value, 256, 255)
for i = 0, 255 do
    local text = string.format("%02x", i)
    hex[i] = text:byte(1) + 256 * text:byte(2)
end
for i = 0, 15 do
    local digit = string.format("%x", i)
    value[digit:byte()] = i
    value[digit:upper():byte()] = i
end

ffi.fill(kept, 256, 1)
for _, space in ipairs { 9, 10, 13, 32 } do
    kept[space] = 0
end

ffi.copy(message8, PREFIX, #PREFIX)
message8[#PREFIX + TEXT] = 1
message8[2 * RATE - 1] = 0x80
padded8[64] = 1
padded8[RATE - 1] = 0x80

local known = {}                    -- raw addresses
for address in ngx.shared.bench:get("known"):gmatch("0x(%x+)") do
    known[address:gsub("%x%x", function(byte)
        return string.char(tonumber(byte, 16))
    end)] = true
end

local function absorb(from)
    for i = 0, 16 do
        state.a[i] = bit.bxor(state.a[i], from[i])
    end
    nettle.nettle_sha3_permute(state)
end

-- the body without white space outside of strings, and how long it is
local function canonical(body)
    local n = #body

    if n > room then
        room = 2 * n
        out = ffi.new("unsigned char[?]", room)
    end

    local p, to = ffi.cast(bytes_pt, body), out
    local i, o = 0, 0

    while i < n do
        local c = p[i]
        to[o] = c
        o = o + kept[c]
        i = i + 1

        if c == QUOTE then
            local from = i

            repeat
                local quote = ffi.cast(bytes_pt, C.memchr(p + i, QUOTE, n - i))
                if quote == nil then
                    return nil, 0
                end
                i = tonumber(quote - p) + 1

                local before = i - 2
                while p[before] == BACKSLASH do
                    before = before - 1
                end
            until bit.band(i - before, 1) == 0

            ffi.copy(to + o, p + from, i - from)
            o = o + i - from
        end
    end

    return to, o
end

local function as_is(body)
    return body, #body
end

local function hash_hex(bytes, n)
    if bytes == nil then
        return nil
    end

    crypto.SHA256_Init(sha256)
    crypto.SHA256_Update(sha256, bytes, n)
    crypto.SHA256_Final(digest, sha256)
    for i = 0, 31 do
        hexed[i] = hex[digest[i]]
    end
    return ffi.string(hexed, 64)
end

-- 1 if 65 bytes were written
local function unhex(text)
    local p = ffi.cast("const unsigned char *", text)
    local seen = 0
    for i = 0, 64 do
        local high, low = value[p[2 * i]], value[p[2 * i + 1]]
        seen = bit.bor(seen, high, low)
        sig8[i] = bit.bor(bit.lshift(high, 4), low)
    end
    return seen < 16
end

-- the signer's address, or nil
local function signer(text, signature)
    if #signature ~= 130 or not unhex(signature) then
        return nil
    end
    local v = sig8[64]
    if v >= 27 then
        v = v - 27
    end
    if v > 1 then
        return nil
    end

    ffi.fill(state, 200)
    ffi.copy(message8 + #PREFIX, text, TEXT)
    absorb(message)
    absorb(message + 17)

    if secp.secp256k1_ecdsa_recoverable_signature_parse_compact(context, sig,
                                                        sig8, v) ~= 1
       or secp.secp256k1_ecdsa_recover(context, key, sig, state8) ~= 1
    then
        return nil
    end

    length[0] = 65
    secp.secp256k1_ec_pubkey_serialize(context, point, length, key, 2)
    ffi.fill(state, 200)
    ffi.copy(padded8, point + 1, 64)
    absorb(padded)

    return ffi.string(state8 + 12, 20)
end

local function verified(answer, form)
    local head, body = answer.header, answer.body
    local text, signature = head["text"], head["signature"]

    if answer.status ~= 200 or answer.truncated
       or head["signing_algo"] ~= "ecdsa"
       or type(text) ~= "string" or type(signature) ~= "string"
       or #text ~= TEXT or text:byte(65) ~= 58
       or hash_hex(form(body)) ~= text:sub(66)
    then
        return false
    end

    local address = signer(text, signature)

    return address ~= nil and known[address] == true
end

local POST = { method = ngx.HTTP_POST, always_forward_body = true }

local function gateway(form)
    ngx.req.read_body()

    local answer = ngx.location.capture("/up" .. ngx.var.uri, POST)

    if not verified(answer, form) then
        return ngx.exit(502)
    end

    local to, from = ngx.header, answer.header
    to["Content-Type"] = from["Content-Type"]
    to["Content-Length"] = #answer.body
    to["text"] = from["text"]
    to["signature"] = from["signature"]
    to["signing_address"] = from["signing_address"]
    to["signing_algo"] = from["signing_algo"]
    to["image_digest"] = from["image_digest"]

    ngx.print(answer.body)
end

return {
    gateway = function () gateway(canonical) end,
    bytes_only = function () gateway(as_is) end,
}
