/* The text of a chat chunk: what is text and what is not, and the shortcut
 * beside a full parse. */
#include "check.h"
#include "chunk_twin.h"

/* What a chunk says on its own: its text, or NULL when it is something else. */
static const char *text_of(const char *json, int *more) {
  static char out[256];
  ll_chunk c;
  const char *text;
  size_t n;
  char *copy = exactly(json, strlen(json));
  ll_status st;
  ll_chunk_init(&c, 0);
  st = ll_chunk_text(&c, copy, strlen(json), &text, &n);
  if (st == LL_OK && n < sizeof out) {
    memcpy(out, text, n);
    out[n] = '\0';
  }
  *more = c.more;
  ll_chunk_free(&c);
  free(copy);
  return st == LL_OK ? out : NULL;
}

static int says(const char *json, const char *text) {
  int more;
  const char *got = text_of(json, &more);
  return got && strcmp(got, text) == 0 && !more;
}

static int says_more(const char *json, const char *text) {
  int more;
  const char *got = text_of(json, &more);
  return got && strcmp(got, text) == 0 && more;
}

static int is_other(const char *json) {
  int more;
  return text_of(json, &more) == NULL;
}

#define CHOICE(inside) "{\"choices\":[{" inside "}]}"
#define DELTA(inside) CHOICE("\"delta\":{" inside "}")
#define CONTENT(text) DELTA("\"content\":\"" text "\"")

static void test_text(void) {
  CHECK(says("{\"id\":\"chatcmpl-stub1\",\"created\":1795360266,\"model\":"
             "\"gpt-4o\",\"object\":\"chat.completion.chunk\","
             "\"system_fingerprint\":\"fp_stub\",\"choices\":[{\"index\":0,"
             "\"delta\":{\"content\":\"Hello \"}}],\"service_tier\":"
             "\"default\"}",
             "Hello "));
  CHECK(says(CONTENT("x"), "x"));
  CHECK(says(" { \"choices\" : [ { \"delta\" : { \"content\" : \"x\" } , "
             "\"index\" : 0 } ] } \r\n\t",
             "x"));
  CHECK(
      says(DELTA("\"role\":null,\"content\":\"x\",\"tool_calls\":null"), "x"));
  CHECK(says(CHOICE("\"finish_reason\":null,\"logprobs\":null,\"index\":null,"
                    "\"delta\":{\"content\":\"x\"}"),
             "x"));
  CHECK(says("{\"usage\":null,\"error\":null,\"citations\":null,"
             "\"choices\":[{\"delta\":{\"content\":\"x\"}}]}",
             "x"));
}

static void test_escapes(void) {
  CHECK(says(CONTENT("a\\nb\\\"\\\\\\/\\t"), "a\nb\"\\/\t"));
  CHECK(says(CONTENT("\\u00e9\\ud83d\\ude00\\u20AC"),
             "\xC3\xA9\xF0\x9F\x98\x80\xE2\x82\xAC"));
  CHECK(says(CONTENT("\xC3\xA9"), "\xC3\xA9"));
  CHECK(is_other(CONTENT("\\x")));
  CHECK(is_other(CONTENT("\\u12g4")));
  CHECK(is_other(CONTENT("\\")));
}

/* The first and the last chunk of most streams. */
static void test_what_says_more(void) {
  CHECK(says_more(DELTA("\"content\":\"x\",\"role\":\"assistant\""), "x"));
  CHECK(says_more(
      CHOICE("\"delta\":{\"content\":\"x\"},\"finish_reason\":\"stop\""), "x"));
  CHECK(says_more(DELTA("\"content\":\"\",\"role\":\"assistant\""), ""));
  CHECK(says_more(DELTA("\"role\":\"assistant\""), ""));
  CHECK(says_more("{\"citations\":[1,{\"a\":[]}],"
                  "\"choices\":[{\"delta\":{\"content\":\"x\"}}]}",
                  "x"));
  CHECK(says_more(CHOICE("\"finish_reason\":\"stop\",\"index\":0,\"delta\":{}"),
                  ""));
}

