/* The narrow walk over a chat chunk. It reads the whole document, so that a
 * broken one is never taken for text, and gives up (LL_AGAIN) at whatever is
 * not plain text: the full parser then sees the same bytes. */
#include "chunk.h"

#include <stdint.h>
#include <string.h>

#include "json.h"
#include "json_text.h"

/* A chunk with more around its text is parsed every time. */
enum { FRAME_LIMIT = 64 * 1024 };

/* What has been met. A member that comes twice means whatever the full parser
 * makes of it. */
enum {
  SEEN_CHOICES = 1,
  SEEN_DELTA = 2,
  SEEN_CONTENT = 4,
  SEEN_INDEX = 8,
  SEEN_ROLE = 16,
  SEEN_FINISH = 32,
  SAYS_MORE = 64 /* than its text: a role, citations, why it is finished */
};

/* The bytes of a string between its quotes. */
typedef struct span {
  const char *at;
  size_t len;
  int escaped;
} span;

typedef struct walk {
  ll_json json;
  unsigned seen;
  span content;
} walk;

/* Reads the value of the key that was just read. 0 gives up. */
typedef int member_fn(walk *w);

void ll_chunk_init(ll_chunk *c, size_t depth) {
  memset(c, 0, sizeof *c);
  c->depth = depth;
  ll_buffer_init(&c->frame, FRAME_LIMIT);
  ll_buffer_init(&c->text, SIZE_MAX);
}

void ll_chunk_free(ll_chunk *c) {
  ll_buffer_free(&c->frame);
  ll_buffer_free(&c->text);
  c->before = 0;
}

/* ---- the walk ---- */

static int next_is(walk *w, ll_json_token token) {
  return ll_json_next(&w->json) == token;
}

static int key_is(const walk *w, const char *name) {
  size_t n = strlen(name);
  return w->json.length == n && memcmp(w->json.text, name, n) == 0;
}

static int once(walk *w, unsigned what) {
  if (w->seen & what) return 0;
  w->seen |= what;
  return 1;
}

/* A key with an escape might be any name: it gives up. */
static int object(walk *w, member_fn *member) {
  ll_json_token token;
  if (!next_is(w, LL_JSON_OBJECT)) return 0;
  while ((token = ll_json_next(&w->json)) == LL_JSON_KEY)
    if (w->json.escaped || !member(w)) return 0;
  return token == LL_JSON_OBJECT_END;
}

static int take_content(walk *w) {
  ll_json_token token = ll_json_next(&w->json);
  if (token == LL_JSON_NULL) return 1;
  if (token != LL_JSON_STRING) return 0;
  w->content.at = w->json.text;
  w->content.len = w->json.length;
  w->content.escaped = w->json.escaped;
  return 1;
}

static int string_or_null(walk *w) {
  ll_json_token token = ll_json_next(&w->json);
  if (token == LL_JSON_STRING) w->seen |= SAYS_MORE;
  return token == LL_JSON_STRING || token == LL_JSON_NULL;
}

static int delta_member(walk *w) {
  if (key_is(w, "content")) return once(w, SEEN_CONTENT) && take_content(w);
  if (key_is(w, "role")) return once(w, SEEN_ROLE) && string_or_null(w);
  return next_is(w, LL_JSON_NULL);
}

static int zero_or_null(walk *w) {
  ll_json_token token = ll_json_next(&w->json);
  return token == LL_JSON_NULL ||
         (token == LL_JSON_INTEGER && w->json.integer == 0);
}

static int choice_member(walk *w) {
  if (key_is(w, "delta")) return once(w, SEEN_DELTA) && object(w, delta_member);
  if (key_is(w, "index")) return once(w, SEEN_INDEX) && zero_or_null(w);
  if (key_is(w, "finish_reason"))
    return once(w, SEEN_FINISH) && string_or_null(w);
  return next_is(w, LL_JSON_NULL);
}

static int one_choice(walk *w) {
  return next_is(w, LL_JSON_ARRAY) && object(w, choice_member) &&
         next_is(w, LL_JSON_ARRAY_END);
}

