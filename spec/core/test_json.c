/* The JSON reader, as the sequence of its tokens. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "json_text.h"

static int passed, failed;

static void expect(const char *what, const char *got, const char *expected) {
  if (strcmp(got, expected) == 0) {
    passed++;
    return;
  }
  failed++;
  printf("FAILED: %s\n  expected %s\n  got      %s\n", what, expected, got);
}

static void expect_number(const char *what, size_t got, size_t expected) {
  char a[32], b[32];
  sprintf(a, "%zu", got);
  sprintf(b, "%zu", expected);
  expect(what, a, b);
}

/* ---- tokens as text ---- */

static char trace[8192];
static size_t used;

static void say(const char *text, size_t len) {
  if (used + len >= sizeof trace) abort();
  memcpy(trace + used, text, len);
  used += len;
  trace[used] = '\0';
}

/* What is no printable ASCII is shown as <hex>. */
static void say_text(const ll_json *r) {
  char *text = malloc(r->length + 1);
  size_t len = r->length, i;
  if (!text) abort();
  memcpy(text, r->text, len);
  if (r->escaped) len = ll_json_text_decode(text, text, len);
  for (i = 0; i < len; i++) {
    unsigned char c = (unsigned char)text[i];
    char hex[8];
    if (c >= 0x20 && c < 0x7f)
      say(text + i, 1);
    else
      say(hex, (size_t)sprintf(hex, "<%02x>", c));
  }
  free(text);
}

static void say_token(const ll_json *r, ll_json_token token) {
  static const char *const marks[] = {"!", ".", "{", "}", "[", "]", "k",
                                      "s", "i", "n", "T", "F", "N"};
  char number[64];
  say(marks[token], 1);
  if (token == LL_JSON_KEY || token == LL_JSON_STRING) {
    say(":", 1);
    say_text(r);
  } else if (token == LL_JSON_INTEGER) {
    say(number, (size_t)sprintf(number, "%" PRId64, r->integer));
  } else if (token == LL_JSON_NUMBER) {
    say(number, (size_t)sprintf(number, "%.17g", r->number));
  } else if (token == LL_JSON_ERROR) {
    say(number, (size_t)sprintf(number, "%d ", (int)r->offset));
    say(r->error, strlen(r->error));
  }
}

static const char *tokens_of(const char *bytes, size_t len,
                             const ll_json_limits *limits) {
  char *exact = malloc(len ? len : 1); /* so that a sanitizer sees its end */
  ll_json r;
  ll_json_token token;
  if (!exact) abort();
  memcpy(exact, bytes, len);
  used = 0;
  ll_json_init(&r, exact, len, limits);
  do {
    if (used) say(" ", 1);
    token = ll_json_next(&r);
    say_token(&r, token);
  } while (token > LL_JSON_END);
  if (ll_json_next(&r) != token) say(" CHANGED", 8);
  free(exact);
  return trace;
}

static void reads(const char *json, const char *expected) {
  expect(json, tokens_of(json, strlen(json), NULL), expected);
}

/* ---- the grammar ---- */

static void values(void) {
  reads("null", "N .");
  reads(" true ", "T .");
  reads("\t\r\n false\n", "F .");
  reads("\"\"", "s: .");
  reads("12", "i12 .");
  reads("-0", "i0 .");
  reads("1.5e1", "n15 .");
  reads("9223372036854775807", "i9223372036854775807 .");
  reads("-9223372036854775808", "i-9223372036854775808 .");
  reads("9223372036854775808", "n9.2233720368547758e+18 .");
  reads("[]", "[ ] .");
  reads("{}", "{ } .");
  reads(" [ ] ", "[ ] .");
  reads("{ }", "{ } .");
  reads("[1,[2],{}]", "[ i1 [ i2 ] { } ] .");
  reads("{\"a\":[{\"b\":null}],\"c\":1}", "{ k:a [ { k:b N } ] k:c i1 } .");
  reads(" { \"a\" : 1 , \"b\" : [ 1 , 2 ] } ", "{ k:a i1 k:b [ i1 i2 ] } .");
  reads("{\"\":0,\"\":1}", "{ k: i0 k: i1 } .");
}

