/* A stream read with the core alone, without Lua: src/core needs nothing but
 * libcurl, and its headers say what each function promises.
 *
 *     make core
 *     cc -Isrc/core examples/embed/core.c build/libllcore.a -lcurl -lm -o ask
 *     LITELLM_PROXY_API_BASE=http://localhost:4000 ./ask
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chunk.h"
#include "engine.h"
#include "sse.h"
#include "transfer.h"

static const char question[] =
    "{\"model\":\"gpt-4o-mini\",\"stream\":true,\"messages\":"
    "[{\"role\":\"user\",\"content\":\"What is a lighthouse?\"}]}";

static ll_status set_up(ll_transfer *t, const char *base) {
  char url[1024], key[1024];
  const char *secret = getenv("LITELLM_PROXY_API_KEY");
  ll_status status;
  snprintf(url, sizeof url, "%s/chat/completions", base);
  snprintf(key, sizeof key, "Authorization: Bearer %s", secret ? secret : "");
  status = ll_transfer_set_url(t, url);
  if (status == LL_OK) status = ll_transfer_set_method(t, "POST");
  if (status == LL_OK) status = ll_transfer_add_header(t, key);
  if (status == LL_OK)
    status = ll_transfer_add_header(t, "Content-Type: application/json");
  if (status == LL_OK)
    status = ll_transfer_set_body(t, question, strlen(question));
  return status == LL_OK ? ll_transfer_start(t) : status;
}

/* Prints the text of the events that are there. Chunks that hold other things
 * (tool calls, what was used) are for json.h; this program has no use for them.
 */
static void print_texts(ll_transfer *t, ll_sse *sse, ll_chunk *chunk) {
  ll_buffer *body = ll_transfer_body(t);
  ll_sse_event ev;
  size_t used, len;
  const char *text;
  ll_status status;
  do {
    status = ll_sse_next(sse, ll_buffer_begin(body), body->len, &ev, &used);
    if (status == LL_OK &&
        ll_chunk_text(chunk, ev.data, ev.data_len, &text, &len) == LL_OK)
      fwrite(text, 1, len, stdout);
    ll_buffer_consume(body, used);
    if (status == LL_OK) ll_transfer_progress(t);
  } while (status == LL_OK || (status == LL_AGAIN && ll_transfer_want(t)));
  fflush(stdout);
}

/* A program with a loop of its own polls ll_engine_fd instead and calls
 * ll_engine_turn(e, 0) when it is readable. */
static int run(ll_engine *e, ll_transfer *t) {
  const char *message;
  ll_chunk chunk;
  ll_sse sse;
  ll_chunk_init(&chunk, 0);
  ll_sse_init(&sse, 1 << 20);
  while (!ll_transfer_done(t)) {
    ll_engine_turn(e, -1);
    while (ll_engine_ready(e))
      print_texts(t, &sse, &chunk);
  }
  ll_sse_free(&sse);
  ll_chunk_free(&chunk);
  putchar('\n');
  if (ll_transfer_failure(t, &message) == LL_FAILED_NONE &&
      ll_transfer_status(t) == 200)
    return EXIT_SUCCESS;
  fprintf(stderr, "status %d %s\n", ll_transfer_status(t), message);
  return EXIT_FAILURE;
}

int main(void) {
  const char *base = getenv("LITELLM_PROXY_API_BASE");
  ll_engine *e = ll_engine_new();
  ll_profile *p = ll_profile_new();
  ll_transfer *t = e && p ? ll_transfer_new(e, p) : NULL;
  int failed = EXIT_FAILURE;
  if (t && set_up(t, base ? base : "http://localhost:4000") == LL_OK)
    failed = run(e, t);
  if (t) ll_transfer_free(t);
  if (p) ll_profile_release(p);
  if (e) ll_engine_free(e);
  return failed;
}