static void test_what_has_no_text(void) {
  CHECK(says(CONTENT(""), ""));
  CHECK(says(DELTA(""), ""));
  CHECK(says(DELTA("\"content\":null"), ""));
  CHECK(is_other(DELTA("\"role\":\"assistant\",\"tool_calls\":[]")));
  CHECK(is_other(DELTA("\"role\":1")));
  CHECK(is_other(DELTA("\"role\":\"a\",\"role\":\"b\"")));
  CHECK(is_other(CHOICE("\"finish_reason\":{},\"delta\":{}")));
  CHECK(is_other(CHOICE("\"finish_reason\":\"stop\",\"delta\":{},"
                        "\"finish_reason\":null")));
  CHECK(is_other(CHOICE("\"index\":1,\"delta\":{}")));
  CHECK(is_other("{\"usage\":{},\"choices\":[{\"delta\":{}}]}"));
}

static void test_what_is_no_text(void) {
  CHECK(is_other(DELTA("\"content\":1")));
  CHECK(is_other(DELTA("\"content\":[\"x\"]")));
  CHECK(is_other(DELTA("\"content\":\"x\",\"reasoning_content\":\"y\"")));
  CHECK(is_other(DELTA("\"content\":\"x\",\"tool_calls\":[]")));
  CHECK(is_other(CHOICE("\"delta\":null")));
  CHECK(is_other(CHOICE("\"text\":\"x\"")));
  CHECK(is_other(CHOICE("\"index\":0")));
  CHECK(is_other("{\"choices\":[]}"));
  CHECK(is_other("{\"choices\":null}"));
  CHECK(is_other("{\"choices\":{}}"));
  CHECK(is_other("{\"error\":{\"message\":\"x\"}}"));
  CHECK(is_other("{}") && is_other("[]") && is_other("\"x\""));
  CHECK(is_other("") && is_other("null") && is_other("[DONE]"));
}

static void test_what_is_more_than_text(void) {
  CHECK(is_other(CHOICE("\"index\":1,\"delta\":{\"content\":\"x\"}")));
  CHECK(is_other(CHOICE("\"index\":\"0\",\"delta\":{\"content\":\"x\"}")));
  CHECK(is_other(CHOICE("\"delta\":{\"content\":\"x\"},\"logprobs\":{}")));
  CHECK(is_other("{\"choices\":[{\"delta\":{\"content\":\"x\"}},"
                 "{\"delta\":{\"content\":\"y\"}}]}"));
  CHECK(is_other("{\"usage\":{\"total_tokens\":1},"
                 "\"choices\":[{\"delta\":{\"content\":\"x\"}}]}"));
  CHECK(is_other("{\"error\":{},"
                 "\"choices\":[{\"delta\":{\"content\":\"x\"}}]}"));
  CHECK(is_other("{\"choices\":[{\"delta\":{\"content\":\"x\"}}],"
                 "\"litellm_fallback\":true}"));
}

/* Of a member that comes twice a table has the last; that is not decided
 * here. */
static void test_members_that_come_twice(void) {
  CHECK(is_other(DELTA("\"content\":\"x\",\"content\":\"y\"")));
  CHECK(is_other(DELTA("\"content\":\"x\",\"content\":null")));
  CHECK(is_other(DELTA("\"content\":\"x\",\"cont\\u0065nt\":null")));
  CHECK(is_other(CHOICE("\"delta\":{\"content\":\"x\"},\"delta\":{}")));
  CHECK(is_other(CHOICE("\"delta\":{\"content\":\"x\"},\"index\":0,"
                        "\"index\":0")));
  CHECK(is_other("{\"choices\":[{\"delta\":{\"content\":\"x\"}}],"
                 "\"choices\":null}"));
  CHECK(is_other("{\"choices\":[{\"delta\":{\"content\":\"x\"}}],"
                 "\"choic\\u0065s\":null}"));
}