static void grammar_errors(void) {
  reads("", "!0 value expected, got the end");
  reads("  ", "!2 value expected, got the end");
  reads("nul", "!0 invalid word");
  reads("nulL", "!0 invalid word");
  reads("nullx", "N !4 end expected");
  reads("1 2", "i1 !2 end expected");
  reads("{} []", "{ } !3 end expected");
  reads("[1,]", "[ i1 !3 value expected");
  reads("[,1]", "[ !1 value expected");
  reads("[1 2]", "[ i1 !3 comma or ] expected");
  reads("[1}", "[ i1 !2 comma or ] expected");
  reads("[", "[ !1 value expected, got the end");
  reads("[1", "[ i1 !2 comma or ] expected, got the end");
  reads("]", "!0 value expected");
  reads("{\"a\"}", "{ !4 colon expected");
  reads("{\"a\"", "{ !4 colon expected");
  reads("{\"a\":}", "{ k:a !5 value expected");
  reads("{\"a\":1,}", "{ k:a i1 !7 key in quotes expected");
  reads("{\"a\":1]", "{ k:a i1 !6 comma or } expected");
  reads("{\"a\":1 \"b\":2}", "{ k:a i1 !7 comma or } expected");
  reads("{a:1}", "{ !1 key in quotes expected");
  reads("{1:1}", "{ !1 key in quotes expected");
  reads("{", "{ !1 key in quotes expected");
  reads("{,}", "{ !1 key in quotes expected");
  reads("'a'", "!0 value expected");
  reads("01", "i0 !1 end expected");
  reads("-", "!0 invalid number");
  reads("+1", "!0 value expected");
  reads(".5", "!0 value expected");
  reads("1.", "!0 invalid number");
  reads("NaN", "!0 value expected");
  reads("-Infinity", "!0 invalid number");
  reads("/* */ 1", "!0 value expected");
  reads("\v1", "!0 value expected");
  reads("\xef\xbb\xbf[]", "!0 value expected");
}

static void zero_bytes(void) {
  expect("zero behind", tokens_of("1\0", 2, NULL), "i1 !1 end expected");
  expect("zero in front", tokens_of("\0", 1, NULL), "!0 value expected");
  expect("zero in a string", tokens_of("\"a\0b\"", 5, NULL),
         "!2 control character in a string");
}

/* ---- strings ---- */

static void escapes(void) {
  reads("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "s:\"\\/<08><0c><0a><0d><09> .");
  reads("\"a\\u0000b\"", "s:a<00>b .");
  reads("\"\\u0041\\u00e4\\u20AC\"", "s:A<c3><a4><e2><82><ac> .");
  reads("\"\\u007f\\u0080\\u07ff\\u0800\\uffff\"",
        "s:<7f><c2><80><df><bf><e0><a0><80><ef><bf><bf> .");
  reads("\"\\ud83d\\ude00\"", "s:<f0><9f><98><80> .");
  reads("\"\\uD800\\uDC00\\uDBFF\\uDFFF\"",
        "s:<f0><90><80><80><f4><8f><bf><bf> .");
  reads("\"\\ud83d\"", "s:<ef><bf><bd> .");
  reads("\"\\ud83dx\"", "s:<ef><bf><bd>x .");
  reads("\"\\ude00\"", "s:<ef><bf><bd> .");
  reads("\"\\ud83d\\ud83d\\ude00\"", "s:<ef><bf><bd><f0><9f><98><80> .");
  reads("\"\\ud83d\\u0041\"", "s:<ef><bf><bd>A .");
  reads("\"\\ud83d\\n\"", "s:<ef><bf><bd><0a> .");
  reads("{\"\\u0061\":\"\\u0062\"}", "{ k:a s:b } .");
  reads("\"\xc3\xa4\x7f\xff\"", "s:<c3><a4><7f><ff> .");
  reads("\"0123456789\\n0123456789abcdef\\\\\"",
        "s:0123456789<0a>0123456789abcdef\\ .");
}

static void string_errors(void) {
  reads("\"", "!1 unfinished string");
  reads("\"abc", "!4 unfinished string");
  reads("\"abcdefgh", "!9 unfinished string");
  reads("\"\\\"", "!3 unfinished string");
  reads("\"\\", "!1 invalid escape in a string");
  reads("\"ab\\x\"", "!3 invalid escape in a string");
  reads("\"\\u12\"", "!1 invalid escape in a string");
  reads("\"\\u123", "!1 invalid escape in a string");
  reads("\"\\u12g4\"", "!1 invalid escape in a string");
  reads("\"\\u+123\"", "!1 invalid escape in a string");
  reads("\"\\U0041\"", "!1 invalid escape in a string");
  reads("\"a\nb\"", "!2 control character in a string");
  reads("\"\x1f\"", "!1 control character in a string");
  reads("{\"a\tb\":1}", "{ !3 control character in a string");
}

/* Each special byte at each place of a word, with bytes around it that differ
 * from it by one bit or one. */
