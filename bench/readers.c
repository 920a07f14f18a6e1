/* readers MODE COUNT: runs that many chunks of a stream through the readers of
 * the core, in pieces as they come from a socket, for counting instructions.
 *   sse   finds the events         text  and the text in each
 *   json  and reads each token of each */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "chunk.h"
#include "json.h"
#include "payload.h"
#include "sse.h"

enum { PIECE = 16384, LIMIT = 1 << 30 };

static void fail(const char *what) {
  fprintf(stderr, "readers: %s\n", what);
  exit(1);
}

/* The events without the frames of HTTP. */
static ll_buffer unframed(const ring *r) {
  ll_buffer b;
  size_t i;
  ll_buffer_init(&b, LIMIT);
  for (i = 0; i < r->count; i++) {
    const char *frame = r->bytes + r->at[i], *event = strchr(frame, '\n') + 1;
    size_t n = r->at[i + 1] - r->at[i] - (size_t)(event - frame) - 2;
    if (ll_buffer_append(&b, event, n) != LL_OK) fail("no memory");
  }
  return b;
}

static size_t walk(const ll_sse_event *ev) {
  ll_json r;
  ll_json_token token;
  size_t n = 0;
  ll_json_init(&r, ev->data, ev->data_len, NULL);
  while ((token = ll_json_next(&r)) > LL_JSON_END)
    n += r.length;
  if (token == LL_JSON_ERROR) fail(r.error);
  return n;
}

static size_t text(ll_chunk *c, const ll_sse_event *ev) {
  const char *at;
  size_t n;
  if (ll_chunk_text(c, ev->data, ev->data_len, &at, &n) != LL_OK)
    fail("no text in a chunk");
  return n;
}

static size_t take_events(ll_buffer *unread, ll_sse *s, ll_chunk *c,
                          char mode) {
  ll_sse_event ev;
  ll_status status = LL_OK;
  size_t used, n = 0;
  while (status == LL_OK && unread->len) {
    status = ll_sse_next(s, ll_buffer_begin(unread), unread->len, &ev, &used);
    if (status == LL_OK && mode == 't') n += text(c, &ev);
    if (status == LL_OK && mode == 'j') n += walk(&ev);
    ll_buffer_consume(unread, used);
  }
  return n;
}

int main(int argc, char **argv) {
  ll_buffer events = unframed(payload_events(0)), unread;
  size_t left, at = 0, n, sum = 0;
  ll_sse s;
  ll_chunk c;
  if (argc != 3) fail("usage: readers sse|text|json COUNT");
  /* The ring holds 1000 events, so COUNT is rounded down to those. */
  left = strtoul(argv[2], NULL, 10) / payload_events(0)->count * events.len;
  ll_buffer_init(&unread, LIMIT);
  ll_sse_init(&s, LIMIT);
  ll_chunk_init(&c, 0);
  for (; left; left -= n, at = (at + n) % events.len) {
    n = left < PIECE ? left : PIECE;
    if (n > events.len - at) n = events.len - at;
    if (ll_buffer_append(&unread, ll_buffer_begin(&events) + at, n) != LL_OK)
      fail("no memory");
    sum += take_events(&unread, &s, &c, argv[1][0]);
  }
  printf("%lu\n", (unsigned long)sum);
  ll_chunk_free(&c);
  ll_sse_free(&s);
  ll_buffer_free(&unread);
  ll_buffer_free(&events);
  return 0;
}