#define BEHIND "\"choices\":[{\"delta\":{\"content\":\"x\"}}]}"

/* Cut anywhere, or with one character more, it is no JSON. */
static void test_broken_documents(void) {
  static const char whole[] =
      "{\"id\":\"a\",\"created\":-1.5e+3,\"citations\":[true,false,null],"
      "\"choices\":[{\"index\":0,\"delta\":{\"content\":\"x\\n\"}}]}";
  char text[sizeof whole + 1];
  size_t n;
  int right = says_more(whole, "x\n");
  for (n = 0; n < sizeof whole - 1; n++) {
    memcpy(text, whole, n);
    text[n] = '\0';
    right = right && is_other(text);
  }
  CHECK(right);
  CHECK(is_other(CONTENT("x") "x") && is_other(CONTENT("x") "{}"));
  CHECK(is_other(CONTENT("a\nb")) && is_other(CONTENT("a\x1f")));
  CHECK(says("{\"id\":1," BEHIND, "x"));
  CHECK(is_other("{\"id\":01," BEHIND));
  CHECK(is_other("{\"id\":tru," BEHIND));
  CHECK(is_other("{\"id\":1,," BEHIND));
  CHECK(is_other("{\"id\":[1,]," BEHIND));
}

/* ---- the frame ---- */

#define HEAD "{\"id\":\"a\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\""
#define TAIL "\"}}],\"model\":\"m\"}"

static const char *second(const char *first, const char *json) {
  static char out[256];
  ll_chunk c;
  const char *text = NULL;
  size_t n = 0;
  char *copy;
  ll_status st;
  ll_chunk_init(&c, 0);
  copy = exactly(first, strlen(first));
  ll_chunk_text(&c, copy, strlen(first), &text, &n);
  free(copy);
  copy = exactly(json, strlen(json));
  st = ll_chunk_text(&c, copy, strlen(json), &text, &n);
  if (st == LL_OK) {
    memcpy(out, text, n);
    out[n] = '\0';
  }
  free(copy);
  ll_chunk_free(&c);
  return st == LL_OK ? out : NULL;
}

static int second_says(const char *first, const char *json, const char *text) {
  const char *got = second(first, json);
  return got && strcmp(got, text) == 0;
}

static void test_frame(void) {
  CHECK(second_says(HEAD "one" TAIL, HEAD "two" TAIL, "two"));
  CHECK(
      second_says(HEAD "one" TAIL, HEAD "a longer text" TAIL, "a longer text"));
  CHECK(second_says(HEAD "one" TAIL, HEAD "a\\nb" TAIL, "a\nb"));
  CHECK(second_says(HEAD "a\\nb" TAIL, HEAD "x" TAIL, "x"));
  CHECK(second_says(HEAD "one" TAIL, CONTENT("other"), "other"));
  CHECK(second_says("[DONE]", HEAD "x" TAIL, "x"));
}

static void test_frame_is_not_fooled(void) {
  CHECK(second_says(HEAD "one" TAIL, HEAD TAIL, ""));
  CHECK(second(HEAD "one" TAIL, HEAD "\\" TAIL) == NULL);
  CHECK(second(HEAD "one" TAIL, HEAD "a\nb" TAIL) == NULL);
  CHECK(second(HEAD "one" TAIL, HEAD "\\ud83d\\" TAIL) == NULL);
  CHECK(second(HEAD "one" TAIL, HEAD "x\",\"name\":\"user" TAIL) == NULL);
  CHECK(second_says(HEAD "one" TAIL, HEAD "x\",\"role\":\"user" TAIL, "x"));
  CHECK(second(HEAD "one" TAIL, HEAD "x\",\"content\":\"y" TAIL) == NULL);
  CHECK(second(HEAD "one" TAIL, HEAD "x" TAIL "}") == NULL);
  CHECK(second(HEAD "one" TAIL, HEAD "x\"}}],\"error\":{\"a\":\"" TAIL) ==
        NULL);
  /* The tail may overlap the head in the bytes, not in the document. */
  CHECK(second("{\"choices\":[{\"delta\":{\"content\":\"x\"}}]}",
               "{\"choices\":[{\"delta\":{\"content\":\"}}]}") == NULL);
  /* The text looks like what stands around it. */
  CHECK(second_says(HEAD "}}],x" TAIL, HEAD "}}],\\\"model\\\"" TAIL,
                    "}}],\"model\""));
}

