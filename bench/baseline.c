/* The least that a C program on libcurl can do for each scenario of the
 * benchmarks: what the library costs is measured against it. It finds the text
 * in an answer by searching for its key, and keeps nothing else.
 *
 *   baseline BASE SCENARIO ...
 *     cold | calls N BYTES | text N BYTES | first N PACE
 *     streams N CHUNKS PACE | map N AT_ONCE DELAY | embed N VECTORS
 * float|base64 | image BYTES FILE upload FILE BYTES */
#include <curl/curl.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "report.h"

#define CHAT                                                                   \
  "{\"model\":\"%s\",\"messages\":[{\"role\":\"system\",\"content\":"          \
  "\"You are terse.\"},{\"role\":\"user\",\"content\":"                        \
  "\"Say something about gateways.\"}]%s}"

typedef struct bytes {
  char *at;
  size_t len, cap;
} bytes;

typedef struct answer {
  bytes body, text; /* of a stream, body is the line that is not yet whole */
  int done;
  double first; /* when the first text came */
  CURL *curl;
} answer;

static const char *base;
static struct curl_slist *headers;

static void *need(void *p) {
  if (p) return p;
  perror("baseline");
  exit(1);
}

static void fail(const char *what) {
  fprintf(stderr, "baseline: %s\n", what);
  exit(1);
}

static void add(bytes *b, const char *s, size_t n) {
  if (b->len + n + 1 > b->cap) {
    b->cap = 2 * (b->len + n + 1);
    b->at = need(realloc(b->at, b->cap));
  }
  memcpy(b->at + b->len, s, n);
  b->len += n;
  b->at[b->len] = '\0';
}

/* The JSON string behind the first such key; its escapes are the ones that the
 * gateway sends. */
static void add_string(bytes *to, const char *s, size_t n, const char *key) {
  const char *end = s + n, *p = memmem(s, n, key, strlen(key));
  if (!p) return;
  for (p += strlen(key); p < end && *p != '"';) {
    const char *from = p;
    while (p < end && *p != '"' && *p != '\\')
      p++;
    add(to, from, (size_t)(p - from));
    if (p + 1 >= end || *p == '"') continue;
    add(to, p[1] == 'n' ? "\n" : p + 1, 1);
    p += 2;
  }
}

static size_t on_body(char *s, size_t one, size_t n, void *user) {
  answer *a = user;
  (void)one;
  add(&a->body, s, n);
  return n;
}

static void on_line(answer *a, const char *s, size_t n) {
  size_t before = a->text.len;
  if (n < 6 || memcmp(s, "data: ", 6) != 0) return;
  if (n == 12 && !memcmp(s + 6, "[DONE]", 6)) a->done = 1;
  add_string(&a->text, s + 6, n - 6, "\"content\":\"");
  if (!before && a->text.len) a->first = report_now();
}

static size_t on_stream(char *s, size_t one, size_t n, void *user) {
  answer *a = user;
  const char *end = s + n, *line = s, *newline;
  (void)one;
  while ((newline = memchr(line, '\n', (size_t)(end - line)))) {
    if (a->body.len) {
      add(&a->body, line, (size_t)(newline - line));
      on_line(a, a->body.at, a->body.len);
      a->body.len = 0;
    } else
      on_line(a, line, (size_t)(newline - line));
    line = newline + 1;
  }
  if (line < end) add(&a->body, line, (size_t)(end - line));
  return n;
}

static CURL *request(answer *a, const char *path, const char *json,
                     curl_write_callback write) {
  char url[256];
  CURL *c = need(curl_easy_init());
  snprintf(url, sizeof url, "%s%s", base, path);
  curl_easy_setopt(c, CURLOPT_URL, url);
  curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, write);
  curl_easy_setopt(c, CURLOPT_WRITEDATA, a);
  curl_easy_setopt(c, CURLOPT_PRIVATE, a);
  if (json) curl_easy_setopt(c, CURLOPT_COPYPOSTFIELDS, json);
  return a->curl = c;
}

static CURL *chat(answer *a, const char *model) {
  char json[512];
  snprintf(json, sizeof json, CHAT, model, "");
  return request(a, "/chat/completions", json, on_body);
}

static CURL *chat_stream(answer *a, const char *model) {
  char json[512];
  snprintf(json, sizeof json, CHAT, model, ",\"stream\":true");
  return request(a, "/chat/completions", json, on_stream);
}

