/* Server-sent events after the WHATWG text. The common event, one data line
 * and a blank line in one piece, is handed out where it lies; only what is
 * spread over lines or over calls is copied. */
#include "sse.h"

#include <limits.h>
#include <string.h>

enum {
  /* What a line may hold besides the value, as in "event: ". */
  FIELD_NAME = 8,
  /* How far the search for LF may run ahead of the search for CR. */
  WINDOW = 512
};

/* The input of one call. A first data line is held, not copied, until the
 * event ends, or else until the call does. */
typedef struct input {
  const char *bytes;
  size_t len, pos;
  const char *held;
  size_t held_len;
} input;

void ll_sse_init(ll_sse *s, size_t limit) {
  memset(s, 0, sizeof *s);
  ll_buffer_init(&s->data, limit);
  ll_buffer_init(&s->type, limit);
  ll_buffer_init(&s->id, limit);
  s->retry = -1;
}

void ll_sse_free(ll_sse *s) {
  ll_buffer_free(&s->data);
  ll_buffer_free(&s->type);
  ll_buffer_free(&s->id);
}

/* ---- lines ---- */

/* Where the line ends, or len. The two searches go window by window: a stream
 * whose lines end with CR alone would else be searched for LF to its end again
 * for every line. */
static size_t line_end(const char *line, size_t from, size_t len) {
  while (from < len) {
    size_t n = len - from < WINDOW ? len - from : WINDOW;
    const char *lf = memchr(line + from, '\n', n);
    const char *cr;
    if (lf) n = (size_t)(lf - line) - from;
    cr = memchr(line + from, '\r', n);
    if (cr) return (size_t)(cr - line);
    if (lf) return (size_t)(lf - line);
    from += n;
  }
  return len;
}

static int too_long(const ll_sse *s, size_t line_len) {
  return line_len > FIELD_NAME && line_len - FIELD_NAME > s->data.limit;
}

/* Finds the line at in->pos. LL_AGAIN: its end is not there yet. */
static ll_status find_line(ll_sse *s, const input *in, size_t *line_len) {
  const char *line = in->bytes + in->pos;
  size_t left = in->len - in->pos;
  size_t n = left && *line == '\n' ? 0 : line_end(line, s->scanned, left);
  s->scanned = n < left ? 0 : left;
  *line_len = n;
  if (too_long(s, n)) return LL_LIMIT;
  return n < left ? LL_OK : LL_AGAIN;
}

/* Steps over a line of n bytes and its end. */
static void pass_line(ll_sse *s, input *in, size_t n) {
  char end = in->bytes[in->pos + n];
  in->pos += n + 1;
  if (end == '\n') return;
  if (in->pos == in->len)
    s->skip_lf = 1;
  else if (in->bytes[in->pos] == '\n')
    in->pos++;
}

/* ---- fields ---- */

static ll_status flush_held(ll_sse *s, input *in) {
  const char *held = in->held;
  in->held = NULL;
  return held ? ll_buffer_append(&s->data, held, in->held_len) : LL_OK;
}

static ll_status data_line(ll_sse *s, input *in, const char *value, size_t n) {
  ll_status st;
  if (n > s->data.limit) return LL_LIMIT;
  if (!s->has_data) {
    s->has_data = 1;
    in->held = value;
    in->held_len = n;
    return LL_OK;
  }
  st = flush_held(s, in);
  if (st == LL_OK) st = ll_buffer_append(&s->data, "\n", 1);
  return st == LL_OK ? ll_buffer_append(&s->data, value, n) : st;
}

static ll_status set_field(ll_buffer *field, const char *value, size_t n) {
  ll_buffer_clear(field);
  return ll_buffer_append(field, value, n);
}

/* Digits only; anything else is ignored, and a huge number is a long wait. */
static void retry_line(ll_sse *s, const char *value, size_t n) {
  long ms = 0;
  size_t i;
  for (i = 0; i < n; i++) {
    int digit = value[i] - '0';
    if (digit < 0 || digit > 9) return;
    ms = ms > (LONG_MAX - digit) / 10 ? LONG_MAX : ms * 10 + digit;
  }
  if (n) s->retry = ms;
}

