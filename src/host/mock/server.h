#ifndef MOCK_SERVER_H
#define MOCK_SERVER_H

#include <event2/util.h>

#include "mock.h"
#include "request.h"
#include "store.h"

/* How often a request has come: what "times=2" needs. The last so many are
 * remembered. */
typedef struct mock_seen {
  uint64_t hash;
  long count;
} mock_seen;

enum { MOCK_SEEN = 1024 };

/* What outlives a request. */
typedef struct mock_server {
  const mock_options *options;
  struct event_base *base;
  struct evhttp *http;
  char origin[80]; /* http://127.0.0.1:4000 */
  uint64_t calls;  /* answered so far */
  double spend;    /* of the key, in dollars */
  mock_seen seen[MOCK_SEEN];
  unsigned forget;      /* whose place the next one gets */
  mock_store pictures;  /* that were answered as a URL, by their names */
  mock_store responses; /* and the dialogs that led to them, by their ids */
} mock_server;

/* The route of a path, /v1 taken off; NULL, with *allow the method that it
 * would have with another one, or NULL. */
const mock_route *mock_find_route(mock_str method, mock_str path,
                                  mock_str *rest, const char **allow);

/* Begins to answer, which ends by itself with mock_request_free. */
void mock_request_start(mock_server *s, struct evhttp_request *http);

/* Adds what stands before r->reply; a length, when it is known although the
 * answer comes in pieces. */
void mock_add_headers(mock_request *r);
void mock_add_length(mock_request *r, size_t bytes);
const char *mock_reason(int status);

/* Changes r->reply as r->fault asks. */
void mock_distort(mock_request *r);

/* Sends r->reply, with the faults that belong to sending. */
void mock_send(mock_request *r);

/* Calls back after so many seconds, or never when the client leaves first: r
 * is gone then. */
void mock_wait(mock_request *r, double seconds, void (*then)(mock_request *r));

/* Ends the connection, and r with it. */
void mock_drop(mock_request *r);
evutil_socket_t mock_socket(mock_request *r);

void mock_request_free(mock_request *r);
double mock_now(void);

#endif