static void every_alignment(void) {
  static const char around[] = "! #[]^x\x7f\x80\xff";
  char json[64];
  size_t place, i;
  for (place = 1; place < 40; place++) {
    for (i = 0; i + 1 < sizeof around; i++) {
      ll_json r;
      memset(json, around[i], sizeof json);
      json[0] = json[place + 1] = '"';
      ll_json_init(&r, json, place + 2, NULL);
      expect_number("string", ll_json_next(&r), LL_JSON_STRING);
      expect_number("its length", r.length, place);
      json[place] = '\\';
      ll_json_init(&r, json, sizeof json, NULL);
      ll_json_next(&r);
      expect_number("unfinished behind an escape", r.offset, sizeof json);
      json[place] = 0x1f;
      ll_json_init(&r, json, place + 2, NULL);
      ll_json_next(&r);
      expect_number("place of a control character", r.offset, place);
    }
  }
}

/* The searches in steps of 16 and 8 bytes find what the plain one finds. */
static void any_bytes(void) {
  char bytes[128];
  const char *p, *found, *end = bytes + sizeof bytes;
  unsigned long long state = 1;
  size_t i, round, agreed = 0;
  for (round = 0; round < 2000; round++) {
    for (i = 0; i < sizeof bytes; i++) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      bytes[i] = (char)(state >> 56);
      if (i % 64 < round % 64) bytes[i] |= 0x60; /* longer plain ones, too */
    }
    p = bytes + round % 17;
    found = ll_json_text_plain_bytes(p, end);
    agreed += ll_json_text_plain(p, end) == found &&
              ll_json_text_plain_words(p, end) == found;
  }
  expect_number("random bytes on which they agree", agreed, round);
}

/* ---- limits ---- */

static void depth(void) {
  static char json[2 * LL_JSON_MAX_DEPTH + 10];
  ll_json_limits limits = {2, SIZE_MAX, SIZE_MAX};
  ll_json r;
  size_t n;
  expect("depth 2", tokens_of("[[]]", 4, &limits), "[ [ ] ] .");
  expect("depth 3", tokens_of("[{\"a\":[]}]", 10, &limits),
         "[ { k:a !6 nested too deep");
  for (n = 255; n <= 257; n++) {
    memset(json, '[', n);
    memset(json + n, ']', n);
    ll_json_init(&r, json, 2 * n, NULL);
    expect_number("default depth", ll_json_skip(&r) == LL_JSON_ARRAY_END,
                  n <= 256);
  }
  limits.depth = SIZE_MAX;
  n = LL_JSON_MAX_DEPTH + 1;
  memset(json, '[', n);
  ll_json_init(&r, json, n, &limits);
  ll_json_skip(&r);
  expect("hard limit", r.error, "nested too deep");
}

/* Levels of both kinds over more than one word of the stack of bits. */
static void mixed_depth(void) {
  char json[1024];
  size_t n = 0, i;
  ll_json r;
  for (i = 0; i < 71; i++)
    n += (size_t)sprintf(json + n, i % 3 ? "[" : "{\"a\":");
  for (i = 71; i-- > 0;)
    json[n++] = i % 3 ? ']' : '}';
  ll_json_init(&r, json, n, NULL);
  expect_number("mixed levels", ll_json_skip(&r), LL_JSON_OBJECT_END);
  expect_number("and the end", ll_json_next(&r), LL_JSON_END);
}

static void sizes(void) {
  ll_json_limits limits = {8, 3, 12};
  expect("string at the limit", tokens_of("[\"abc\"]", 7, &limits),
         "[ s:abc ] .");
  expect("string too long", tokens_of("[\"abcd\"]", 8, &limits),
         "[ !1 string too long");
  expect("key too long", tokens_of("{\"abcd\":1}", 10, &limits),
         "{ !1 string too long");
  expect("document at the limit", tokens_of("[          ]", 12, &limits),
         "[ ] .");
  expect("document too large", tokens_of("[           ]", 13, &limits),
         "!0 document too large");
}

/* ---- skipping, finishing, floats ---- */

static void skipping(void) {
  const char *json = "{\"a\":{\"x\":[1,{}]},\"b\":[[],2],\"c\":\"s\",\"d\":4}";
  ll_json r;
  ll_json_init(&r, json, strlen(json), NULL);
  ll_json_next(&r);
  ll_json_next(&r);
  expect_number("object", ll_json_skip(&r), LL_JSON_OBJECT_END);
  expect_number("key", ll_json_next(&r), LL_JSON_KEY);
  expect_number("array", ll_json_skip(&r), LL_JSON_ARRAY_END);
  ll_json_next(&r);
  expect_number("string", ll_json_skip(&r), LL_JSON_STRING);
  ll_json_next(&r);
  expect_number("integer", ll_json_skip(&r), LL_JSON_INTEGER);
  expect_number("its value", (size_t)r.integer, 4);
  expect_number("end of the object", ll_json_next(&r), LL_JSON_OBJECT_END);
  expect_number("end", ll_json_next(&r), LL_JSON_END);
  ll_json_init(&r, "[[1,]]", 6, NULL);
  expect_number("a bad value", ll_json_skip(&r), LL_JSON_ERROR);
  expect_number("where it is", r.offset, 4);
}

