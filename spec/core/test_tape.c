/* Tapes, and transfers that one is played to: the states, limits and ends of a
 * live one, and nobody at the other end. */
#include <string.h>

#include "check.h"
#include "clock.h"
#include "engine.h"
#include "profile.h"
#include "tape.h"
#include "transfer.h"

static const char HEAD[] =
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n";

static ll_engine *engine;

static ll_profile *profile_of(const ll_limits *limits, int collect) {
  static const ll_limits none = {0, 0, 0, 0, 0, 0, 0};
  ll_profile *p = ll_profile_new();
  if (!p) exit(EXIT_FAILURE);
  ll_profile_set_limits(p, limits ? limits : &none);
  ll_profile_set_collect(p, collect);
  return p;
}

static ll_tape *tape_of(const char *head, double ended) {
  ll_tape *tape = ll_tape_new();
  if (!tape) exit(EXIT_FAILURE);
  CHECK(ll_buffer_append(&tape->head, head, strlen(head)) == LL_OK);
  tape->ended = ended;
  tape->sent = 1;
  return tape;
}

static void add(ll_tape *tape, double at, const char *bytes) {
  CHECK(ll_tape_add(tape, at, bytes, strlen(bytes)) == LL_OK);
}

static ll_transfer *start(ll_tape *tape, const ll_limits *limits, int collect,
                          double total) {
  ll_profile *p = profile_of(limits, collect);
  ll_transfer *t = ll_transfer_new(engine, p);
  ll_profile_release(p);
  if (!t) exit(EXIT_FAILURE);
  CHECK(ll_transfer_set_url(t, "http://nowhere.invalid/") == LL_OK);
  CHECK(ll_transfer_set_body(t, "", 0) == LL_OK);
  ll_transfer_set_total(t, total);
  ll_transfer_play(t, tape);
  CHECK(ll_transfer_start(t) == LL_OK);
  return t;
}

/* Turns until it is done, a second at most. */
static void finish(ll_transfer *t) {
  double give_up = ll_now() + 1;
  while (!ll_transfer_done(t) && ll_now() < give_up) {
    (void)ll_engine_turn(engine, 50);
    while (ll_engine_ready(engine))
      continue;
  }
  CHECK(ll_transfer_done(t));
}

static int body_is(ll_transfer *t, const char *bytes) {
  const ll_buffer *body = ll_transfer_body(t);
  size_t n = strlen(bytes);
  return body->len == n && (!n || !memcmp(ll_buffer_begin(body), bytes, n));
}

static int ended_by(const ll_transfer *t, ll_failure failure,
                    const char *message) {
  const char *said;
  return ll_transfer_failure(t, &said) == failure && !strcmp(said, message);
}

static void test_bytes(void) {
  ll_tape *tape = tape_of("", 0);
  size_t n, i;
  for (i = 0; i < 100; i++)
    add(tape, (double)i, i % 2 ? "" : "ab");
  CHECK(tape->len == 100 && tape->body.len == 100);
  CHECK(!memcmp(ll_tape_bytes(tape, 0, &n), "ab", 2) && n == 2);
  (void)ll_tape_bytes(tape, 99, &n);
  CHECK(n == 0);
  ll_tape_free(tape);
  ll_tape_free(NULL);
}

static void test_at_once(void) {
  int collect;
  for (collect = 0; collect < 2; collect++) {
    ll_tape *tape = tape_of(HEAD, 0);
    ll_transfer *t;
    ll_timing timing;
    add(tape, 0, "one ");
    add(tape, 0, "two");
    t = start(tape, NULL, collect, 0);
    CHECK(ll_engine_running(engine) == 1);
    CHECK(!ll_transfer_done(t) && ll_transfer_status(t) == 0);
    finish(t);
    CHECK(ll_engine_running(engine) == 0);
    CHECK(ll_transfer_status(t) == 200);
    CHECK(ll_transfer_head(t)->len == sizeof HEAD - 1);
    CHECK(body_is(t, "one two"));
    CHECK(ended_by(t, LL_FAILED_NONE, ""));
    ll_transfer_timing(t, &timing);
    CHECK(timing.received == 7 && timing.sent && !timing.reused);
    ll_transfer_free(t);
  }
}