static void perform(answer *a) {
  a->body.len = a->text.len = 0;
  a->done = 0;
  if (curl_easy_perform(a->curl)) fail("a request failed");
}

static void find_text(answer *a) {
  a->text.len = 0;
  add_string(&a->text, a->body.at, a->body.len, "\"content\":\"");
}

static double text_hash(const answer *a) {
  return report_hash(a->text.at, a->text.len);
}

/* Many at once: one multi handle, sockets and timer behind epoll. */
static CURLM *multi;
static int poller;
static double timeout = -1;

static int on_socket(CURL *c, curl_socket_t fd, int what, void *user,
                     void *known) {
  struct epoll_event ev = {0};
  (void)c;
  (void)user;
  ev.data.fd = fd;
  if (what & CURL_POLL_IN) ev.events |= EPOLLIN;
  if (what & CURL_POLL_OUT) ev.events |= EPOLLOUT;
  if (what == CURL_POLL_REMOVE)
    epoll_ctl(poller, EPOLL_CTL_DEL, fd, NULL);
  else if (known)
    epoll_ctl(poller, EPOLL_CTL_MOD, fd, &ev);
  else
    epoll_ctl(poller, EPOLL_CTL_ADD, fd, &ev);
  curl_multi_assign(multi, fd, what == CURL_POLL_REMOVE ? NULL : &multi);
  return 0;
}

static int on_timeout(CURLM *m, long ms, void *user) {
  (void)m;
  (void)user;
  timeout = ms < 0 ? -1 : report_now() + (double)ms * 1e-3;
  return 0;
}

static void open_multi(long connections) {
  poller = epoll_create1(0);
  multi = need(curl_multi_init());
  curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, connections);
  curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
  curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timeout);
}

/* The next answer that is over, or NULL. */
static answer *next_done(void) {
  int left;
  char *a = NULL;
  CURLMsg *m = curl_multi_info_read(multi, &left);
  if (!m) return NULL;
  if (m->data.result) fail(curl_easy_strerror(m->data.result));
  curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &a);
  curl_multi_remove_handle(multi, m->easy_handle);
  return (answer *)(void *)a;
}

static void turn(void) {
  struct epoll_event events[256];
  int i, n, running, wait = 1000;
  if (timeout >= 0) {
    double left = timeout - report_now();
    wait = left > 0 ? (int)(left * 1000) + 1 : 0;
  }
  n = epoll_wait(poller, events, 256, wait);
  for (i = 0; i < n; i++) {
    int what = 0;
    if (events[i].events & EPOLLIN) what |= CURL_CSELECT_IN;
    if (events[i].events & EPOLLOUT) what |= CURL_CSELECT_OUT;
    if (events[i].events & (EPOLLERR | EPOLLHUP)) what |= CURL_CSELECT_ERR;
    curl_multi_socket_action(multi, events[i].data.fd, what, &running);
  }
  if (timeout >= 0 && report_now() >= timeout) {
    timeout = -1;
    curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
  }
}

static long number(char **arg, int i) {
  return strtol(arg[i], NULL, 10);
}

static void cold(char **arg) {
  answer a = {0};
  (void)arg;
  chat(&a, "chat-0-200");
  perform(&a);
  find_text(&a);
  printf("%s\n", a.text.at);
}

static void calls(char **arg) {
  answer a = {0};
  char json[512], model[64];
  long i, n = number(arg, 0);
  size_t total = 0;
  chat(&a, "chat-0-200");
  perform(&a);
  snprintf(model, sizeof model, "chat-0-%s", arg[1]);
  snprintf(json, sizeof json, CHAT, model, "");
  curl_easy_setopt(a.curl, CURLOPT_COPYPOSTFIELDS, json);
  report_begin();
  for (i = 0; i < n; i++) {
    perform(&a);
    find_text(&a);
    total += a.text.len;
  }
  report_end(n, total, text_hash(&a));
}

