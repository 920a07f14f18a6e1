#include "transfer.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "clock.h"
#include "engine_internal.h"

enum { SETUP, RUNNING, DONE };

enum {
  HIGH_WATER = 256 * 1024,
  RELEASE_SECONDS = 2, /* a released exchange has as long to come to its end */
  HEAD_BYTES = 1024 * 1024,
  BODY_BYTES = 1024 * 1024 * 1024,
  REFUSAL_BYTES = 1024 * 1024, /* collected of an answer that is no success */
  KEPT_BODY = 16 * 1024,
  KEPT_BLOCK = 4 * 1024 * 1024,
  MANY = 64, /* transfers at once */
  SMALL_RECEIVE = 2048,
  USUAL_RECEIVE = 16 * 1024,
  SMALL_SEND = 16 * 1024,
  LARGE_SEND = 512 * 1024
};

/* ---- limits ---- */

static double sooner(double a, double b) {
  return a < 0 || b < a ? b : a;
}

/* The moment of the next limit and its name; negative: there is none. A reader
 * that is behind is not the gateway's silence. */
static double next_limit(const ll_transfer *t, double now, const char **name) {
  double due = -1, total = t->started + t->total;
  if (!t->head_done && t->profile->limits.first_byte > 0) {
    due = t->started + t->profile->limits.first_byte;
    *name = "first_byte";
  } else if (t->head_done && t->profile->limits.idle > 0) {
    due =
        (t->fresh || t->paused ? now : t->progressed) + t->profile->limits.idle;
    *name = "idle";
  }
  if (t->total > 0 && sooner(due, total) >= total) {
    due = total;
    *name = "total";
  }
  return due;
}

/* When the next thing on the tape is to come. */
static double next_cue(const ll_transfer *t) {
  const ll_tape *tape = t->tape;
  if (t->cue == 0) return t->started + tape->head_at;
  if (t->cue <= tape->len) return t->started + tape->cues[t->cue - 1].at;
  return t->started + tape->ended;
}

static ll_status arm(ll_transfer *t, double now) {
  const char *name = "total";
  double due = next_limit(t, now, &name);
  if (t->played) due = sooner(due, next_cue(t));
  if (due < 0) return LL_OK;
  return ll_timers_set(&t->engine->timers, &t->timer, due);
}

/* ---- events: nothing here knows Lua, and nothing here calls back ---- */

static size_t trip(ll_transfer *t, ll_status why) {
  t->tripped = why == LL_LIMIT ? LL_FAILED_LIMIT : LL_FAILED_MEMORY;
  return 0;
}

static ll_status record(ll_transfer *t, const char *bytes, size_t n) {
  if (!t->tape || t->played) return LL_OK;
  return ll_tape_add(t->tape, ll_now() - t->started, bytes, n);
}

/* One block is passed on from collected body to collected body: growing one
 * from nothing costs more than receiving it. */
static void take_block(ll_transfer *t) {
  ll_buffer *spare = &t->engine->spare_body;
  size_t limit = t->body.limit;
  if (t->body.data || !spare->data) return;
  t->body = *spare;
  t->body.limit = limit;
  ll_buffer_init(spare, 0);
}

static void leave_block(ll_transfer *t) {
  ll_buffer *spare = &t->engine->spare_body;
  if (t->body.cap < spare->cap || t->body.cap > KEPT_BLOCK) return;
  ll_buffer_free(spare);
  *spare = t->body;
  spare->head = spare->len = 0;
  ll_buffer_init(&t->body, 0);
}

