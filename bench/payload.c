#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "payload.h"

enum { DIMENSION = 1536, RING_WORDS = 1000, FRAME = 512 };

/* As many headers as a LiteLLM proxy sends: reading them is part of a call. */
static const char headers[] =
    "date: Sun, 22 Nov 2026 15:11:02 GMT\r\n"
    "server: uvicorn\r\n"
    "x-litellm-call-id: 3452eae0-4ae1-478d-b87b-9035d36712d4\r\n"
    "x-litellm-model-id: 0f6a3c1d0b2a4e5f8c7d6e5f4a3b2c1d\r\n"
    "x-litellm-model-name: openai/gpt-4o\r\n"
    "x-litellm-model-api-base: https://api.openai.com\r\n"
    "x-litellm-version: 1.100.5\r\n"
    "x-litellm-response-cost: 6.5e-05\r\n"
    "x-litellm-key-spend: 0.0\r\n"
    "x-litellm-response-duration-ms: 7.048\r\n"
    "x-litellm-overhead-duration-ms: 2.154\r\n"
    "x-litellm-model-group: gpt-4o\r\n"
    "x-litellm-attempted-retries: 0\r\n"
    "x-litellm-attempted-fallbacks: 0\r\n"
    "x-ratelimit-limit-requests: 1000\r\n"
    "x-ratelimit-remaining-requests: 999\r\n"
    "x-ratelimit-remaining-tokens: 149000\r\n"
    "llm_provider-date: Sun, 22 Nov 2026 15:11:02 GMT\r\n"
    "llm_provider-content-type: application/json\r\n"
    "llm_provider-x-request-id: req_7c1b0a\r\n"
    "llm_provider-openai-processing-ms: 7\r\n"
    "llm_provider-x-ratelimit-limit-requests: 1000\r\n";

/* The last ones need an escape in JSON, or more than one byte a character. */
static const char *const words[] = {
    " the",   " a",      " model",       " answers",      " with",
    " words", " and",    " numbers",     " 42",           ".",
    ",",      " stream", " of",          " tokens",       " arrives",
    "ing",    " one",    " by",          " it",           " is",
    "\\n",    " \\\"so", " caf\303\251", " \342\200\224", " gateway"};

/* The first so many are plain letters. */
enum { PLAIN = 20, WORDS = sizeof words / sizeof *words };

static void *need(void *p) {
  if (p) return p;
  perror("gateway");
  exit(1);
}

/* Deterministic, and enough to look random. */
static uint32_t next_random(uint64_t *state) {
  *state = *state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(*state >> 33);
}

typedef struct builder {
  char *bytes;
  size_t len, cap;
} builder;

static void add(builder *b, const char *bytes, size_t n) {
  if (b->len + n + 1 > b->cap) {
    b->cap = 2 * (b->len + n + 1);
    b->bytes = need(realloc(b->bytes, b->cap));
  }
  memcpy(b->bytes + b->len, bytes, n);
  b->len += n;
  b->bytes[b->len] = '\0';
}

static void add_text(builder *b, const char *text) {
  add(b, text, strlen(text));
}

static void add_base64(builder *b, const unsigned char *s, size_t n) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrst"
                               "uvwxyz0123456789+/";
  size_t i;
  for (i = 0; i < n; i += 3) {
    unsigned v = (unsigned)s[i] << 16;
    char four[4];
    if (i + 1 < n) v |= (unsigned)s[i + 1] << 8;
    if (i + 2 < n) v |= s[i + 2];
    four[0] = digits[v >> 18];
    four[1] = digits[v >> 12 & 63];
    four[2] = i + 1 < n ? digits[v >> 6 & 63] : '=';
    four[3] = i + 2 < n ? digits[v & 63] : '=';
    add(b, four, 4);
  }
}

/* Text of n bytes: plain words, the last one cut off. */
static void add_words(builder *b, size_t n) {
  uint64_t state = n;
  size_t end = b->len + n;
  while (b->len < end) {
    const char *word = words[next_random(&state) % PLAIN];
    size_t len = strlen(word);
    add(b, word, len < end - b->len ? len : end - b->len);
  }
}