static int is(const char *name, size_t n, const char *word, size_t len) {
  return n == len && memcmp(name, word, len) == 0;
}

static ll_status take_line(ll_sse *s, input *in, const char *line, size_t n) {
  const char *colon = memchr(line, ':', n);
  size_t name = colon ? (size_t)(colon - line) : n;
  const char *value = colon ? colon + 1 : line + n;
  if (colon && value < line + n && *value == ' ') value++;
  n -= (size_t)(value - line);

  if (is(line, name, "data", 4)) return data_line(s, in, value, n);
  if (is(line, name, "event", 5)) return set_field(&s->type, value, n);
  if (is(line, name, "id", 2) && !memchr(value, '\0', n))
    return set_field(&s->id, value, n);
  if (is(line, name, "retry", 5)) retry_line(s, value, n);
  if (name == 0) s->comment = 1;
  return LL_OK;
}

/* ---- events ---- */

/* At a blank line. The buffers are emptied, but what they held stays in place
 * until the next call writes to them. */
static ll_status dispatch(ll_sse *s, const input *in, ll_sse_event *ev) {
  ll_status st = s->has_data ? LL_OK : LL_AGAIN;
  ev->data = in->held ? in->held : ll_buffer_begin(&s->data);
  ev->data_len = in->held ? in->held_len : s->data.len;
  ev->type = ll_buffer_begin(&s->type);
  ev->type_len = s->type.len;
  if (!ev->data) ev->data = "";
  if (!ev->type) ev->type = "";
  ll_buffer_consume(&s->data, s->data.len);
  ll_buffer_consume(&s->type, s->type.len);
  s->has_data = 0;
  return st;
}

/* Passes over what may stand before the first line. 0: not enough bytes. */
static int skip_prefix(ll_sse *s, input *in) {
  static const char bom[] = "\xEF\xBB\xBF";
  if (!s->started) {
    size_t n = in->len < 3 ? in->len : 3;
    int same = memcmp(in->bytes, bom, n) == 0;
    if (same && n < 3) return 0;
    if (same) in->pos = 3;
    s->started = 1;
  }
  if (s->skip_lf) {
    if (in->bytes[in->pos] == '\n') in->pos++;
    s->skip_lf = 0;
  }
  return 1;
}

static ll_status next_event(ll_sse *s, input *in, ll_sse_event *ev) {
  for (;;) {
    const char *line = in->bytes + in->pos;
    size_t n;
    ll_status st = find_line(s, in, &n);
    if (st == LL_OK && n) st = take_line(s, in, line, n);
    if (st != LL_OK) return st;
    pass_line(s, in, n);
    if (n == 0 && dispatch(s, in, ev) == LL_OK) return LL_OK;
  }
}

ll_status ll_sse_next(ll_sse *s, const char *bytes, size_t len,
                      ll_sse_event *ev, size_t *used) {
  input in = {bytes, len, 0, NULL, 0};
  ll_status st;
  *used = 0;
  if (!s->has_data) ll_buffer_clear(&s->data);
  if (len == 0 || !skip_prefix(s, &in)) return LL_AGAIN;
  st = next_event(s, &in, ev);
  if (st == LL_AGAIN && flush_held(s, &in) != LL_OK) st = LL_NOMEM;
  *used = in.pos;
  return st;
}

ll_status ll_sse_finish(ll_sse *s, const char *bytes, size_t len,
                        ll_sse_event *ev) {
  input in = {bytes, len, 0, NULL, 0};
  ll_status st = LL_OK;
  if (!s->has_data) ll_buffer_clear(&s->data);
  if (len) st = take_line(s, &in, bytes, len);
  if (st != LL_OK) return st;
  s->scanned = 0;
  return dispatch(s, &in, ev) == LL_OK ? LL_OK : LL_END;
}