/* A body in pieces is paused when its reader is behind. */
static size_t on_body(char *bytes, size_t size, size_t n, void *user) {
  ll_transfer *t = user;
  ll_status status;
  n *= size;
  t->received += n;
  if (t->released) return n;
  if (t->received > t->body.limit) return trip(t, LL_LIMIT);
  if (t->profile->collect) {
    t->progressed = ll_now();
    take_block(t);
  } else if (t->room == 0 && !t->played) {
    t->paused = 1;
    t->received -= n;
    return CURL_WRITEFUNC_PAUSE;
  }
  status = ll_buffer_append(&t->body, bytes, n);
  if (status == LL_OK) status = record(t, bytes, n);
  if (status != LL_OK) return trip(t, status);
  if (t->profile->collect) return n;
  t->room -= t->room < n ? t->room : n;
  t->fresh = 1;
  ll_engine_announce(t);
  return n;
}

/* An empty line stands at the end of the head, so that strtol stops. */
static long read_status(const ll_transfer *t) {
  const char *head = ll_buffer_begin(&t->head);
  const char *space = memchr(head, ' ', t->head.len);
  long status = 0;
  if (t->played) return space ? strtol(space, NULL, 10) : 0;
  curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
  return status;
}

/* Whoever has a body collected asks when it is whole; of a refusal, earlier. */
static int is_news(const ll_transfer *t) {
  return !t->profile->collect || t->status >= 300;
}

/* The limit that counts from here on may be nearer than the armed one. */
static ll_status end_of_head(ll_transfer *t) {
  long status = read_status(t);
  if (status < 200) return LL_OK; /* informational: another head follows */
  t->status = (int)status;
  t->head_done = 1;
  if (status >= 300 && t->profile->collect && t->body.limit > REFUSAL_BYTES)
    t->body.limit = REFUSAL_BYTES;
  t->progressed = t->first_byte = ll_now();
  ll_buffer_trim(&t->head);
  if (is_news(t)) ll_engine_announce(t);
  return arm(t, t->progressed);
}

/* A line that begins with a blank belongs to the one before it, and becomes one
 * with it (RFC 9112, 5.2). */
static void unfold(ll_buffer *head) {
  char *begin = head->data + head->head, *end = begin + head->len;
  while (end > begin && (end[-1] == '\n' || end[-1] == '\r'))
    *--end = ' ';
}

static size_t on_header(char *line, size_t size, size_t n, void *user) {
  ll_transfer *t = user;
  ll_status status;
  n *= size;
  if (t->released || t->head_done) return n; /* trailers are not kept */
  t->heads += n;
  if (t->heads > t->head.limit) return trip(t, LL_LIMIT);
  if (n && t->head.len && (line[0] == ' ' || line[0] == '\t')) unfold(&t->head);
  if (n >= 5 && memcmp(line, "HTTP/", 5) == 0) ll_buffer_clear(&t->head);
  status = ll_buffer_append(&t->head, line, n);
  if (status != LL_OK) return trip(t, status);
  if (n <= 2 && (line[0] == '\r' || line[0] == '\n')) status = end_of_head(t);
  return status == LL_OK ? n : trip(t, status);
}

/* ---- the end ---- */

/* The list of headers ends in the profile's, which stay. */
static void drop_headers(ll_transfer *t) {
  while (t->headers != t->profile->headers) {
    struct curl_slist *own = t->headers;
    t->headers = own->next;
    own->next = NULL;
    curl_slist_free_all(own);
  }
}

static void give_handle_back(ll_transfer *t) {
  (void)curl_easy_setopt(t->easy, CURLOPT_ERRORBUFFER, NULL);
  drop_headers(t);
  ll_engine_give_handle(t->engine, t->easy, t->dirty ? NULL : t->profile);
  curl_mime_free(t->mime);
  t->mime = NULL;
  t->easy = NULL;
}

static void note_facts(ll_transfer *t) {
  long sent = 0, connects = 0;
  curl_easy_getinfo(t->easy, CURLINFO_REQUEST_SIZE, &sent);
  curl_easy_getinfo(t->easy, CURLINFO_NUM_CONNECTS, &connects);
  t->sent = t->played ? t->tape->sent != 0 : sent > 0;
  t->reused = sent > 0 && connects == 0;
}

