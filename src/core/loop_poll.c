/* libcurl driven by curl_multi_poll, for systems without epoll. There is no
 * descriptor to hand to a foreign loop: its host calls step at intervals. */
#include "loop.h"

#ifdef LL_LOOP_POLL

#include <errno.h>
#include <stdlib.h>

#include "clock.h"

enum { FOREVER_MS = 60 * 60 * 1000 };

struct ll_loop {
  CURLM *multi;
  ll_loop_done *done;
  void *user;
  unsigned broken; /* see ll_loop_broken */
};

ll_loop *ll_loop_new(ll_loop_done *done, void *user) {
  ll_loop *l = calloc(1, sizeof *l);
  if (!l) return NULL;
  l->done = done;
  l->user = user;
  if (!(l->multi = curl_multi_init())) {
    free(l);
    return NULL;
  }
  return l;
}

void ll_loop_free(ll_loop *l) {
  curl_multi_cleanup(l->multi);
  free(l);
}

ll_status ll_loop_add(ll_loop *l, CURL *easy, unsigned *shard) {
  *shard = 0;
  return curl_multi_add_handle(l->multi, easy) == CURLM_OK ? LL_OK : LL_NOMEM;
}

void ll_loop_remove(ll_loop *l, CURL *easy, unsigned shard) {
  (void)shard;
  curl_multi_remove_handle(l->multi, easy);
}

static int timeout_ms(double due, int ms) {
  double left = (due - ll_now()) * 1e3;
  if (due < 0 || left >= 1e9) return ms < 0 ? FOREVER_MS : ms;
  if (left <= 0) return 0;
  return ms >= 0 && ms < left ? ms : (int)left + 1;
}

static void harvest(ll_loop *l) {
  CURLMsg *msg;
  int left;
  while ((msg = curl_multi_info_read(l->multi, &left))) {
    CURL *easy = msg->easy_handle;
    CURLcode result = msg->data.result;
    if (msg->msg != CURLMSG_DONE) continue;
    curl_multi_remove_handle(l->multi, easy);
    l->done(l->user, easy, result);
  }
}

/* The wait comes first: what libcurl does afterwards may be news, which the
 * caller must see at once. A new transfer ends the wait by its own timer. */
int ll_loop_turn(ll_loop *l, int ms, double due) {
  int running, ready = 0, interrupted = 0;
  if (ms != 0) {
    errno = 0;
    curl_multi_poll(l->multi, NULL, 0, timeout_ms(due, ms), &ready);
    interrupted = !ready && errno == EINTR;
  }
  l->broken = curl_multi_perform(l->multi, &running) != CURLM_OK;
  harvest(l);
  return interrupted ? -1 : 0;
}

unsigned ll_loop_broken(const ll_loop *l) {
  return l->broken;
}

/* It has no table of sockets that could be half done. */
void ll_loop_mend(ll_loop *l) {
  l->broken = 0;
}

int ll_loop_fd(ll_loop *l) {
  (void)l;
  return -1;
}

void ll_loop_arm(ll_loop *l, double due) {
  (void)l;
  (void)due;
}

#endif