static void text(char **arg) {
  answer a = {0};
  char json[512], model[64];
  chat_stream(&a, "stream-10-0");
  perform(&a);
  snprintf(model, sizeof model, "stream-%s-0-%s", arg[0], arg[1]);
  snprintf(json, sizeof json, CHAT, model, ",\"stream\":true");
  curl_easy_setopt(a.curl, CURLOPT_COPYPOSTFIELDS, json);
  free(a.text.at);
  memset(&a.text, 0, sizeof a.text);
  report_begin();
  perform(&a);
  if (!a.done) fail("the stream was cut off");
  report_end(number(arg, 0), a.text.len, text_hash(&a));
}

static void first(char **arg) {
  answer a = {0};
  char model[64];
  long i, n = number(arg, 0);
  double *times = need(malloc((size_t)n * sizeof *times));
  snprintf(model, sizeof model, "stream-3-%s", arg[1]);
  chat_stream(&a, model);
  perform(&a);
  report_begin();
  for (i = 0; i < n; i++) {
    double start = report_now();
    perform(&a);
    times[i] = a.first - start - (double)number(arg, 1) * 1e-6;
  }
  report_end(n, a.text.len, text_hash(&a));
  report_first(times, n);
  free(times);
}

/* What is needed once shall not count. */
static void warm_up(void) {
  answer a = {0};
  chat_stream(&a, "stream-3-0");
  perform(&a);
}

static void streams(char **arg) {
  char model[64];
  long i, n = number(arg, 0), left = n;
  size_t total = 0;
  double hash = 0;
  answer *a = need(calloc((size_t)n, sizeof *a)), *done;
  snprintf(model, sizeof model, "stream-%s-%s", arg[1], arg[2]);
  open_multi(n);
  warm_up();
  report_begin();
  for (i = 0; i < n; i++)
    curl_multi_add_handle(multi, chat_stream(&a[i], model));
  while (left > 0) {
    turn();
    while ((done = next_done())) {
      if (!done->done) fail("a stream was cut off");
      total += done->text.len;
      hash = text_hash(done);
      left--;
    }
  }
  report_end(n, total, hash);
  report_memory(n);
}

static void map(char **arg) {
  char model[64];
  long i, n = number(arg, 0), at_once = number(arg, 1), left = n;
  size_t total = 0;
  answer *a = need(calloc((size_t)at_once, sizeof *a)), *done = a;
  snprintf(model, sizeof model, "chat-%s-200", arg[2]);
  open_multi(at_once);
  warm_up();
  report_begin();
  for (i = 0; i < at_once; i++)
    curl_multi_add_handle(multi, chat(&a[i], model));
  while (left > 0) {
    turn();
    while ((done = next_done())) {
      find_text(done);
      total += done->text.len;
      done->body.len = 0;
      left--;
      if (i++ < n) curl_multi_add_handle(multi, done->curl);
    }
  }
  report_end(n, total, text_hash(a));
}

static signed char digit_value[256];

static void digits_init(void) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrst"
                               "uvwxyz0123456789+/";
  int i;
  for (i = 0; i < 64; i++)
    digit_value[(unsigned char)digits[i]] = (signed char)i;
}

/* Base64 from s up to a quote; returns the number of bytes. */
static size_t decode(unsigned char *to, const char *s, size_t n) {
  const char *quote = memchr(s, '"', n);
  size_t i, len = quote ? (size_t)(quote - s) : n;
  unsigned char *out = to;
  for (i = 0; i + 3 < len; i += 4) {
    const unsigned char *d = (const unsigned char *)s + i;
    unsigned v = (unsigned)(digit_value[d[0]] << 18 | digit_value[d[1]] << 12 |
                            digit_value[d[2]] << 6 | digit_value[d[3]]);
    *out++ = (unsigned char)(v >> 16);
    *out++ = (unsigned char)(v >> 8);
    *out++ = (unsigned char)v;
  }
  if (len && s[len - 1] == '=') out--;
  if (len > 1 && s[len - 2] == '=') out--;
  return (size_t)(out - to);
}

/* Numbers from s up to a bracket. */
static size_t parse(float *to, char *s) {
  size_t n = 0;
  while (*s++ != ']')
    to[n++] = strtof(s, &s);
  return n;
}

/* All vectors of an answer into one array; returns the number of floats. */
static size_t vectors(const bytes *body, float *to, int base64) {
  const char *key = base64 ? "\"embedding\":\"" : "\"embedding\":";
  char *p = body->at, *end = p + body->len;
  size_t n = 0;
  while ((p = memmem(p, (size_t)(end - p), key, strlen(key)))) {
    p += strlen(key);
    if (*p != '[' && !base64) continue;
    if (base64)
      n += decode((unsigned char *)(to + n), p, (size_t)(end - p)) / 4;
    else
      n += parse(to + n, p);
  }
  return n;
}