static void unlink_all(ll_transfer *t) {
  ll_list_remove(&t->member);
  ll_list_remove(&t->ready);
  if (t->engine && t->profile->collect) leave_block(t);
  ll_buffer_free(&t->head);
  ll_buffer_free(&t->body);
  ll_tape_free(t->tape);
  ll_profile_release(t->profile);
  free(t);
}

/* The handle is out of the loop already. */
static void finish(ll_transfer *t, ll_failure failure) {
  t->failure = failure;
  t->ended = ll_now();
  note_facts(t);
  ll_timers_clear(&t->engine->timers, &t->timer);
  give_handle_back(t);
  t->phase = DONE;
  if (t->released) {
    unlink_all(t);
    return;
  }
  t->engine->running--;
  ll_engine_announce(t);
}

static void stop(ll_transfer *t, ll_failure failure, const char *message) {
  if (!t->played) ll_loop_remove(t->engine->loop, t->easy, t->shard);
  snprintf(t->message, sizeof t->message, "%s", message);
  finish(t, failure);
}

/* libcurl says of a line of the head that is too long for it that there is no
 * memory. */
static int is_long_line(const ll_transfer *t, CURLcode result) {
  long sent = 0;
  if (result != CURLE_OUT_OF_MEMORY || t->head_done) return 0;
  curl_easy_getinfo(t->easy, CURLINFO_REQUEST_SIZE, &sent);
  return sent > 0;
}

void ll_transfer_on_done(ll_transfer *t, CURLcode result) {
  ll_failure failure =
      ll_failure_of_words(ll_failure_of_curl((int)result), t->message);
  if (t->tripped == LL_FAILED_LIMIT) {
    failure = LL_FAILED_LIMIT;
    snprintf(t->message, sizeof t->message, "the %s is over the limit",
             t->head_done ? "body" : "head");
  } else if (t->tripped) {
    failure = t->tripped;
    snprintf(t->message, sizeof t->message, "not enough memory");
  } else if (is_long_line(t, result)) {
    failure = LL_FAILED_LIMIT;
    snprintf(t->message, sizeof t->message,
             "a line of the head is longer than libcurl takes, or there is no "
             "memory");
  } else if (result == CURLE_OK && !t->head_done) {
    /* libcurl is content with half a head. */
    failure = LL_FAILED_TRUNCATED;
    snprintf(t->message, sizeof t->message, "it ended inside the head");
  } else if (result == CURLE_OPERATION_TIMEDOUT) {
    snprintf(t->message, sizeof t->message,
             "connect"); /* the only one it has */
  } else if (result != CURLE_OK && !t->message[0]) {
    snprintf(t->message, sizeof t->message, "%s", curl_easy_strerror(result));
  }
  finish(t, failure);
}

/* ---- a tape in place of a server ---- */

static void play_head(ll_transfer *t) {
  char *line = t->tape->head.data, *next;
  size_t left = t->tape->head.len;
  for (; left && !t->tripped; line = next) {
    next = memchr(line, '\n', left);
    next = next ? next + 1 : line + left;
    (void)on_header(line, 1, (size_t)(next - line), t);
    left -= (size_t)(next - line);
  }
}

static void play_bytes(ll_transfer *t, size_t i) {
  size_t n;
  char *bytes = ll_tape_bytes(t->tape, i, &n);
  if (n) (void)on_body(bytes, 1, n, t);
}

/* All that is due; the end may be. */
static void play(ll_transfer *t, double now) {
  const ll_tape *tape = t->tape;
  while (t->cue <= tape->len && !t->tripped && next_cue(t) <= now) {
    if (t->cue == 0)
      play_head(t);
    else
      play_bytes(t, t->cue - 1);
    t->cue++;
  }
  if (t->tripped) {
    ll_transfer_on_done(t, CURLE_WRITE_ERROR);
  } else if (t->cue > tape->len && next_cue(t) <= now) {
    snprintf(t->message, sizeof t->message, "%s", tape->message);
    finish(t,
           tape->failure || t->head_done ? tape->failure : LL_FAILED_TRUNCATED);
  } else {
    (void)arm(t, now); /* cannot fail: as below */
  }
}