static void answer(payload *p, const char *status, const builder *body) {
  builder b = {0};
  char line[128];
  snprintf(line, sizeof line, "HTTP/1.1 %s\r\ncontent-length: %zu\r\n", status,
           body->len);
  add_text(&b, line);
  add_text(&b, "content-type: application/json\r\n");
  add_text(&b, headers);
  add_text(&b, "\r\n");
  add(&b, body->bytes, body->len);
  p->bytes = b.bytes;
  p->len = b.len;
}

/* What was made, by kind and size. */
typedef struct kept {
  struct kept *next;
  int kind;
  size_t size;
  payload made;
  ring events;
} kept;

enum { CHAT, EMBEDDING, EMBEDDING_BASE64, IMAGE, EVENTS };

/* The entry of that kind and size: empty when it is new. */
static kept *keep(int kind, size_t size) {
  static kept *all;
  kept *k;
  for (k = all; k; k = k->next)
    if (k->kind == kind && k->size == size) return k;
  k = need(calloc(1, sizeof *k));
  k->kind = kind;
  k->size = size;
  k->next = all;
  return all = k;
}

static void make_chat(payload *p, size_t bytes) {
  builder b = {0};
  add_text(&b, "{\"id\":\"chatcmpl-7d1e\",\"created\":1795360262,\"model\":"
               "\"gpt-4o\",\"object\":\"chat.completion\","
               "\"system_fingerprint\":\"fp_44709d6fcb\",\"choices\":[{"
               "\"finish_reason\":\"stop\",\"index\":0,\"message\":{"
               "\"content\":\"");
  add_words(&b, bytes);
  add_text(&b, "\",\"role\":\"assistant\",\"annotations\":[]}}],\"usage\":{"
               "\"completion_tokens\":40,\"prompt_tokens\":12,"
               "\"total_tokens\":52,\"completion_tokens_details\":{"
               "\"reasoning_tokens\":0},\"prompt_tokens_details\":{"
               "\"cached_tokens\":0}},\"service_tier\":\"default\"}");
  answer(p, "200 OK", &b);
  free(b.bytes);
}

const payload *payload_chat(size_t bytes) {
  kept *k = keep(CHAT, bytes);
  if (!k->made.bytes) make_chat(&k->made, bytes);
  return &k->made;
}

static void add_vector(builder *b, uint64_t *state, int base64) {
  float v[DIMENSION];
  char number[32];
  int i;
  for (i = 0; i < DIMENSION; i++)
    v[i] = ((float)next_random(state) / 2147483648.0f - 0.5f) / 8;
  if (base64) {
    add_text(b, "\"");
    add_base64(b, (const unsigned char *)v, sizeof v);
    add_text(b, "\"");
    return;
  }
  for (i = 0; i < DIMENSION; i++) {
    snprintf(number, sizeof number, "%c%.17g", i ? ',' : '[', (double)v[i]);
    add_text(b, number);
  }
  add_text(b, "]");
}

static void make_embedding(payload *p, size_t vectors, int base64) {
  builder b = {0};
  uint64_t state = 1;
  size_t i;
  add_text(&b, "{\"model\":\"text-embedding-3-small\",\"data\":[");
  for (i = 0; i < vectors; i++) {
    char end[64];
    add_text(&b, i ? ",{\"embedding\":" : "{\"embedding\":");
    add_vector(&b, &state, base64);
    snprintf(end, sizeof end, ",\"index\":%zu,\"object\":\"embedding\"}", i);
    add_text(&b, end);
  }
  add_text(&b, "],\"object\":\"list\",\"usage\":{\"prompt_tokens\":512,"
               "\"total_tokens\":512,\"completion_tokens\":0}}");
  answer(p, "200 OK", &b);
  free(b.bytes);
}

const payload *payload_embedding(size_t vectors, int base64) {
  kept *k = keep(base64 ? EMBEDDING_BASE64 : EMBEDDING, vectors);
  if (!k->made.bytes) make_embedding(&k->made, vectors, base64);
  return &k->made;
}

