#ifndef LL_LOOP_H
#define LL_LOOP_H

#include <curl/curl.h>

#include "status.h"

/* Drives libcurl: tells it which sockets are ready and when its time has come.
 * Two implementations, one of which is built:
 *   loop_epoll.c  several multi handles behind one epoll descriptor
 *   loop_poll.c   curl_multi_poll, for systems without epoll (LL_LOOP_POLL) */
#if !defined(__linux__) && !defined(LL_LOOP_POLL)
#define LL_LOOP_POLL 1
#endif

typedef struct ll_loop ll_loop;

/* Called once for each transfer that ended, outside of libcurl, after it was
 * removed from the loop. */
typedef void ll_loop_done(void *user, CURL *easy, CURLcode result);

/* NULL: no memory or no descriptor left. */
ll_loop *ll_loop_new(ll_loop_done *done, void *user);
void ll_loop_free(ll_loop *l);

/* *shard says where the handle went; ll_loop_remove wants it back. */
ll_status ll_loop_add(ll_loop *l, CURL *easy, unsigned *shard);
void ll_loop_remove(ll_loop *l, CURL *easy, unsigned shard);

/* Waits until libcurl has something to do, the moment `due` on the monotonic
 * clock (negative: none) or `ms` milliseconds (negative: without end) have
 * passed, and does what there is to do. -1 when a signal cut the wait short. */
int ll_loop_turn(ll_loop *l, int ms, double due);

/* A bit for each shard in which libcurl failed in the last turn. It does not
 * say which transfer it lost sight of there: all of them have to be removed,
 * and then ll_loop_mend begins these shards anew. */
unsigned ll_loop_broken(const ll_loop *l);
void ll_loop_mend(ll_loop *l);

/* A descriptor that is readable whenever ll_loop_turn has something to do, or
 * -1 where there is none. From the first call on, ll_loop_arm keeps its timer
 * right: to be called when `due` may have changed. */
int ll_loop_fd(ll_loop *l);
void ll_loop_arm(ll_loop *l, double due);

#endif
