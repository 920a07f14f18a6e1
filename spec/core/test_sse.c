/* Server-sent events: the cases of the WHATWG text and of the clients of the
 * OpenAI API, each at every split, and random streams beside a plain parser. */
#include "check.h"
#include "sse_trace.h"

/* ---- whole streams as text ---- */

static char *as_text(const char *p, size_t n, const unsigned char *cuts,
                     size_t ncuts) {
  static ll_buffer out;
  ll_sse s;
  ll_buffer in;
  size_t at, i;
  out.limit = SIZE_MAX;
  ll_buffer_clear(&out);
  ll_sse_init(&s, SIZE_MAX);
  ll_buffer_init(&in, SIZE_MAX);
  for (at = 0, i = 0; at < n; i++) {
    size_t piece = i < ncuts ? cuts[i] : n - at, used;
    ll_sse_event ev;
    if (piece > n - at) piece = n - at;
    put(&in, p + at, piece);
    at += piece;
    while (ll_sse_next(&s, ll_buffer_begin(&in), in.len, &ev, &used) == LL_OK) {
      if (ev.type_len) put(&out, ev.type, ev.type_len);
      put(&out, "<", 1);
      put(&out, ev.data, ev.data_len);
      put(&out, ">", 1);
      ll_buffer_consume(&in, used);
    }
    ll_buffer_consume(&in, used);
  }
  put(&out, "", 1);
  ll_buffer_free(&in);
  ll_sse_free(&s);
  return out.data + out.head;
}

/* The stream gives these events in one piece, at every split in two, with an
 * empty read between, and byte for byte. */
static void gives(const char *p, size_t n, const char *events) {
  unsigned char cuts[2], ones[255];
  size_t i;
  char *got = as_text(p, n, NULL, 0);
  int same = strcmp(got, events) == 0;
  if (!same) printf("expected %s\ngot      %s\n", events, got);
  CHECK(same);
  for (same = 1, i = 0; i < n && i < 255; i++) {
    cuts[0] = (unsigned char)i;
    cuts[1] = 0;
    same = same && strcmp(as_text(p, n, cuts, 2), events) == 0;
  }
  CHECK(same);
  memset(ones, 1, sizeof ones);
  CHECK(strcmp(as_text(p, n, ones, sizeof ones), events) == 0);
}

#define GIVES(stream, events) gives(stream, sizeof(stream) - 1, events)

static void test_line_ends(void) {
  GIVES("data: x\n\n", "<x>");
  GIVES("data: x\r\n\r\n", "<x>");
  GIVES("data: x\r\r", "<x>");
  GIVES("data: x\r\n\n", "<x>");
  GIVES("data: x\n\r", "<x>");
  GIVES("data: x\n\r\n", "<x>");
  GIVES("data: a\r\n\ndata: b\n\rdata: c\r\rdata: d\n\n", "<a><b><c><d>");
  GIVES("data: a\r\n\r\ndata: b\r\n\r\n", "<a><b>");
}

static void test_blank_lines(void) {
  GIVES("", "");
  GIVES("\n\n\r\n\r", "");
  GIVES("data: x\n", "");
  GIVES("data: x", "");
  GIVES("data: x\n\n\n\n\ndata: y\n\n", "<x><y>");
}

static void test_fields(void) {
  GIVES("data:x\n\n", "<x>");
  GIVES("data:  x\n\n", "< x>");
  GIVES("data: x \n\n", "<x >");
  GIVES("data:\tx\n\n", "<\tx>");
  GIVES("data: a: b\n\n", "<a: b>");
  GIVES("data\n\n", "<>");
  GIVES("data:\n\n", "<>");
  GIVES("data: \n\n", "<>");
  GIVES("datum: x\n\n", "");
  GIVES("dat: x\ndata : y\n data: z\nDATA: w\n\n", "");
  GIVES("nonsense\ndata: x\nfoo: bar\n\n", "<x>");
  GIVES(": data: x\n:\n::\n\n", "");
  GIVES(": ping\n\ndata: x\n: more\n\n", "<x>");
}

static void test_several_data_lines(void) {
  GIVES("data: a\ndata: b\n\n", "<a\nb>");
  GIVES("data: {\ndata:  \"a\": 1\ndata\ndata:\ndata: }\n\n",
        "<{\n \"a\": 1\n\n\n}>");
  GIVES("data\ndata\n\n", "<\n>");
  GIVES("data:\ndata: x\n\n", "<\nx>");
  GIVES("data: a\n: between\ndata: b\n\n", "<a\nb>");
}