static void embed_body(bytes *b, const char *count, const char *encoding) {
  char text[128];
  long i, n = strtol(count, NULL, 10);
  snprintf(text, sizeof text,
           "{\"model\":\"embed-%s\",\"encoding_format\":\"%s\",\"input\":[",
           count, encoding);
  add(b, text, strlen(text));
  for (i = 0; i < n; i++) {
    snprintf(text, sizeof text, "%s\"a sentence to be embedded, number %ld\"",
             i ? "," : "", i + 1);
    add(b, text, strlen(text));
  }
  add(b, "]}", 2);
}

static void embed(char **arg) {
  answer a = {0};
  bytes json = {0};
  long i, n = number(arg, 0), base64 = !strcmp(arg[2], "base64");
  size_t total = 0;
  double sum = 0;
  float *to = need(malloc((size_t)number(arg, 1) * 1536 * sizeof *to + 4));
  embed_body(&json, arg[1], arg[2]);
  request(&a, "/embeddings", json.at, on_body);
  perform(&a);
  report_begin();
  for (i = 0; i < n; i++) {
    perform(&a);
    total += vectors(&a.body, to, (int)base64);
  }
  for (i = 0; i < (long)total / n; i++)
    sum += (double)to[i];
  report_end(n, total, sum);
}

static void image(char **arg) {
  answer a = {0};
  char json[128], *p;
  const char *key = "\"b64_json\":\"";
  size_t n;
  FILE *f = need(fopen(arg[1], "wb"));
  snprintf(json, sizeof json, "{\"model\":\"image-%s\",\"prompt\":\"A cat\"}",
           arg[0]);
  request(&a, "/images/generations", json, on_body);
  report_begin();
  perform(&a);
  if (!(p = memmem(a.body.at, a.body.len, key, 12))) fail("no picture came");
  p += 12;
  n = decode((unsigned char *)p, p, a.body.len);
  if (fwrite(p, 1, n, f) != n || fclose(f)) fail("cannot write the picture");
  report_end(1, n, report_hash(p, n));
}

static void upload(char **arg) {
  answer a = {0};
  const char *p;
  size_t got, size = (size_t)number(arg, 1);
  CURL *c = request(&a, "/audio/transcriptions", NULL, on_body);
  curl_mime *mime = need(curl_mime_init(c));
  curl_mimepart *part = curl_mime_addpart(mime);
  curl_mime_name(part, "model");
  curl_mime_data(part, "whisper-1", CURL_ZERO_TERMINATED);
  part = curl_mime_addpart(mime);
  curl_mime_name(part, "file");
  curl_mime_filedata(part, arg[0]);
  curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers->next);
  curl_easy_setopt(c, CURLOPT_MIMEPOST, mime);
  report_begin();
  perform(&a);
  p = strstr(a.body.at, "\"bytes\":");
  got = p ? (size_t)strtoull(p + 8, NULL, 10) : 0;
  report_end(1, got < size ? got : size, 0); /* the parts have heads, too */
}

static const struct scenario {
  const char *name;
  int args;
  void (*run)(char **arg);
} scenarios[] = {{"cold", 0, cold},       {"calls", 2, calls},
                 {"text", 2, text},       {"first", 2, first},
                 {"streams", 3, streams}, {"map", 3, map},
                 {"embed", 3, embed},     {"image", 2, image},
                 {"upload", 2, upload},   {NULL, 0, NULL}};

int main(int argc, char **argv) {
  const struct scenario *s;
  if (argc < 3) fail("usage: baseline BASE SCENARIO ...");
  base = argv[1];
  curl_global_init(CURL_GLOBAL_DEFAULT);
  digits_init();
  headers = curl_slist_append(NULL, "Content-Type: application/json");
  headers = curl_slist_append(headers, "Authorization: Bearer sk-1234");
  for (s = scenarios; s->name; s++)
    if (!strcmp(s->name, argv[2]) && argc >= 3 + s->args) {
      s->run(argv + 3);
      return 0;
    }
  fprintf(stderr, "baseline: no such scenario, or too few arguments\n");
  return 2;
}