/* Reads the floats of an array and tells them, and the tokens that follow. */
static const char *floats_of(const char *json, size_t room) {
  float to[16];
  char number[32];
  size_t n = 0, i;
  ll_json r;
  ll_json_token token;
  used = 0;
  ll_json_init(&r, json, strlen(json), NULL);
  ll_json_next(&r);
  say(number, (size_t)sprintf(number, "%d:", (int)ll_json_count(&r)));
  say(number, (size_t)sprintf(number, "%d", ll_json_floats(&r, to, room, &n)));
  for (i = 0; i < n; i++)
    say(number, (size_t)sprintf(number, " %g", (double)to[i]));
  do {
    say(" ", 1);
    token = ll_json_next(&r);
    say_token(&r, token);
  } while (token > LL_JSON_END);
  return trace;
}

static void floats(void) {
  expect("none", floats_of("[ ]", 16), "0:1 .");
  expect("one", floats_of("[ 1 ]", 16), "1:1 1 .");
  expect("several", floats_of("[1,-2.5,\n3e1 , -4]", 16), "4:1 1 -2.5 30 -4 .");
  expect("exactly as many as there is room", floats_of("[1,2]", 2),
         "2:1 1 2 .");
  expect("no room", floats_of("[1,2]", 1), "2:0 i1 i2 ] .");
  expect("other things", floats_of("[1,\"a\",[]]", 16), "3:0 i1 s:a [ ] ] .");
  expect("a null", floats_of("[1,null]", 16), "2:0 i1 N ] .");
  expect("bad", floats_of("[1,]", 16), "2:0 i1 !3 value expected");
  expect("unfinished", floats_of("[1,2", 16),
         "0:0 i1 i2 !4 comma or ] expected, got the end");
  expect("many commas and minus signs", floats_of("[-1,-2,-3,-4,-5,-6]", 16),
         "6:1 -1 -2 -3 -4 -5 -6 .");
}

/* Peeks at the value of an object's first member, passes it if it is `whole`,
 * and tells what was seen and the tokens that follow. */
static const char *peek_of(const char *json, int whole) {
  size_t len = 0;
  ll_json r;
  ll_json_token token;
  const char *text;
  used = 0;
  ll_json_init(&r, json, strlen(json), NULL);
  ll_json_next(&r);
  ll_json_next(&r);
  text = ll_json_peek(&r, &len);
  if (text)
    say(text, len);
  else
    say("NULL", 4);
  if (text && whole) ll_json_pass(&r, text, len);
  do {
    say(" ", 1);
    token = ll_json_next(&r);
    say_token(&r, token);
  } while (token > LL_JSON_END);
  return trace;
}

static void peeking(void) {
  expect("passed", peek_of("{\"a\": \"bc\",\"d\":1}", 1), "bc k:d i1 } .");
  expect("empty", peek_of("{\"a\":\"\"}", 1), " } .");
  expect("left", peek_of("{\"a\":\"bc\"}", 0), "bc s:bc } .");
  expect("escapes", peek_of("{\"a\":\"b\\\"c\"}", 0), "b\\ s:b\"c } .");
  expect("a number", peek_of("{\"a\":1}", 1), "NULL i1 } .");
  expect("an array", peek_of("{\"a\":[\"b\"]}", 1), "NULL [ s:b ] } .");
  expect("cut", peek_of("{\"a\":\"b", 1), "NULL !7 unfinished string");
  expect("nothing", peek_of("{\"a\":", 1),
         "NULL !5 value expected, got the end");
}

/* A document cut anywhere is an error and nothing else. */
static void every_cut(void) {
  const char *json = "{\"a\\n\":[1.5,-2,true,false,null,\"\\u00e4\"],\"b\":{}}";
  size_t len = strlen(json), i;
  for (i = 0; i < len; i++)
    expect("cut", strchr(tokens_of(json, i, NULL), '!') ? "bad" : trace, "bad");
}

int main(void) {
  values();
  grammar_errors();
  zero_bytes();
  escapes();
  string_errors();
  every_alignment();
  any_bytes();
  depth();
  mixed_depth();
  sizes();
  skipping();
  floats();
  peeking();
  every_cut();
  printf("%d passed, %d failed\n", passed, failed);
  return failed != 0;
}
