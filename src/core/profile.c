#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "profile_internal.h"

enum { ADDRESSES = 8 }; /* that are kept at most: a profile has few endpoints */

/* ---- where to ---- */

static CURLU *parse(const char *url) {
  CURLU *parsed = curl_url();
  if (parsed && curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK)
    return parsed;
  curl_url_cleanup(parsed);
  return NULL;
}

static void add_address(ll_profile *p, const char *url) {
  size_t n = strlen(url) + 1;
  ll_address *a = malloc(sizeof *a + n);
  if (!a) return;
  memcpy(a->url, url, n);
  a->parsed = NULL;
  a->next = p->addresses;
  p->addresses = a;
}

static void free_addresses(ll_profile *p) {
  while (p->addresses) {
    ll_address *a = p->addresses;
    p->addresses = a->next;
    curl_url_cleanup(a->parsed);
    free(a);
  }
}

CURLU *ll_profile_address(ll_profile *p, const char *url) {
  ll_address *a;
  int n = 0;
  for (a = p->addresses; a && strcmp(a->url, url) != 0; a = a->next)
    n++;
  if (!a) {
    if (n < ADDRESSES) add_address(p, url);
    return NULL;
  }
  if (!a->parsed) a->parsed = parse(url);
  return a->parsed;
}

/* ---- life ---- */

ll_profile *ll_profile_new(void) {
  ll_profile *p = calloc(1, sizeof *p);
  if (!p) return NULL;
  p->references = 1;
  /* Without it libcurl waits a second for "100 Continue" on large bodies. */
  if (ll_profile_add_header(p, "Expect:") == LL_OK) return p;
  ll_profile_release(p);
  return NULL;
}

ll_profile *ll_profile_retain(ll_profile *p) {
  p->references++;
  return p;
}

void ll_profile_release(ll_profile *p) {
  if (--p->references) return;
  free_addresses(p);
  curl_slist_free_all(p->headers);
  free(p->ca_file);
  free(p->ca_path);
  free(p->client_cert);
  free(p->client_key);
  free(p->proxy);
  free(p->no_proxy);
  free(p);
}

void ll_profile_set_limits(ll_profile *p, const ll_limits *limits) {
  p->limits = *limits;
}

void ll_profile_set_collect(ll_profile *p, int collect) {
  p->collect = collect != 0;
}

void ll_profile_set_fresh(ll_profile *p, int fresh) {
  p->fresh = fresh != 0;
}

ll_status ll_profile_add_header(ll_profile *p, const char *line) {
  struct curl_slist *list = curl_slist_append(p->headers, line);
  if (!list) return LL_NOMEM;
  p->headers = list;
  return LL_OK;
}

static ll_status copy(char **to, const char *from) {
  if (!from) return LL_OK;
  free(*to);
  *to = strdup(from);
  return *to ? LL_OK : LL_NOMEM;
}

ll_status ll_profile_set_tls(ll_profile *p, const ll_tls *tls) {
  p->min_version = tls->min_version;
  p->insecure = tls->insecure != 0;
  if (copy(&p->ca_file, tls->ca_file) != LL_OK ||
      copy(&p->ca_path, tls->ca_path) != LL_OK ||
      copy(&p->client_cert, tls->client_cert) != LL_OK ||
      copy(&p->client_key, tls->client_key) != LL_OK)
    return LL_NOMEM;
  return LL_OK;
}

ll_status ll_profile_set_proxy(ll_profile *p, const char *url,
                               const char *no_proxy) {
  if (copy(&p->proxy, url) != LL_OK || copy(&p->no_proxy, no_proxy) != LL_OK)
    return LL_NOMEM;
  return LL_OK;
}

const ll_limits *ll_profile_limits(const ll_profile *p) {
  return &p->limits;
}

/* ---- applying it to a handle ---- */

static CURLcode set_string(CURL *easy, CURLoption option, const char *value) {
  return value ? curl_easy_setopt(easy, option, value) : CURLE_OK;
}

static long tls_version(int version) {
  switch (version) {
  case 10: return CURL_SSLVERSION_TLSv1_0;
  case 11: return CURL_SSLVERSION_TLSv1_1;
  case 12: return CURL_SSLVERSION_TLSv1_2;
  case 13: return CURL_SSLVERSION_TLSv1_3;
  default: return CURL_SSLVERSION_DEFAULT;
  }
}

/* Where distributions keep the certificates they trust. */
static const char *const known_files[] = {
    "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem", NULL};

/* libcurl's own file of certificates, or, where a program that has libcurl
 * inside came to another distribution, that one's. NULL: neither is there,
 * or libcurl has a directory of them instead. */
static const char *default_file(void) {
  const curl_version_info_data *v = curl_version_info(CURLVERSION_NOW);
  const char *const *file = known_files;
  if (v->age < CURLVERSION_SEVENTH || !v->cainfo) return NULL;
  if (access(v->cainfo, R_OK) == 0) return v->cainfo;
  if (v->capath) return NULL;
  while (*file && access(*file, R_OK) != 0)
    file++;
  return *file;
}

/* libcurl keeps the parsed store of certificates only while no directory of
 * them is set, and parsing it takes 20 to 30 ms for each connection. Its
 * default is both a file and a directory, with the same certificates. */
static CURLcode apply_authorities(const ll_profile *p, CURL *easy) {
  const char *file = p->ca_file;
  CURLcode code;
  if (!file && !p->ca_path) file = default_file();
  code = set_string(easy, CURLOPT_CAINFO, file);
  if (code == CURLE_OK && (p->ca_path || file))
    code = curl_easy_setopt(easy, CURLOPT_CAPATH, p->ca_path);
  return code;
}

static CURLcode apply_tls(const ll_profile *p, CURL *easy) {
  CURLcode code = apply_authorities(p, easy);
  if (code == CURLE_OK)
    code = set_string(easy, CURLOPT_SSLCERT, p->client_cert);
  if (code == CURLE_OK) code = set_string(easy, CURLOPT_SSLKEY, p->client_key);
  if (code == CURLE_OK && p->min_version)
    code =
        curl_easy_setopt(easy, CURLOPT_SSLVERSION, tls_version(p->min_version));
  if (code == CURLE_OK && p->insecure) {
    code = curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    if (code == CURLE_OK)
      code = curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
  }
  return code;
}

static long connect_ms(double seconds) {
  double ms = seconds * 1e3;
  return ms >= 1e9 ? 1000000000L : ms < 1 ? 1L : (long)ms;
}

CURLcode ll_profile_apply(const ll_profile *p, CURL *easy) {
  CURLcode code = apply_tls(p, easy);
  if (code == CURLE_OK) code = set_string(easy, CURLOPT_PROXY, p->proxy);
  if (code == CURLE_OK) code = set_string(easy, CURLOPT_NOPROXY, p->no_proxy);
  if (code == CURLE_OK && p->limits.connect > 0)
    code = curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                            connect_ms(p->limits.connect));
  return code;
}