static void test_bytes_that_are_no_line_ends(void) {
  GIVES("data: {\"a\":\"x\\n\\ny\"}\n\n", "<{\"a\":\"x\\n\\ny\"}>");
  GIVES("data: a\xE2\x80\xA8"
        "b\xE2\x80\xA9"
        "c\xC2\x85"
        "d\x0B\x0C\n\n",
        "<a\xE2\x80\xA8"
        "b\xE2\x80\xA9"
        "c\xC2\x85"
        "d\x0B\x0C>");
  GIVES("data: \xF0\x9F\x98\x80\n\n", "<\xF0\x9F\x98\x80>");
}

static void test_event_names(void) {
  GIVES("event: ping\ndata: x\n\ndata: y\n\n", "ping<x><y>");
  GIVES("data: x\nevent: late\n\n", "late<x>");
  GIVES("event: a\nevent: b\ndata: x\n\n", "b<x>");
  GIVES("event: a\nevent\ndata: x\n\n", "<x>");
  GIVES("event: ping\n\ndata: x\n\n", "<x>");
  GIVES("event: ping\n: c\nid: 1\n\n", "");
}

static void test_bom(void) {
  GIVES("\xEF\xBB\xBF"
        "data: x\n\n",
        "<x>");
  GIVES("\xEF\xBB\xBF\n\ndata: x\n\n", "<x>");
  GIVES("\xEF\xBB\xBF\xEF\xBB\xBF"
        "data: x\n\n",
        "");
  GIVES("\xEF\xBB"
        "data: x\n\ndata: y\n\n",
        "<y>");
  GIVES("data: x\n\n\xEF\xBB\xBF"
        "data: y\n\n",
        "<x>");
}

/* ---- id and retry ---- */

static ll_sse parser_after(const char *p, size_t n) {
  ll_sse s;
  ll_sse_event ev;
  size_t used;
  ll_sse_init(&s, 1000);
  while (ll_sse_next(&s, p, n, &ev, &used) == LL_OK) {
    p += used;
    n -= used;
  }
  return s;
}

static int id_is(const char *p, size_t n, const char *id) {
  ll_sse s = parser_after(p, n);
  int same = s.id.len == strlen(id) && memcmp(s.id.data, id, s.id.len) == 0;
  ll_sse_free(&s);
  return same;
}

static long retry_after(const char *p) {
  ll_sse s = parser_after(p, strlen(p));
  long retry = s.retry;
  ll_sse_free(&s);
  return retry;
}

#define ID(stream, id) CHECK(id_is(stream, sizeof(stream) - 1, id))

static void test_id(void) {
  ID("id: 7\ndata: x\n\ndata: y\n\n", "7");
  ID("id: 7\n\nid: 8\ndata: y\n\n", "8");
  ID("id: 7\ndata: x\n\nid\ndata: y\n\n", "");
  ID("id: 7\nid: a\0b\n\n", "7");
  ID("id: 7\n", "7");
}

static void test_retry(void) {
  CHECK(retry_after("data: x\n\n") == -1);
  CHECK(retry_after("retry: 1500\n") == 1500);
  CHECK(retry_after("retry: 1500\nretry: 0\n") == 0);
  CHECK(retry_after("retry: 1500\nretry: 2s\nretry: -1\nretry:\n") == 1500);
  CHECK(retry_after("retry:  5\n") == -1);
  CHECK(retry_after("retry: 99999999999999999999999\n") == LONG_MAX);
}

static void test_comment_is_reported(void) {
  ll_sse s = parser_after(": ping\n\n", 8);
  CHECK(s.comment == 1);
  ll_sse_free(&s);
  s = parser_after("data: x\n\n", 9);
  CHECK(s.comment == 0);
  ll_sse_free(&s);
}

/* ---- where the bytes are ---- */

static void test_common_event_is_not_copied(void) {
  static const char text[] = "event: e\ndata: {}\nid: 1\n\n";
  ll_sse s;
  ll_sse_event ev;
  size_t used;
  ll_sse_init(&s, 100);
  CHECK(ll_sse_next(&s, text, sizeof text - 1, &ev, &used) == LL_OK);
  CHECK(ev.data == text + 15 && ev.data_len == 2 && used == sizeof text - 1);
  CHECK(s.data.cap == 0);
  ll_sse_free(&s);
}

static void test_ignored_lines_take_no_memory(void) {
  ll_buffer text;
  ll_sse s;
  ll_sse_event ev;
  size_t used;
  int i;
  ll_buffer_init(&text, SIZE_MAX);
  for (i = 0; i < 10000; i++)
    put(&text, ": a comment\nwhat: is this\n\n", 27);
  ll_sse_init(&s, 100);
  CHECK(ll_sse_next(&s, text.data, text.len, &ev, &used) == LL_AGAIN);
  CHECK(used == text.len);
  CHECK(s.data.cap + s.type.cap + s.id.cap == 0);
  ll_buffer_free(&text);
  ll_sse_free(&s);
}

