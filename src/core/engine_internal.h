#ifndef LL_ENGINE_INTERNAL_H
#define LL_ENGINE_INTERNAL_H

#include <curl/curl.h>

#include "engine.h"
#include "list.h"
#include "loop.h"
#include "timers.h"
#include "transfer.h"

enum { LL_SPARE_HANDLES = 64 };

/* What engine.c and transfer.c share. */
struct ll_engine {
  ll_loop *loop;
  ll_timers timers;
  ll_link transfers; /* all that exist, so that the engine can outlive none */
  ll_link ready;     /* those with news, the oldest first */
  double now;        /* the clock at the last turn: good enough for limits */
  double alarm;
  uint64_t last_id;
  size_t running;
  size_t spare_len;
  CURL *spare[LL_SPARE_HANDLES];
};

struct ll_transfer {
  ll_link member, ready;
  ll_timer timer;
  ll_engine *engine; /* NULL once the engine is gone */
  uint64_t id;
  CURL *easy; /* NULL when not under way */
  struct curl_slist *headers;
  curl_mime *mime;
  ll_limits limits;
  ll_buffer head, body;
  double started, progressed, ended, first_byte;
  size_t room; /* bytes accepted before the transfer is paused */
  uint64_t received;
  int status;
  unsigned shard;
  ll_failure failure, tripped;
  unsigned phase : 2;
  unsigned collect : 1;   /* the body is wanted whole */
  unsigned head_done : 1; /* the final status and headers are there */
  unsigned fresh : 1;     /* bytes came that nobody has looked at */
  unsigned paused : 1;
  unsigned released : 1; /* nobody wants it: frees itself at its end */
  unsigned sent : 1;     /* bytes of the request went out */
  unsigned reused : 1;   /* on a connection that was open before */
  char message[CURL_ERROR_SIZE];
};

/* A clean handle, from the spare ones if possible; NULL: no memory. */
CURL *ll_engine_take_handle(ll_engine *e);
void ll_engine_give_handle(ll_engine *e, CURL *easy);

/* Puts the transfer on the ready list unless it is there. */
void ll_engine_announce(ll_transfer *t);

/* The transfer's side of events in the loop. */
void ll_transfer_on_done(ll_transfer *t, CURLcode result);
void ll_transfer_on_timer(ll_transfer *t, double now);
void ll_transfer_on_engine_gone(ll_transfer *t);

#endif
