#include "header.h"

#include <string.h>
#include <strings.h>

static int is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

/* Trims what stands around a value. */
static void set_value(ll_header *h, const char *from, const char *to) {
  while (from < to && is_blank(*from))
    from++;
  while (to > from && is_blank(to[-1]))
    to--;
  h->value = from;
  h->value_len = (size_t)(to - from);
}

ll_status ll_header_next(const ll_buffer *head, size_t *at, ll_header *h) {
  const char *bytes = ll_buffer_begin(head);
  while (*at < head->len) {
    const char *line = bytes + *at;
    const char *end = memchr(line, '\n', head->len - *at);
    const char *colon;
    if (!end) end = bytes + head->len;
    *at = (size_t)(end - bytes) + 1;
    colon = memchr(line, ':', (size_t)(end - line));
    if (!colon) continue;
    h->name = line;
    h->name_len = (size_t)(colon - line);
    set_value(h, colon + 1, end);
    return LL_OK;
  }
  return LL_END;
}

/* Looks at the name only, so that most lines cost a comparison of a byte. */
static int is_named(const char *line, size_t len, const char *name,
                    size_t name_len) {
  return len > name_len && line[name_len] == ':' &&
         strncasecmp(line, name, name_len) == 0;
}

void ll_header_find(const ll_buffer *head, const char *const *names, size_t n,
                    ll_header *found) {
  const char *line = ll_buffer_begin(head), *next;
  const char *end = line + head->len, *last[LL_HEADERS_AT_ONCE] = {NULL};
  size_t len[LL_HEADERS_AT_ONCE], i;
  for (i = 0; i < n; i++)
    len[i] = strlen(names[i]);
  for (; head->len && line < end; line = next) {
    next = memchr(line, '\n', (size_t)(end - line));
    next = next ? next + 1 : end;
    for (i = 0; i < n; i++)
      if (is_named(line, (size_t)(next - line), names[i], len[i]))
        last[i] = line;
  }
  for (i = 0; i < n; i++) {
    size_t at = last[i] ? (size_t)(last[i] - ll_buffer_begin(head)) : 0;
    found[i].name = NULL;
    if (last[i]) (void)ll_header_next(head, &at, &found[i]);
  }
}
