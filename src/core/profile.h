#ifndef LL_PROFILE_H
#define LL_PROFILE_H

#include <stddef.h>

#include "status.h"

/* What many transfers have in common: limits, headers, TLS, proxy. It is set up
 * once and not changed after the first transfer was made with it; transfers
 * share it by counting references. A handle of libcurl that was used with a
 * profile needs no new settings for the next transfer with the same one. */
typedef struct ll_profile ll_profile;

/* Times in seconds, sizes in bytes; zero: no limit. */
typedef struct ll_limits {
  double connect;     /* until the connection stands, TLS included */
  double first_byte;  /* until the answer's status and headers are there */
  double idle;        /* between two pieces of progress in the body */
  size_t head_bytes;  /* all header lines of an answer */
  size_t body_bytes;  /* all of a body, whether it is collected or read as it
                         comes */
  size_t event_bytes; /* one event of a stream */
  size_t json_depth;  /* levels of a JSON document */
} ll_limits;

typedef struct ll_tls {
  const char *ca_file, *ca_path, *client_cert, *client_key;
  int min_version; /* 10, 11, 12 or 13; 0: the library's own */
  int insecure;    /* the peer is not verified */
} ll_tls;

/* NULL: no memory. It begins with one reference. */
ll_profile *ll_profile_new(void);
ll_profile *ll_profile_retain(ll_profile *p);
void ll_profile_release(ll_profile *p);

void ll_profile_set_limits(ll_profile *p, const ll_limits *limits);

/* The body is collected: news comes with the head and the end only. Otherwise
 * it comes with each piece, and the transfer pauses while nobody reads. */
void ll_profile_set_collect(ll_profile *p, int collect);

/* Each transfer opens a connection of its own. On one that was open before,
 * libcurl sends a request again when the server closed it meanwhile, without
 * knowing whether the server had seen the first. */
void ll_profile_set_fresh(ll_profile *p, int fresh);

/* "Name: value", and in libcurl's way "Name:" to leave one of its own out and
 * "Name;" to send an empty one. Strings are copied here and below. */
ll_status ll_profile_add_header(ll_profile *p, const char *line);
ll_status ll_profile_set_tls(ll_profile *p, const ll_tls *tls);
ll_status ll_profile_set_proxy(ll_profile *p, const char *url,
                               const char *no_proxy);

const ll_limits *ll_profile_limits(const ll_profile *p);

#endif