/* A large event's memory goes once the event is done with. */
static void test_large_memory_goes(void) {
  static char line[2 * 1024 * 1024];
  ll_sse s;
  ll_sse_event ev;
  size_t used;
  memset(line, 'x', sizeof line);
  memcpy(line, "data: ", 6);
  line[sizeof line - 1] = '\n';
  ll_sse_init(&s, SIZE_MAX);
  CHECK(ll_sse_next(&s, line, sizeof line, &ev, &used) == LL_AGAIN);
  CHECK(used == sizeof line && s.data.len == sizeof line - 7);
  CHECK(ll_sse_next(&s, "\n", 1, &ev, &used) == LL_OK);
  CHECK(ev.data_len == sizeof line - 7 && ev.data[ev.data_len - 1] == 'x');
  CHECK(ll_sse_next(&s, ": c\n", 4, &ev, &used) == LL_AGAIN);
  CHECK(s.data.cap == 0);
  ll_sse_free(&s);
}

/* ---- large input, in time that is linear: else this would not end ---- */

static void test_many_events_in_one_read(void) {
  ll_buffer text;
  ll_sse s;
  ll_sse_event ev;
  size_t at = 0, used, events = 0;
  int i;
  ll_buffer_init(&text, SIZE_MAX);
  for (i = 0; i < 2000; i++)
    put(&text, "data: {\"a\":1}\n\n", 15);
  ll_sse_init(&s, 100);
  while (ll_sse_next(&s, text.data + at, text.len - at, &ev, &used) == LL_OK) {
    events += ev.data_len == 7;
    at += used;
  }
  CHECK(events == 2000 && at == text.len);
  ll_buffer_free(&text);
  ll_sse_free(&s);
}

static size_t data_size(ll_buffer *text, size_t piece) {
  ll_sse s;
  ll_sse_event ev;
  size_t given, at = 0, used, size = 0;
  ll_sse_init(&s, SIZE_MAX);
  for (given = 0; given < text->len;) {
    given = text->len - given < piece ? text->len : given + piece;
    while (ll_sse_next(&s, text->data + at, given - at, &ev, &used) == LL_OK) {
      size += ev.data_len;
      at += used;
    }
    at += used;
  }
  ll_sse_free(&s);
  return size;
}

static ll_buffer repeated(const char *head, const char *part, size_t times,
                          const char *tail) {
  ll_buffer text;
  ll_buffer_init(&text, SIZE_MAX);
  put(&text, head, strlen(head));
  while (times--)
    put(&text, part, strlen(part));
  put(&text, tail, strlen(tail));
  return text;
}

static void test_large_input_is_linear(void) {
  static const char block[] = "0123456789abcdef0123456789abcdef";
  size_t lines = 10000, n = 64 * 1024 * 1024 + 1 - 7;
  ll_buffer text = repeated("data: ", block, n / 32, "\n\n");
  CHECK(data_size(&text, text.len) == n / 32 * 32);
  CHECK(data_size(&text, 16384) == n / 32 * 32);
  ll_buffer_free(&text);
  text = repeated("data: ", block, 65536, "\n\n");
  CHECK(data_size(&text, 1) == 65536 * 32);
  ll_buffer_free(&text);
  text = repeated("", "data: x\n", lines, "\n");
  CHECK(data_size(&text, text.len) == 2 * lines - 1);
  CHECK(data_size(&text, 1) == 2 * lines - 1);
  ll_buffer_free(&text);
  text = repeated("", "data\r", 2000000, "\r");
  CHECK(data_size(&text, text.len) == 2000000 - 1);
  ll_buffer_free(&text);
  text = repeated("", "\r", 8000000, "data: x\r\r");
  CHECK(data_size(&text, text.len) == 1);
  ll_buffer_free(&text);
}

/* ---- limits ---- */

/* What the parser says in the end, fed in pieces with a limit of 20. */
static ll_status verdict(const char *text, size_t piece) {
  size_t len = strlen(text), given = 0, at = 0, used;
  ll_status st = LL_AGAIN, last = LL_AGAIN;
  ll_sse s;
  ll_sse_event ev;
  ll_sse_init(&s, 20);
  while (given < len && last != LL_LIMIT) {
    given = len - given < piece ? len : given + piece;
    do {
      last = ll_sse_next(&s, text + at, given - at, &ev, &used);
      at += used;
      if (last != LL_AGAIN) st = last;
    } while (last == LL_OK);
  }
  ll_sse_free(&s);
  return st;
}