static void test_in_time(void) {
  ll_tape *tape = tape_of(HEAD, 0.03);
  ll_transfer *t;
  double started = ll_now();
  add(tape, 0.01, "one ");
  add(tape, 0.02, "two");
  t = start(tape, NULL, 0, 0);
  while (!ll_transfer_body(t)->len)
    (void)ll_engine_turn(engine, 50);
  CHECK(ll_transfer_status(t) == 200 && !ll_transfer_done(t));
  CHECK(body_is(t, "one ") || ll_now() - started >= 0.02);
  CHECK(ll_now() - started >= 0.01);
  CHECK(ll_engine_ready(engine) == ll_transfer_id(t));
  finish(t);
  CHECK(body_is(t, "one two"));
  CHECK(ll_now() - started >= 0.03);
  ll_transfer_free(t);
}

static void test_more_than_is_held(void) {
  static char piece[100000];
  ll_tape *tape = tape_of(HEAD, 0);
  ll_transfer *t;
  int i;
  for (i = 0; i < 10; i++)
    CHECK(ll_tape_add(tape, 0, piece, sizeof piece) == LL_OK);
  t = start(tape, NULL, 0, 0);
  finish(t);
  CHECK(ll_transfer_body(t)->len == 10 * sizeof piece);
  ll_transfer_free(t);
}

static void test_failures(void) {
  ll_tape *tape = tape_of("", 0);
  ll_transfer *t;
  tape->failure = LL_FAILED_RESET;
  strcpy(tape->message, "it broke");
  t = start(tape, NULL, 1, 0);
  finish(t);
  CHECK(ended_by(t, LL_FAILED_RESET, "it broke") && ll_transfer_status(t) == 0);
  ll_transfer_free(t);

  t = start(tape_of("HTTP/1.1 200 OK\r\nX: ", 0), NULL, 1, 0);
  finish(t);
  CHECK(ended_by(t, LL_FAILED_TRUNCATED, ""));
  ll_transfer_free(t);
}

static void test_limits(void) {
  ll_limits limits = {0, 0.01, 0, 0, 0, 0, 0};
  ll_tape *tape = tape_of(HEAD, 0);
  ll_transfer *t;
  tape->head_at = tape->ended = 5;
  t = start(tape, &limits, 1, 0);
  finish(t);
  CHECK(ended_by(t, LL_FAILED_TIMEOUT, "first_byte"));
  ll_transfer_free(t);

  limits.first_byte = 0;
  limits.idle = 0.01;
  t = start(tape_of(HEAD, 5), &limits, 1, 0);
  finish(t);
  CHECK(ended_by(t, LL_FAILED_TIMEOUT, "idle"));
  ll_transfer_free(t);

  t = start(tape_of(HEAD, 5), NULL, 1, 0.01);
  finish(t);
  CHECK(ended_by(t, LL_FAILED_TIMEOUT, "total"));
  ll_transfer_free(t);

  limits.idle = 0;
  limits.body_bytes = 4;
  tape = tape_of(HEAD, 0);
  add(tape, 0, "12345");
  t = start(tape, &limits, 1, 0);
  finish(t);
  CHECK(ended_by(t, LL_FAILED_LIMIT, "the body is over the limit"));
  ll_transfer_free(t);

  limits.head_bytes = 10;
  t = start(tape_of(HEAD, 0), &limits, 1, 0);
  finish(t);
  CHECK(ended_by(t, LL_FAILED_LIMIT, "the head is over the limit"));
  ll_transfer_free(t);
}

static void test_let_go(void) {
  ll_transfer *t = start(tape_of(HEAD, 5), NULL, 0, 0);
  (void)ll_engine_turn(engine, 0);
  ll_transfer_cancel(t);
  CHECK(ll_transfer_done(t) && ended_by(t, LL_FAILED_CANCELLED, "cancelled"));
  ll_transfer_free(t);
  ll_transfer_free(start(tape_of(HEAD, 5), NULL, 0, 0));
  ll_transfer_release(start(tape_of(HEAD, 5), NULL, 0, 0));
  CHECK(ll_engine_running(engine) == 0);
}

static void test_engine_gone(void) {
  ll_transfer *t = start(tape_of(HEAD, 5), NULL, 0, 0);
  ll_engine_free(engine);
  engine = NULL;
  CHECK(ll_transfer_done(t));
  ll_transfer_free(t);
}

int main(void) {
  engine = ll_engine_new();
  if (!engine) return EXIT_FAILURE;
  test_bytes();
  test_at_once();
  test_in_time();
  test_more_than_is_held();
  test_failures();
  test_limits();
  test_let_go();
  test_engine_gone();
  return report();
}