void ll_transfer_on_timer(ll_transfer *t, double now) {
  const char *name = "total";
  double due = next_limit(t, now, &name);
  if (t->released)
    stop(t, LL_FAILED_CANCELLED, "");
  else if (t->played && next_cue(t) <= now)
    play(t, now);
  else if (due >= 0 && due <= now)
    stop(t, LL_FAILED_TIMEOUT, name);
  else
    (void)arm(t, now); /* cannot fail: its place in the heap is free */
}

void ll_transfer_on_broken(ll_transfer *t, unsigned shards) {
  if (t->phase == RUNNING && !t->played && shards >> t->shard & 1)
    stop(t, LL_FAILED_MEMORY, "not enough memory");
}

void ll_transfer_on_engine_gone(ll_transfer *t) {
  int released = t->released;
  if (t->phase == RUNNING)
    stop(t, LL_FAILED_CANCELLED, "the engine was closed");
  if (released) return; /* freed itself */
  if (t->easy) {
    give_handle_back(t);
    t->phase = DONE;
    t->failure = LL_FAILED_CANCELLED;
  }
  ll_list_remove(&t->member);
  ll_list_remove(&t->ready);
  t->engine = NULL;
}

/* ---- life ---- */

static size_t or_else(size_t given, size_t otherwise) {
  return given ? given : otherwise;
}

ll_transfer *ll_transfer_new(ll_engine *e, ll_profile *p) {
  ll_transfer *t = calloc(1, sizeof *t);
  if (!t) return NULL;
  if (!(t->easy = ll_engine_take_handle(e, p))) {
    free(t);
    return NULL;
  }
  t->engine = e;
  t->profile = ll_profile_retain(p);
  t->headers = p->headers;
  t->id = ++e->last_id;
  t->room = HIGH_WATER;
  t->first_byte = -1;
  ll_buffer_init(&t->head, or_else(p->limits.head_bytes, HEAD_BYTES));
  ll_buffer_init(&t->body, or_else(p->limits.body_bytes, BODY_BYTES));
  ll_list_append(&e->transfers, &t->member);
  return t;
}

static int is_foreign(const ll_transfer *t) {
  return t->engine && ll_engine_is_foreign(t->engine);
}

void ll_transfer_cancel(ll_transfer *t) {
  if (t->phase == RUNNING && !is_foreign(t))
    stop(t, LL_FAILED_CANCELLED, "cancelled");
}

void ll_transfer_free(ll_transfer *t) {
  if (is_foreign(t)) return;
  ll_transfer_cancel(t);
  if (t->easy) give_handle_back(t);
  unlink_all(t);
}

void ll_transfer_release(ll_transfer *t) {
  if (is_foreign(t)) return;
  if (t->phase != RUNNING || t->played ||
      ll_timers_set(&t->engine->timers, &t->timer,
                    ll_now() + RELEASE_SECONDS) != LL_OK) {
    ll_transfer_free(t);
    return;
  }
  t->released = 1;
  t->engine->running--;
  ll_list_remove(&t->ready);
  ll_buffer_free(&t->body);
  if (t->paused) (void)curl_easy_pause(t->easy, CURLPAUSE_CONT);
  ll_engine_rearm(t->engine);
}

/* ---- setting up ---- */

static ll_status of_curl(CURLcode code) {
  if (code == CURLE_OK) return LL_OK;
  return code == CURLE_OUT_OF_MEMORY ? LL_NOMEM : LL_BAD;
}

