#ifndef LL_ENGINE_INTERNAL_H
#define LL_ENGINE_INTERNAL_H

#include <curl/curl.h>

#include "engine.h"
#include "list.h"
#include "loop.h"
#include "profile_internal.h"
#include "timers.h"
#include "transfer.h"

enum {
  LL_SPARE_HANDLES = 64,
  LL_MANY = 16 /* transfers at once, each of which is to be small */
};

/* A handle of libcurl that is not in use and still has the profile's settings.
 */
typedef struct ll_spare {
  CURL *easy;
  ll_profile *profile;
} ll_spare;

/* What engine.c and the transfer's files share. */
struct ll_engine {
  ll_loop *loop;
  ll_timers timers;
  ll_link transfers; /* all that exist, so that the engine can outlive none */
  ll_link ready;     /* those with news, the oldest first */
  double now;        /* the clock at the end of the last turn's wait: good
                        enough for readers, too old for libcurl's callbacks */
  double alarm;
  unsigned long process; /* the one it was made in */
  uint64_t last_id;
  size_t running;
  ll_buffer spare_body; /* an empty block for the next body */
  size_t spare_len;
  ll_spare spare[LL_SPARE_HANDLES];
};

struct ll_transfer {
  ll_link member, ready;
  ll_timer timer;
  ll_engine *engine; /* NULL once the engine is gone */
  uint64_t id;
  CURL *easy; /* NULL when not under way */
  ll_profile *profile;
  struct curl_slist *headers; /* its own, then the profile's */
  curl_mime *mime;
  double total; /* seconds for all of it */
  ll_buffer head, body;
  ll_tape *tape; /* NULL, or what is recorded or played */
  size_t cue;    /* of what is played, the next: the head, bytes, the end */
  double started, progressed, ended, first_byte;
  size_t heads; /* bytes of all heads, those of informational answers too */
  size_t room;  /* bytes accepted before the transfer is paused */
  uint64_t received;
  int status;
  unsigned shard;
  ll_failure failure, tripped;
  unsigned phase : 2;
  unsigned dirty : 1;     /* its handle has more set than a POST of bytes */
  unsigned head_done : 1; /* the final status and headers are there */
  unsigned fresh : 1;     /* bytes came that nobody has looked at */
  unsigned unseen : 1;    /* there was news since a reader found nothing */
  unsigned held : 1;      /* the body must not change */
  unsigned paused : 1;
  unsigned released : 1; /* nobody wants it: frees itself at its end */
  unsigned sent : 1;     /* bytes of the request went out */
  unsigned reused : 1;   /* on a connection that was open before */
  unsigned played : 1;   /* the tape speaks in place of a server */
  char message[CURL_ERROR_SIZE];
};

/* A handle with the profile's settings; NULL: no memory, or libcurl refuses a
 * setting. Given back with the profile if nothing but the URL and the body of a
 * POST was set on it, else with NULL. */
CURL *ll_engine_take_handle(ll_engine *e, ll_profile *p);
void ll_engine_give_handle(ll_engine *e, CURL *easy, ll_profile *p);

/* Keeps the descriptor's promise after libcurl, or what is due, was touched
 * outside of a turn. */
void ll_engine_rearm(ll_engine *e);

/* Puts the transfer on the ready list unless it is there. */
void ll_engine_announce(ll_transfer *t);

/* transfer_setup.c: sets on a clean handle what all transfers need, and then
 * what belongs to this one alone. */
CURLcode ll_transfer_prepare(CURL *easy);
ll_status ll_transfer_apply(ll_transfer *t);

/* transfer_receive.c: libcurl's callbacks, `user` being the transfer; and what
 * they share with its life. */
size_t ll_transfer_on_header(char *line, size_t size, size_t n, void *user);
size_t ll_transfer_on_body(char *bytes, size_t size, size_t n, void *user);
/* Whoever has a body collected asks when it is whole; of a refusal, earlier. */
int ll_transfer_is_news(const ll_transfer *t);
/* The block of a collected body is for the next one. */
void ll_transfer_leave_block(ll_transfer *t);

/* transfer.c: sets the timer to the next limit. */
ll_status ll_transfer_arm(ll_transfer *t, double now);

/* The transfer's side of events in the loop. */
void ll_transfer_on_done(ll_transfer *t, CURLcode result);
void ll_transfer_on_timer(ll_transfer *t, double now);
void ll_transfer_on_engine_gone(ll_transfer *t);
/* libcurl failed in these shards. */
void ll_transfer_on_broken(ll_transfer *t, unsigned shards);

#endif
