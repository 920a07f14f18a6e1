/* What is told to libcurl before a transfer starts. */
#include <fcntl.h>
#include <string.h>
#include <strings.h>

#include "engine_internal.h"

enum {
  KEPT_BODY = 16 * 1024,
  STREAM_RECEIVE = 1024,
  SMALL_RECEIVE = 4096,
  USUAL_RECEIVE = 16 * 1024,
  LARGE_RECEIVE = 120 * 1024, /* malloc maps 128 KiB anew each time */
  SMALL_SEND = 16 * 1024,
  LARGE_SEND = 512 * 1024
};

static ll_status of_curl(CURLcode code) {
  if (code == CURLE_OK) return LL_OK;
  return code == CURLE_OUT_OF_MEMORY ? LL_NOMEM : LL_BAD;
}

/* libcurl speaks more than HTTP, file: among it. */
ll_status ll_transfer_set_url(ll_transfer *t, const char *url) {
  CURLcode code;
  if (strncasecmp(url, "http://", 7) && strncasecmp(url, "https://", 8))
    return LL_BAD;
  code = curl_easy_setopt(t->easy, CURLOPT_URL, url);
  if (code == CURLE_OK)
    code = curl_easy_setopt(t->easy, CURLOPT_CURLU,
                            ll_profile_address(t->profile, url));
  return of_curl(code);
}

/* A spare handle may have been left as a POST: anything else is said in full,
 * and cleaned up behind. */
ll_status ll_transfer_set_method(ll_transfer *t, const char *method) {
  CURLcode code;
  if (strcmp(method, "POST") == 0) return LL_OK;
  t->dirty = 1;
  code = curl_easy_setopt(t->easy, CURLOPT_HTTPGET, 1L);
  if (strcmp(method, "HEAD") == 0)
    code = curl_easy_setopt(t->easy, CURLOPT_NOBODY, 1L);
  else if (strcmp(method, "GET") != 0 && code == CURLE_OK)
    code = curl_easy_setopt(t->easy, CURLOPT_CUSTOMREQUEST, method);
  return of_curl(code);
}

ll_status ll_transfer_add_header(ll_transfer *t, const char *line) {
  struct curl_slist *own = curl_slist_append(NULL, line);
  if (!own) return LL_NOMEM;
  own->next = t->headers;
  t->headers = own;
  return LL_OK;
}

ll_status ll_transfer_set_body(ll_transfer *t, const char *bytes, size_t n) {
  CURLcode code =
      curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)n);
  if (code == CURLE_OK)
    code = curl_easy_setopt(t->easy, CURLOPT_COPYPOSTFIELDS, bytes);
  if (n > KEPT_BODY) t->dirty = 1; /* not to stay with a spare handle */
  return of_curl(code);
}

static CURLcode fill_part(curl_mimepart *part, const ll_part *p) {
  CURLcode code = curl_mime_name(part, p->name);
  if (code == CURLE_OK)
    code = p->data ? curl_mime_data(part, p->data, p->data_len)
                   : curl_mime_filedata(part, p->path);
  if (code == CURLE_OK && p->filename)
    code = curl_mime_filename(part, p->filename);
  if (code == CURLE_OK && p->content_type)
    code = curl_mime_type(part, p->content_type);
  return code;
}

ll_status ll_transfer_add_part(ll_transfer *t, const ll_part *p) {
  curl_mimepart *part;
  t->dirty = 1;
  if (!t->mime && !(t->mime = curl_mime_init(t->easy))) return LL_NOMEM;
  if (!(part = curl_mime_addpart(t->mime))) return LL_NOMEM;
  return of_curl(fill_part(part, p));
}

/* A program that is started meanwhile must not inherit the connection: as long
 * as it lived, closing here would not be noticed by the gateway. */
static int on_open(void *user, curl_socket_t fd, curlsocktype purpose) {
  (void)user;
  (void)purpose;
  (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
  return CURL_SOCKOPT_OK;
}

/* When a connection that was used before ends without a byte of an answer,
 * libcurl sends the request again, up to six times, each time on another such
 * connection. Once is enough, and on a new one, after which it does not. */
#if LIBCURL_VERSION_NUM >= 0x075000
static int on_request(void *easy, char *ip, char *local_ip, int port,
                      int local_port) {
  (void)ip;
  (void)local_ip;
  (void)port;
  (void)local_port;
  (void)curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
  return CURL_PREREQFUNC_OK;
}

static CURLcode limit_repeats(CURL *easy) {
  CURLcode code = curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_request);
  if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_PREREQDATA, easy);
  return code;
}
#else
static CURLcode limit_repeats(CURL *easy) {
  (void)easy;
  return CURLE_OK;
}
#endif

CURLcode ll_transfer_prepare(CURL *easy) {
  CURLcode code =
      curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, ll_transfer_on_body);
  if (code == CURLE_OK)
    code =
        curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, ll_transfer_on_header);
  if (code == CURLE_OK)
    code = curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, on_open);
  if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  if (code == CURLE_OK)
    code = curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  if (code == CURLE_OK)
    code = curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  /* libcurl 8 has one for each transfer; its default is 64 KiB. */
  if (code == CURLE_OK)
    code = curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, (long)SMALL_SEND);
  if (code == CURLE_OK) code = limit_repeats(easy);
  return code;
}

/* libcurl's receive buffer: what a system call brings at most. Few transfers
 * are to be fast, many are to be small; what is wanted whole may be much, where
 * a stream brings little at a time. */
static long receive_buffer(const ll_transfer *t) {
  int few = t->engine->running < LL_MANY;
  if (t->profile->collect) return few ? LARGE_RECEIVE : SMALL_RECEIVE;
  return few ? USUAL_RECEIVE : STREAM_RECEIVE;
}

/* What belongs to this transfer alone. */
ll_status ll_transfer_apply(ll_transfer *t) {
  CURL *e = t->easy;
  CURLcode code;
  /* A handle whose last transfer failed early may still hold its buffer, which
   * libcurl keeps then. */
  (void)curl_easy_setopt(e, CURLOPT_BUFFERSIZE, receive_buffer(t));
  code = curl_easy_setopt(e, CURLOPT_HTTPHEADER, t->headers);
  if (code == CURLE_OK && t->dirty)
    code = curl_easy_setopt(e, CURLOPT_UPLOAD_BUFFERSIZE, (long)LARGE_SEND);
  if (code == CURLE_OK) code = curl_easy_setopt(e, CURLOPT_PRIVATE, t);
  if (code == CURLE_OK)
    code = curl_easy_setopt(e, CURLOPT_FRESH_CONNECT, (long)t->profile->fresh);
  if (code == CURLE_OK) code = curl_easy_setopt(e, CURLOPT_WRITEDATA, t);
  if (code == CURLE_OK) code = curl_easy_setopt(e, CURLOPT_HEADERDATA, t);
  if (code == CURLE_OK)
    code = curl_easy_setopt(e, CURLOPT_ERRORBUFFER, t->message);
  if (code == CURLE_OK && t->mime)
    code = curl_easy_setopt(e, CURLOPT_MIMEPOST, t->mime);
  return of_curl(code);
}
