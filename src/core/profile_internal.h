#ifndef LL_PROFILE_INTERNAL_H
#define LL_PROFILE_INTERNAL_H

#include <curl/curl.h>

#include "profile.h"

/* Where requests of a profile go. */
typedef struct ll_address {
  struct ll_address *next;
  CURLU *parsed; /* NULL: not yet */
  char url[];
} ll_address;

struct ll_profile {
  unsigned references;
  unsigned collect : 1, fresh : 1, insecure : 1;
  int min_version;
  ll_limits limits;
  struct curl_slist *headers;
  char *ca_file, *ca_path, *client_cert, *client_key;
  char *proxy, *no_proxy;
  ll_address *addresses;
};

/* What libcurl makes of a URL: once for all requests that go there, from the
 * second one on. NULL: it has to read the URL itself. It lives as long as the
 * profile. */
CURLU *ll_profile_address(ll_profile *p, const char *url);

/* Sets on a clean handle what the profile says, but for the headers. */
CURLcode ll_profile_apply(const ll_profile *p, CURL *easy);

#endif
