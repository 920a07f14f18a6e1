#include "../../core/base64.h"
#include "png_file.h"
#include "say.h"

static mock_str decode_data_url(mock_arena *a, mock_str url) {
  mock_str bytes = {NULL, 0}, text;
  size_t comma = mock_str_find(url, ",", 0), n;
  char *to;
  if (!mock_str_has(mock_str_sub(url, 0, comma), ";base64")) return bytes;
  text = mock_str_sub(url, comma + 1, url.n);
  n = ll_base64_decoded_size(text.s, text.n);
  to = mock_alloc(a, n + 1);
  if (ll_base64_decode(to, text.s, text.n) != LL_OK) return bytes;
  bytes.s = to;
  bytes.n = n;
  return bytes;
}

/* The colour of a part of the picture: y from `from` to `to`. */
static const char *colour_between(const mock_canvas *c, double from,
                                  double to) {
  mock_canvas band = {c->w, 0, NULL};
  int top = (int)(from * c->h), bottom = (int)(to * c->h);
  band.h = bottom > top ? bottom - top : 1;
  band.rgb = c->rgb + (size_t)top * (size_t)c->w * 3;
  return mock_colour_name(mock_average(&band));
}

static const char *kind_of_file(mock_str bytes) {
  if (mock_str_starts(bytes, "\xff\xd8")) return "JPEG";
  if (mock_str_starts(bytes, "GIF8")) return "GIF";
  if (mock_str_starts(bytes, "RIFF")) return "WebP";
  return "file of another kind";
}

static void describe(mock_arena *a, mock_out *o, mock_str url) {
  mock_str bytes;
  mock_canvas c;
  if (!mock_str_starts(url, "data:")) {
    mock_outf(o, "I am offline and cannot look at %S.",
              mock_str_sub(url, 0, 200));
    return;
  }
  bytes = decode_data_url(a, url);
  if (bytes.s && mock_png_decode(a, bytes, &c, NULL))
    mock_outf(o,
              "The picture is a PNG of %d by %d pixels, mostly %s: %s above "
              "and %s below.",
              c.w, c.h, mock_colour_name(mock_average(&c)),
              colour_between(&c, 0, 0.4), colour_between(&c, 0.6, 1));
  else
    mock_outf(o, "The picture is a %s of %z bytes; I can look at PNG only.",
              kind_of_file(bytes), bytes.n);
}

mock_str mock_say_pictures(mock_arena *a, const mock_dialog *d) {
  enum { MOST = 8 };
  mock_out o = {a, NULL, 0, 0};
  mock_str none = {NULL, 0}, url;
  const mock_value *at = NULL;
  int count = 0;
  while (count < MOST && (url = mock_dialog_picture(d, &at)).s) {
    if (count++) mock_out_text(&o, " ");
    describe(a, &o, url);
  }
  return count ? mock_out_str(&o) : none;
}
