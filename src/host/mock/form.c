#include "form.h"

#include <string.h>

#include "out.h"

static size_t find(mock_str s, mock_str what, size_t from) {
  const char *at;
  if (from > s.n) return s.n;
  at = memmem(s.s + from, s.n - from, what.s, what.n);
  return at ? (size_t)(at - s.s) : s.n;
}

/* A parameter of a header: name="value" or name=value. */
static mock_str parameter(mock_str header, const char *name) {
  mock_str absent = {NULL, 0}, rest = header, item;
  while (mock_str_split(&rest, ';', &item)) {
    size_t n = strlen(name);
    item = mock_str_trim(item);
    if (!mock_str_starts(item, name) || item.n <= n || item.s[n] != '=')
      continue;
    item = mock_str_sub(item, n + 1, item.n);
    if (item.n > 1 && item.s[0] == '"' && item.s[item.n - 1] == '"')
      item = mock_str_sub(item, 1, item.n - 1);
    return item;
  }
  return absent;
}

static void read_header(mock_part *part, mock_str line) {
  if (mock_str_starts(line, "content-disposition:")) {
    part->name = parameter(line, "name");
    part->filename = parameter(line, "filename");
  } else if (mock_str_starts(line, "content-type:")) {
    part->type = mock_str_trim(mock_str_sub(line, 13, line.n));
  }
}

/* text: what stands between two boundaries. */
static mock_part *read_part(mock_arena *a, mock_str text) {
  mock_str blank = {"\r\n\r\n", 4}, line, head;
  mock_part *part = mock_alloc(a, sizeof *part);
  size_t end = find(text, blank, 0);
  head = mock_str_sub(text, 0, end);
  part->data = mock_str_sub(text, end + blank.n, text.n);
  if (!part->data.s) part->data = mock_str_of("");
  while (mock_str_split(&head, '\n', &line))
    read_header(part, mock_str_trim(line));
  return part->name.s && end < text.n ? part : NULL;
}

mock_part *mock_form_parse(mock_arena *a, mock_str content_type,
                           mock_str body) {
  enum { MOST_PARTS = 1000 };
  mock_str boundary = parameter(content_type, "boundary"), mark, open;
  mock_part *first = NULL, **last = &first;
  size_t at, count = 0;
  if (!boundary.n) return NULL;
  mark = mock_format(a, "\r\n--%S", boundary);
  open = mock_str_sub(mark, 2, mark.n);
  at = find(body, open, 0) + open.n;
  while (at < body.n && count++ < MOST_PARTS) {
    size_t end = find(body, mark, at);
    mock_part *part = read_part(a, mock_str_sub(body, at, end));
    if (mock_str_starts(mock_str_sub(body, at, at + 2), "--")) break;
    if (part) {
      *last = part;
      last = &part->next;
    }
    at = end + mark.n;
  }
  return first;
}

int mock_form_named(const mock_part *part, const char *name) {
  size_t n = strlen(name);
  mock_str tail = mock_str_sub(part->name, n, part->name.n);
  return mock_str_starts(part->name, name) &&
         (tail.n == 0 || mock_str_is(tail, "[]"));
}

const mock_part *mock_form_part(const mock_part *parts, const char *name) {
  while (parts && !mock_form_named(parts, name))
    parts = parts->next;
  return parts;
}

mock_str mock_form_text(const mock_part *parts, const char *name) {
  const mock_part *part = mock_form_part(parts, name);
  mock_str absent = {NULL, 0};
  return part ? part->data : absent;
}