/* Members that say nothing about the text. */
static int is_constant(const walk *w) {
  return key_is(w, "id") || key_is(w, "object") || key_is(w, "created") ||
         key_is(w, "model") || key_is(w, "system_fingerprint") ||
         key_is(w, "service_tier");
}

/* Some providers send all of them with every chunk. */
static int take_citations(walk *w) {
  ll_json_token token = ll_json_skip(&w->json);
  if (token != LL_JSON_NULL) w->seen |= SAYS_MORE;
  return token != LL_JSON_ERROR;
}

static int chunk_member(walk *w) {
  if (is_constant(w)) return ll_json_skip(&w->json) != LL_JSON_ERROR;
  if (key_is(w, "choices")) return once(w, SEEN_CHOICES) && one_choice(w);
  if (key_is(w, "citations")) return take_citations(w);
  return next_is(w, LL_JSON_NULL);
}

static int find_content(ll_chunk *c, const char *json, size_t len,
                        span *content) {
  ll_json_limits limits = {c->depth, SIZE_MAX, SIZE_MAX};
  walk w;
  ll_json_init(&w.json, json, len, c->depth ? &limits : NULL);
  w.seen = 0;
  w.content.at = json;
  w.content.len = 0;
  w.content.escaped = 0;
  if (!object(&w, chunk_member) || !next_is(&w, LL_JSON_END)) return 0;
  *content = w.content;
  c->more = (w.seen & SAYS_MORE) != 0;
  return (w.seen & SEEN_DELTA) != 0;
}

/* ---- the frame ---- */

/* In the frame of the chunk before, a chunk says nothing new but its text. The
 * bytes before the text end just behind its opening quote, those after it
 * begin with its closing quote. Where both are the same, and the string between
 * them ends where it should, the document is read token by token like the one
 * that set the frame, but for that one string. */
static int in_frame(const ll_chunk *c, const char *json, size_t len,
                    span *content) {
  const char *frame = ll_buffer_begin(&c->frame);
  size_t after = c->frame.len - c->before;
  ll_json_text text;
  if (c->before == 0 || len <= c->frame.len) return 0;
  if (memcmp(json, frame, c->before) != 0 ||
      memcmp(json + len - after, frame + c->before, after) != 0)
    return 0;
  content->at = json + c->before;
  content->len = len - c->frame.len;
  if (ll_json_text_scan(content->at, json + len, &text)) return 0;
  content->escaped = text.escaped;
  return text.end == content->at + content->len;
}

static void keep_frame(ll_chunk *c, const char *json, size_t len,
                       const span *content) {
  size_t before = (size_t)(content->at - json);
  ll_buffer_clear(&c->frame);
  c->before = 0;
  if (ll_buffer_append(&c->frame, json, before) != LL_OK) return;
  if (ll_buffer_append(&c->frame, content->at + content->len,
                       len - before - content->len) == LL_OK)
    c->before = before;
}

/* No escape is shorter than what it stands for. */
static int unescape(ll_buffer *text, span *content) {
  ll_status why;
  char *to;
  ll_buffer_clear(text);
  to = ll_buffer_reserve(text, content->len, &why);
  if (!to) return 0;
  content->len = ll_json_text_decode(to, content->at, content->len);
  content->at = to;
  ll_buffer_grow(text, content->len);
  return 1;
}

void ll_chunk_forget(ll_chunk *c) {
  c->before = 0;
}

ll_status ll_chunk_text(ll_chunk *c, const char *json, size_t len,
                        const char **text, size_t *text_len) {
  span found;
  c->more = 0;
  c->framed = in_frame(c, json, len, &found);
  if (!c->framed) {
    ll_chunk_forget(c);
    if (!find_content(c, json, len, &found)) return LL_AGAIN;
    if (found.len) keep_frame(c, json, len, &found);
  }
  if (found.escaped && !unescape(&c->text, &found)) {
    ll_chunk_forget(c);
    return LL_AGAIN;
  }
  *text = found.at;
  *text_len = found.len;
  return LL_OK;
}