/* The verdict does not depend on the pieces. */
static int always(const char *text, ll_status expected) {
  size_t piece;
  for (piece = 1; piece <= strlen(text); piece++)
    if (verdict(text, piece) != expected) return 0;
  return 1;
}

static void test_limit(void) {
  CHECK(always("data: 12345678901234567890\n\n", LL_OK));
  CHECK(always("data: 123456789012345678901\n\n", LL_LIMIT));
  CHECK(always("data: 1234567890\ndata: 123456789\n\n", LL_OK));
  CHECK(always("data: 1234567890\ndata: 1234567890\n\n", LL_LIMIT));
  CHECK(always("data: 12345678901234567890\ndata\n\n", LL_LIMIT));
  CHECK(always("event: 12345678901234567890\ndata: x\n\n", LL_OK));
  CHECK(always("event: 123456789012345678901\ndata: x\n\n", LL_LIMIT));
  CHECK(always("id: 123456789012345678901\ndata: x\n\n", LL_LIMIT));
  CHECK(always("data: 12345678901234567890123456789", LL_LIMIT));
  CHECK(always(": a comment that is longer than it may be", LL_LIMIT));
  CHECK(always(": a comment that is longer than it may be\n", LL_LIMIT));
}

/* ---- the end of the input ---- */

static int finishes(const char *text, const char *data) {
  ll_sse s;
  ll_sse_event ev;
  size_t used, len = strlen(text);
  ll_status st;
  int same;
  ll_sse_init(&s, 20);
  while (ll_sse_next(&s, text, len, &ev, &used) == LL_OK) {
    text += used;
    len -= used;
  }
  text += used;
  len -= used;
  st = ll_sse_finish(&s, text, len, &ev);
  same = data ? st == LL_OK && ev.data_len == strlen(data) &&
                    memcmp(ev.data, data, ev.data_len) == 0
              : st == LL_END;
  CHECK(ll_sse_finish(&s, NULL, 0, &ev) == LL_END);
  ll_sse_free(&s);
  return same;
}

static void test_finish(void) {
  CHECK(finishes("", NULL));
  CHECK(finishes("data: x\n\n", NULL));
  CHECK(finishes("data: x\n", "x"));
  CHECK(finishes("data: x", "x"));
  CHECK(finishes("data: x\r", "x"));
  CHECK(finishes("data: w\n\ndata: x\ndata: y", "x\ny"));
  CHECK(finishes("data: x\nda", "x"));
  CHECK(finishes(": ping", NULL));
  CHECK(finishes("event: x\nid: 1", NULL));
}

/* ---- beside the plain parser ---- */

static unsigned long random_state = 1;

static unsigned random_below(unsigned n) {
  random_state = random_state * 6364136223846793005UL + 1442695040888963407UL;
  return (unsigned)(random_state >> 33) % n;
}

static size_t random_stream(char *to, size_t most) {
  static const char *const parts[] = {
      "data", "data:", "data: ",    "event:",    "id:",          "retry: 12",
      ":",    " ",     "\n",        "\r",        "\r\n",         "\n\n",
      "x",    "\r\r",  "data: y\n", "{\"a\":1}", "\xEF\xBB\xBF", "\r\n\r\n"};
  size_t n = 0, count = random_below(30);
  while (count--) {
    const char *part = parts[random_below(sizeof parts / sizeof *parts)];
    size_t len = strlen(part);
    if (n + len > most) break;
    memcpy(to + n, part, len);
    n += len;
    if (random_below(40) == 0 && n < most) to[n++] = '\0';
  }
  return n;
}

static void test_random_streams(void) {
  int i, agree = 1;
  for (i = 0; i < 20000 && agree; i++) {
    char text[256];
    unsigned char cuts[4];
    size_t n = random_stream(text, sizeof text), j;
    for (j = 0; j < sizeof cuts; j++)
      cuts[j] = (unsigned char)random_below(i % 3 ? 4 : 40);
    agree = traces_agree(text, n, cuts, sizeof cuts);
    if (!agree) printf("differs: %.*s\n", (int)n, text);
  }
  CHECK(agree);
}

int main(void) {
  test_line_ends();
  test_blank_lines();
  test_fields();
  test_several_data_lines();
  test_bytes_that_are_no_line_ends();
  test_event_names();
  test_bom();
  test_id();
  test_retry();
  test_comment_is_reported();
  test_common_event_is_not_copied();
  test_ignored_lines_take_no_memory();
  test_large_memory_goes();
  test_many_events_in_one_read();
  test_large_input_is_linear();
  test_limit();
  test_finish();
  test_random_streams();
  return report();
}
