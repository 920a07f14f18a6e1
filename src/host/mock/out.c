#include "out.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../../core/utf8.h"

mock_str mock_out_str(const mock_out *o) {
  mock_str s = {o->s ? o->s : "", o->n};
  return s;
}

char *mock_out_room(mock_out *o, size_t n) {
  if (o->cap - o->n < n) {
    size_t cap = o->cap ? o->cap * 2 : 256;
    char *s;
    while (cap - o->n < n)
      cap *= 2;
    if (o->s && mock_resize(o->arena, o->s, o->cap, cap)) {
      o->cap = cap;
      return o->s + o->n;
    }
    s = mock_alloc(o->arena, cap);
    if (o->n) memcpy(s, o->s, o->n);
    o->s = s;
    o->cap = cap;
  }
  return o->s + o->n;
}

void mock_out_bytes(mock_out *o, const void *bytes, size_t n) {
  if (!n) return;
  memcpy(mock_out_room(o, n), bytes, n);
  o->n += n;
}

void mock_out_text(mock_out *o, const char *text) {
  mock_out_bytes(o, text, strlen(text));
}

static void put_escape(mock_out *o, unsigned char c) {
  static const char plain[] = "\"\\\b\f\n\r\t", name[] = "\"\\bfnrt";
  const char *at = memchr(plain, c, sizeof plain - 1);
  char code[8];
  if (at)
    snprintf(code, sizeof code, "\\%c", name[at - plain]);
  else
    snprintf(code, sizeof code, "\\u%04x", c);
  mock_out_text(o, code);
}

void mock_out_quoted(mock_out *o, mock_str s) {
  size_t i = 0;
  mock_out_text(o, "\"");
  while (i < s.n) {
    unsigned char c = (unsigned char)s.s[i];
    size_t len = ll_utf8_length(s.s + i, s.n - i);
    if (c < 0x20 || c == '"' || c == '\\')
      put_escape(o, c);
    else if (len)
      mock_out_bytes(o, s.s + i, len);
    else
      mock_out_text(o, "\xef\xbf\xbd");
    i += len ? len : 1;
  }
  mock_out_text(o, "\"");
}

static void put_number(mock_out *o, double value) {
  char text[40];
  if (value != value || value > 1e300 || value < -1e300) value = 0;
  snprintf(text, sizeof text, "%.9g", value);
  mock_out_text(o, text);
  if (!strpbrk(text, ".e")) mock_out_text(o, ".0");
}

static void put_quoted_or_null(mock_out *o, mock_str s) {
  if (s.s)
    mock_out_quoted(o, s);
  else
    mock_out_text(o, "null");
}

static void put_value(mock_out *o, char kind, va_list *args) {
  char text[40] = "";
  mock_str s;
  switch (kind) {
  case 'Q': put_quoted_or_null(o, va_arg(*args, mock_str)); return;
  case 'S':
    s = va_arg(*args, mock_str);
    mock_out_bytes(o, s.s, s.n);
    return;
  case 's': mock_out_text(o, va_arg(*args, const char *)); return;
  case 'f': put_number(o, va_arg(*args, double)); return;
  case 'i': snprintf(text, sizeof text, "%.0f", va_arg(*args, double)); break;
  case 'd': snprintf(text, sizeof text, "%d", va_arg(*args, int)); break;
  case 'z': snprintf(text, sizeof text, "%zu", va_arg(*args, size_t)); break;
  case 'a': text[0] = '\''; break;
  default: text[0] = kind; break;
  }
  mock_out_text(o, text);
}

static void outv(mock_out *o, const char *format, va_list *args) {
  while (*format) {
    size_t plain = strcspn(format, "%'");
    mock_out_bytes(o, format, plain);
    format += plain;
    if (*format == '\'') {
      mock_out_text(o, "\"");
      format++;
    } else if (*format == '%') {
      put_value(o, format[1], args);
      format += 2;
    }
  }
}

void mock_outf(mock_out *o, const char *format, ...) {
  va_list args;
  va_start(args, format);
  outv(o, format, &args);
  va_end(args);
}

mock_str mock_format(mock_arena *a, const char *format, ...) {
  mock_out o = {a, NULL, 0, 0};
  va_list args;
  va_start(args, format);
  outv(&o, format, &args);
  va_end(args);
  *mock_out_room(&o, 1) = 0; /* terminated, for libevent's headers */
  mock_resize(a, o.s, o.cap, o.n + 1);
  return mock_out_str(&o);
}
