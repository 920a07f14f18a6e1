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

ll_status ll_header_find(const ll_buffer *head, const char *name,
                         ll_header *h) {
  size_t at = 0, len = strlen(name);
  ll_header each;
  ll_status status = LL_END;
  while (ll_header_next(head, &at, &each) == LL_OK) {
    if (each.name_len != len || strncasecmp(each.name, name, len)) continue;
    *h = each;
    status = LL_OK;
  }
  return status;
}