/* libcurl speaks more than HTTP, file: among it. */
ll_status ll_transfer_set_url(ll_transfer *t, const char *url) {
  if (strncasecmp(url, "http://", 7) && strncasecmp(url, "https://", 8))
    return LL_BAD;
  return of_curl(curl_easy_setopt(t->easy, CURLOPT_URL, url));
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

ll_status ll_transfer_record(ll_transfer *t) {
  t->tape = ll_tape_new();
  return t->tape ? LL_OK : LL_NOMEM;
}

void ll_transfer_play(ll_transfer *t, ll_tape *tape) {
  t->tape = tape;
  t->played = 1;
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

void ll_transfer_set_total(ll_transfer *t, double seconds) {
  t->total = seconds;
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
  CURLcode code = curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
  if (code == CURLE_OK)
    code = curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
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
 * are to be fast, many are to be small. */
static long receive_buffer(const ll_transfer *t) {
  return t->engine->running >= MANY ? SMALL_RECEIVE : USUAL_RECEIVE;
}

/* What belongs to this transfer alone. */
static CURLcode apply(ll_transfer *t) {
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
  return code;
}

ll_status ll_transfer_start(ll_transfer *t) {
  ll_engine *e = t->engine;
  ll_status status;
  if (!e || t->phase != SETUP) return LL_BAD;
  status = of_curl(apply(t));
  if (status != LL_OK) return status;
  t->started = t->progressed = ll_now();
  if (arm(t, t->started) != LL_OK) return LL_NOMEM;
  if (!t->played) status = ll_loop_add(e->loop, t->easy, &t->shard);
  if (status != LL_OK) {
    ll_timers_clear(&e->timers, &t->timer);
    return status;
  }
  t->phase = RUNNING;
  e->running++;
  ll_engine_rearm(e);
  return LL_OK;
}

/* ---- asking ---- */

uint64_t ll_transfer_id(const ll_transfer *t) {
  return t->id;
}

int ll_transfer_done(const ll_transfer *t) {
  return t->phase == DONE;
}

int ll_transfer_status(const ll_transfer *t) {
  return t->status;
}

int ll_transfer_answered(const ll_transfer *t) {
  return t->phase == DONE || (t->head_done && is_news(t));
}

int ll_transfer_readable(const ll_transfer *t) {
  return !t->profile->collect || !t->failure;
}

const ll_buffer *ll_transfer_head(const ll_transfer *t) {
  return &t->head;
}

void ll_transfer_take_head(ll_transfer *t, ll_buffer *into) {
  *into = t->head;
  ll_buffer_init(&t->head, 0);
}

ll_buffer *ll_transfer_body(ll_transfer *t) {
  return &t->body;
}

const ll_tape *ll_transfer_tape(const ll_transfer *t) {
  return t->tape;
}

/* What libcurl held back is lost when it cannot be given now. Of a socket that
 * there is no memory to watch it says that a callback had it stop. */
static void resume(ll_transfer *t) {
  CURLcode code = curl_easy_pause(t->easy, CURLPAUSE_CONT);
  if (code == CURLE_OK) return;
  if (code == CURLE_ABORTED_BY_CALLBACK) code = CURLE_OUT_OF_MEMORY;
  ll_loop_remove(t->engine->loop, t->easy, t->shard);
  ll_transfer_on_done(t, code);
}

int ll_transfer_want(ll_transfer *t) {
  size_t before = t->body.len;
  t->fresh = 0;
  t->room = HIGH_WATER;
  if (!t->paused || t->phase != RUNNING || is_foreign(t)) return 0;
  t->paused = 0;
  t->progressed = ll_now();
  resume(t);
  ll_engine_rearm(t->engine); /* it may have more to say without its socket */
  return t->body.len > before;
}

void ll_transfer_progress(ll_transfer *t) {
  if (t->engine) t->progressed = t->engine->now;
}

ll_failure ll_transfer_failure(const ll_transfer *t, const char **message) {
  *message = t->failure ? t->message : "";
  return t->failure;
}

void ll_transfer_timing(const ll_transfer *t, ll_timing *timing) {
  timing->first_byte = t->first_byte < 0 ? -1 : t->first_byte - t->started;
  timing->total = t->phase == DONE ? t->ended - t->started : -1;
  timing->received = t->received;
  timing->sent = t->sent;
  timing->reused = t->reused;
}
