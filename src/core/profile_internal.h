#ifndef LL_PROFILE_INTERNAL_H
#define LL_PROFILE_INTERNAL_H

#include <curl/curl.h>

#include "profile.h"

struct ll_profile {
  unsigned references;
  unsigned collect : 1, fresh : 1, insecure : 1;
  int min_version;
  ll_limits limits;
  struct curl_slist *headers;
  char *ca_file, *ca_path, *client_cert, *client_key;
  char *proxy, *no_proxy;
};

/* Sets on a clean handle what the profile says, but for the headers. */
CURLcode ll_profile_apply(const ll_profile *p, CURL *easy);

#endif