/* A frame of more than 64 KiB is not kept, and the chunk is read all the same.
 */
static void test_large_chunk(void) {
  static char json[100000];
  static const char head[] = "{\"model\":\"", tail[] = "\"," BEHIND;
  size_t n, len = sizeof json;
  const char *text;
  ll_chunk c;
  memset(json, 'm', len);
  memcpy(json, head, sizeof head - 1);
  memcpy(json + len - (sizeof tail - 1), tail, sizeof tail - 1);
  ll_chunk_init(&c, 0);
  CHECK(ll_chunk_text(&c, HEAD "x" TAIL, sizeof HEAD TAIL, &text, &n) == LL_OK);
  CHECK(c.before > 0);
  CHECK(ll_chunk_text(&c, json, len, &text, &n) == LL_OK);
  CHECK(n == 1 && *text == 'x' && c.before == 0);
  CHECK(twins_agree(&c, json, len));
  CHECK(twins_agree(&c, HEAD "y" TAIL, sizeof HEAD TAIL));
  ll_chunk_free(&c);
}

/* ---- beside the twin ---- */

static unsigned long random_state = 1;

static unsigned random_below(unsigned n) {
  random_state = random_state * 6364136223846793005UL + 1442695040888963407UL;
  return (unsigned)(random_state >> 33) % n;
}

static void add(char *to, size_t *n, const char *part) {
  size_t len = strlen(part);
  memcpy(to + *n, part, len);
  *n += len;
}

/* Mostly chunks of one stream, some of them with bytes changed. */
static size_t random_chunk(char *to) {
  static const char *const heads[] = {
      HEAD, HEAD, HEAD, "{\"choices\":[{\"delta\":{\"content\":\"",
      "{\"choices\":[{\"delta\":{\"role\":\"user\",\"content\":\""};
  static const char *const texts[] = {
      "a",  "word ",    "\\n",     "\\u00e9",   "\"",
      "\\", "\xC3\xA9", "}}],",    "\\\"",      "\"}}],\"model\":\"m\"}",
      "\n", "\\\\",     "\\ud83d", "0123456789"};
  static const char *const tails[] = {TAIL, TAIL, TAIL, "\"}}]}",
                                      "\"}}],\"usage\":{}}"};
  size_t n = 0;
  unsigned count = random_below(5), changes;
  add(to, &n, heads[random_below(5)]);
  while (count--)
    add(to, &n, texts[random_below(sizeof texts / sizeof *texts)]);
  add(to, &n, tails[random_below(5)]);
  for (changes = random_below(4) ? 0 : random_below(3); changes; changes--)
    to[random_below((unsigned)n)] = "\"\\{}[],:0 "[random_below(10)];
  return n;
}

static void test_random_chunks(void) {
  ll_chunk c;
  int i, agree = 1;
  ll_chunk_init(&c, 0);
  for (i = 0; i < 100000 && agree; i++) {
    char json[256];
    size_t n = random_chunk(json);
    agree = twins_agree(&c, json, n);
    if (!agree) printf("differs: %.*s\n", (int)n, json);
  }
  CHECK(agree);
  ll_chunk_free(&c);
}

int main(void) {
  test_text();
  test_escapes();
  test_what_says_more();
  test_what_has_no_text();
  test_what_is_no_text();
  test_what_is_more_than_text();
  test_members_that_come_twice();
  test_broken_documents();
  test_frame();
  test_frame_is_not_fooled();
  test_large_chunk();
  test_random_chunks();
  return report();
}