static void make_image(payload *p, size_t bytes) {
  builder b = {0};
  unsigned char *pixels = need(malloc(bytes + 1));
  uint64_t state = 2;
  size_t i;
  for (i = 0; i < bytes; i++)
    pixels[i] = (unsigned char)next_random(&state);
  add_text(&b, "{\"created\":1795360262,\"data\":[{\"b64_json\":\"");
  add_base64(&b, pixels, bytes);
  add_text(&b, "\"}],\"usage\":{\"total_tokens\":100,\"input_tokens\":50,"
               "\"output_tokens\":50}}");
  answer(p, "200 OK", &b);
  free(b.bytes);
  free(pixels);
}

const payload *payload_image(size_t bytes) {
  kept *k = keep(IMAGE, bytes);
  if (!k->made.bytes) make_image(&k->made, bytes);
  return &k->made;
}

const payload *payload_received(size_t bytes) {
  static payload p;
  char text[64];
  builder b = {text, 0, sizeof text};
  b.len = (size_t)snprintf(text, sizeof text, "{\"text\":\"\",\"bytes\":%zu}",
                           bytes);
  free(p.bytes);
  answer(&p, "200 OK", &b);
  return &p;
}

const payload *payload_not_found(void) {
  static payload p;
  static char text[] = "{\"error\":{\"message\":\"nothing is here\"}}";
  builder b = {text, sizeof text - 1, sizeof text};
  if (!p.bytes) answer(&p, "404 Not Found", &b);
  return &p;
}

const payload *payload_stream_head(void) {
  static payload p;
  builder b = {0};
  if (p.bytes) return &p;
  add_text(&b, "HTTP/1.1 200 OK\r\ncache-control: no-cache\r\n"
               "content-type: text/event-stream; charset=utf-8\r\n"
               "transfer-encoding: chunked\r\n");
  add_text(&b, headers);
  add_text(&b, "\r\n");
  p.bytes = b.bytes;
  p.len = b.len;
  return &p;
}

#define CHUNK                                                                  \
  "data: {\"id\":\"chatcmpl-7d1e\",\"created\":1795360262,\"model\":"          \
  "\"gpt-4o\",\"object\":\"chat.completion.chunk\","                           \
  "\"system_fingerprint\":\"fp_44709d6fcb\",\"choices\":[{"

/* An event, framed as an HTTP chunk. */
static void add_framed(builder *b, const builder *event) {
  char size[32];
  snprintf(size, sizeof size, "%zx\r\n", event->len);
  add_text(b, size);
  add(b, event->bytes, event->len);
  add_text(b, "\r\n");
}

static void add_event(builder *b, size_t bytes, uint64_t *state) {
  builder event = {0};
  add_text(&event, CHUNK "\"index\":0,\"delta\":{\"content\":\"");
  if (bytes)
    add_words(&event, bytes);
  else
    add_text(&event, words[next_random(state) % WORDS]);
  add_text(&event, "\"}}],\"service_tier\":\"default\"}\n\n");
  add_framed(b, &event);
  free(event.bytes);
}

/* Large events are few, for the sake of memory. */
static void make_events(ring *r, size_t bytes) {
  size_t i, count = bytes > FRAME ? 1 : RING_WORDS;
  builder b = {0};
  uint64_t state = 3;
  r->at = need(malloc((count + 1) * sizeof *r->at));
  for (i = 0; i < count; i++) {
    r->at[i] = b.len;
    add_event(&b, bytes, &state);
  }
  r->at[count] = b.len;
  r->bytes = b.bytes;
  r->count = count;
}

const ring *payload_events(size_t bytes) {
  kept *k = keep(EVENTS, bytes);
  if (!k->events.bytes) make_events(&k->events, bytes);
  return &k->events;
}

const payload *payload_stream_end(void) {
  static payload p;
  static char last[] = CHUNK "\"finish_reason\":\"stop\",\"index\":0,\"delta\":"
                             "{}}],\"service_tier\":\"default\"}\n\n";
  static char done[] = "data: [DONE]\n\n";
  const builder events[] = {{last, sizeof last - 1, 0},
                            {done, sizeof done - 1, 0}};
  builder b = {0};
  if (p.bytes) return &p;
  add_framed(&b, &events[0]);
  add_framed(&b, &events[1]);
  add_text(&b, "0\r\n\r\n");
  p.bytes = b.bytes;
  p.len = b.len;
  return &p;
}
