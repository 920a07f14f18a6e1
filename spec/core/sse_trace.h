#ifndef SSE_TRACE_H
#define SSE_TRACE_H

/* What a stream of server-sent events says, as text: once from the parser, fed
 * in pieces, and once from a plain reading of the WHATWG text that is slow and
 * obvious. Both have to be the same. */
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sse.h"

static void must(int ok) {
  if (!ok) abort();
}

static void put(ll_buffer *out, const void *bytes, size_t n) {
  must(ll_buffer_append(out, bytes, n) == LL_OK);
}

/* The length stands before the bytes, so that no two traces look alike. */
static void put_field(ll_buffer *out, const char *name, const char *p,
                      size_t n) {
  char head[48];
  int len = snprintf(head, sizeof head, "%s %zu=", name, n);
  put(out, head, (size_t)len);
  put(out, p, n);
}

static void put_event(ll_buffer *out, const ll_sse_event *ev, const char *id,
                      size_t id_len) {
  put_field(out, "[type", ev->type, ev->type_len);
  put_field(out, " data", ev->data, ev->data_len);
  put_field(out, " id", id, id_len);
  put(out, "]", 1);
}

static void put_retry(ll_buffer *out, long retry) {
  char text[32];
  put(out, text, (size_t)snprintf(text, sizeof text, "retry %ld", retry));
}

/* ---- the parser ---- */

/* Takes all events out of `in`. Each call gets a block of its own of just the
 * unread bytes, so that a sanitizer sees a read beyond them, and one that is
 * gone by the next call. */
static ll_status drain(ll_sse *s, ll_buffer *in, ll_buffer *out) {
  ll_status st;
  do {
    size_t n = in->len, used;
    char *copy = malloc(n ? n : 1);
    ll_sse_event ev;
    must(copy != NULL);
    if (n) memcpy(copy, ll_buffer_begin(in), n);
    st = ll_sse_next(s, copy, n, &ev, &used);
    must(used <= n);
    if (st == LL_OK) put_event(out, &ev, ll_buffer_begin(&s->id), s->id.len);
    ll_buffer_consume(in, used);
    free(copy);
  } while (st == LL_OK);
  return st;
}

/* Piece after piece of the sizes in cuts, over and over; 0 is an empty read. */
static void trace_parser(const char *p, size_t n, const unsigned char *cuts,
                         size_t ncuts, ll_buffer *out) {
  ll_sse s;
  ll_buffer in;
  size_t at = 0, i = 0;
  ll_sse_init(&s, SIZE_MAX);
  ll_buffer_init(&in, SIZE_MAX);
  while (at < n) {
    size_t piece = cuts[i++ % ncuts];
    if (i > ncuts && i % ncuts == 0) piece++; /* all may be 0 */
    if (piece > n - at) piece = n - at;
    put(&in, p + at, piece);
    at += piece;
    must(drain(&s, &in, out) == LL_AGAIN);
  }
  put_retry(out, s.retry);
  ll_buffer_free(&in);
  ll_sse_free(&s);
}

/* ---- the plain reading ---- */

typedef struct plain {
  ll_buffer data, type, id;
  long retry;
} plain;

static int named(const char *line, size_t n, const char *name) {
  return n == strlen(name) && memcmp(line, name, n) == 0;
}

static void plain_retry(plain *s, const char *p, size_t n) {
  size_t i;
  long ms = 0;
  for (i = 0; i < n; i++) {
    if (p[i] < '0' || p[i] > '9') return;
    if (ms > (LONG_MAX - 9) / 10)
      ms = LONG_MAX;
    else
      ms = ms * 10 + (p[i] - '0');
  }
  if (n) s->retry = ms;
}

static void plain_field(plain *s, const char *line, size_t n) {
  size_t name = 0, value;
  while (name < n && line[name] != ':')
    name++;
  value = name < n ? name + 1 : n;
  if (value < n && line[value] == ' ') value++;
  if (named(line, name, "data")) {
    put(&s->data, line + value, n - value);
    put(&s->data, "\n", 1);
  } else if (named(line, name, "event")) {
    ll_buffer_clear(&s->type);
    put(&s->type, line + value, n - value);
  } else if (named(line, name, "id") && !memchr(line + value, 0, n - value)) {
    ll_buffer_clear(&s->id);
    put(&s->id, line + value, n - value);
  } else if (named(line, name, "retry")) {
    plain_retry(s, line + value, n - value);
  }
}

static void plain_blank(plain *s, ll_buffer *out) {
  if (s->data.len) {
    ll_sse_event ev;
    ev.data = ll_buffer_begin(&s->data);
    ev.data_len = s->data.len - 1;
    ev.type = ll_buffer_begin(&s->type);
    ev.type_len = s->type.len;
    put_event(out, &ev, ll_buffer_begin(&s->id), s->id.len);
  }
  ll_buffer_clear(&s->data);
  ll_buffer_clear(&s->type);
}

static void trace_plain(const char *p, size_t n, ll_buffer *out) {
  plain s;
  size_t at = 0, end;
  memset(&s, 0, sizeof s);
  s.data.limit = s.type.limit = s.id.limit = SIZE_MAX;
  s.retry = -1;
  if (n >= 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0) at = 3;
  for (; at < n; at = end + 1) {
    for (end = at; end < n && p[end] != '\n' && p[end] != '\r';)
      end++;
    if (end == n) break;
    if (end == at)
      plain_blank(&s, out);
    else
      plain_field(&s, p + at, end - at);
    if (p[end] == '\r' && end + 1 < n && p[end + 1] == '\n') end++;
  }
  put_retry(out, s.retry);
  ll_buffer_free(&s.data);
  ll_buffer_free(&s.type);
  ll_buffer_free(&s.id);
}

static int traces_agree(const char *p, size_t n, const unsigned char *cuts,
                        size_t ncuts) {
  ll_buffer a, b;
  int same;
  ll_buffer_init(&a, SIZE_MAX);
  ll_buffer_init(&b, SIZE_MAX);
  trace_parser(p, n, cuts, ncuts, &a);
  trace_plain(p, n, &b);
  same = a.len == b.len &&
         memcmp(ll_buffer_begin(&a), ll_buffer_begin(&b), a.len) == 0;
  ll_buffer_free(&a);
  ll_buffer_free(&b);
  return same;
}

#endif
