#include <stdio.h>
#include <string.h>

#include "../../core/base64.h"
#include "png_file.h"
#include "scene.h"
#include "server.h"
#include "text.h"

enum { SIDE = 256, LEAST_SIDE = 16, MOST_SIDE = 2048, MOST_PICTURES = 8 };

/* dollars: for a million tokens of the prompt, and of the picture */
static const double IN = 5, OUT = 40;

typedef struct order {
  mock_str prompt, size, format;
  int w, h, n;
} order;

/* {==================================================================
** What is ordered
** =================================================================== */

/* "512x256"; "auto" and no size are the default's. */
static int read_size(order *x, int w, int h) {
  size_t at = mock_str_find(x->size, "x", 0);
  x->w = w;
  x->h = h;
  if (!x->size.n || mock_str_is(x->size, "auto")) return 1;
  x->w = (int)mock_str_number(mock_str_sub(x->size, 0, at), 0);
  x->h = (int)mock_str_number(mock_str_sub(x->size, at + 1, x->size.n), 0);
  return x->w >= LEAST_SIDE && x->w <= MOST_SIDE && x->h >= LEAST_SIDE &&
         x->h <= MOST_SIDE;
}

static void bad_size(mock_request *r, const order *x) {
  mock_fail(r, 400, "invalid_request_error", "size",
            mock_format(&r->arena,
                        "litellm.BadRequestError: OpenAIException - Invalid "
                        "value: %a%S%a. A size is WIDTHxHEIGHT, each from %d "
                        "to %d, or auto",
                        x->size, LEAST_SIDE, MOST_SIDE));
}

static int count_of(double n) {
  return n < 1 ? 1 : n > MOST_PICTURES ? MOST_PICTURES : (int)n;
}

/* }================================================================== */

/* {==================================================================
** The answer
** =================================================================== */

/* A picture that is asked for as a URL is kept for a while. */
static mock_str keep(mock_request *r, mock_str png) {
  char name[32];
  snprintf(name, sizeof name, "%016llx.png",
           (unsigned long long)mock_hash(png, 3));
  mock_store_put(&r->server->pictures, mock_str_of(name), png);
  return mock_format(&r->arena, "%s/mock/images/%s", r->server->origin, name);
}

static mock_str base64_of(mock_arena *a, mock_str bytes) {
  mock_str text;
  size_t n = ll_base64_encoded_size(bytes.n);
  char *to = mock_alloc(a, n + 1);
  ll_base64_encode(to, bytes.s, bytes.n);
  text.s = to;
  text.n = n;
  return text;
}

static void write_picture(mock_request *r, mock_out *o, const order *x,
                          const mock_canvas *c, int i) {
  mock_str png = mock_png_encode(&r->arena, c), none = {NULL, 0};
  int url = x->format.s && mock_str_is(x->format, "url");
  mock_outf(o, "%s{'b64_json':%Q,'revised_prompt':%Q,'url':%Q}", i ? "," : "",
            url ? none : base64_of(&r->arena, png), x->prompt,
            url ? keep(r, png) : none);
}

static mock_out *begin(mock_request *r) {
  mock_out *o = mock_answer_json(r);
  mock_outf(o, "{'created':%z,'background':null,'data':[", (size_t)r->created);
  return o;
}

static void end(mock_request *r, mock_out *o, const order *x, int w, int h,
                size_t pictures_in) {
  size_t text = mock_count_tokens(x->prompt), image = 64 * pictures_in;
  size_t out = 256 * (size_t)x->n;
  mock_outf(o,
            "],'output_format':'png','quality':'low','size':'%dx%d','usage':"
            "{'total_tokens':%z,'input_tokens':%z,'input_tokens_details':"
            "{'image_tokens':%z,'text_tokens':%z},'output_tokens':%z}}",
            w, h, text + image + out, text + image, image, text, out);
  mock_count(r, text + image, out);
  mock_charge(r, IN, OUT);
}

/* }================================================================== */

void mock_generations(mock_request *r) {
  order x = {0};
  mock_out *o;
  int i;
  x.prompt = mock_text(r->json, "prompt");
  x.size = mock_text(r->json, "size");
  x.format = mock_text(r->json, "response_format");
  x.n = count_of(mock_number(r->json, "n", 1));
  if (!x.prompt.s) {
    mock_fail(r, 500, "None", "None",
              mock_str_of("Router.aimage_generation() missing 1 required "
                          "positional argument: 'prompt'"));
    return;
  }
  if (!read_size(&x, SIDE, SIDE)) {
    bad_size(r, &x);
    return;
  }
  o = begin(r);
  for (i = 0; i < x.n; i++) {
    mock_canvas c = mock_canvas_of(&r->arena, x.w, x.h);
    mock_draw(&r->arena, &c, x.prompt, (unsigned)i);
    write_picture(r, o, &x, &c, i);
  }
  end(r, o, &x, x.w, x.h, 0);
}

/* {==================================================================
** Edits and variations
** =================================================================== */

static mock_str form_text(mock_request *r, const char *name) {
  return mock_form_text(r->form, name);
}

static void read_form(mock_request *r, order *x) {
  x->prompt = form_text(r, "prompt");
  x->size = form_text(r, "size");
  x->format = form_text(r, "response_format");
  x->n = count_of(mock_str_number(form_text(r, "n"), 1));
}

/* Where the mask is opaque, the picture stays as it was. */
static void keep_masked(mock_arena *a, mock_canvas *c, const mock_canvas *old,
                        mock_str mask) {
  mock_canvas m;
  unsigned char *alpha;
  int x, y;
  if (!mock_png_decode(a, mask, &m, &alpha)) return;
  for (y = 0; y < c->h; y++)
    for (x = 0; x < c->w; x++) {
      size_t mx = (size_t)x * (size_t)m.w / (size_t)c->w;
      size_t my = (size_t)y * (size_t)m.h / (size_t)c->h;
      mock_blend(c, x, y, mock_pixel(old, x, y),
                 alpha[my * (size_t)m.w + mx] / 255.0);
    }
}

static mock_canvas copy_of(mock_arena *a, const mock_canvas *c) {
  mock_canvas copy = mock_canvas_of(a, c->w, c->h);
  memcpy(copy.rgb, c->rgb, (size_t)c->w * (size_t)c->h * 3);
  return copy;
}

/* A further picture is put into a corner of the first. */
static void paste(mock_arena *a, mock_canvas *c, const mock_canvas *other,
                  size_t i) {
  int w = c->w / 4 > 0 ? c->w / 4 : 1, h = c->h / 4 > 0 ? c->h / 4 : 1, x, y;
  mock_canvas small = mock_scaled(a, other, w, h);
  int left = i % 2 ? c->w - w : 0, top = i / 2 % 2 ? c->h - h : 0;
  for (y = 0; y < h; y++)
    for (x = 0; x < w; x++)
      mock_blend(c, left + x, top + y, mock_pixel(&small, x, y), 1);
}

static void not_a_picture(mock_request *r, const mock_part *part) {
  mock_fail(r, 400, "invalid_request_error", "image",
            mock_format(&r->arena,
                        "litellm.BadRequestError: OpenAIException - Invalid "
                        "image file: %S of %z bytes is not a PNG picture of at "
                        "most 2048 by 2048 pixels",
                        part->filename, part->data.n));
}

/* The first picture with the others in its corners; 0 when one is none. */
static int read_pictures(mock_request *r, mock_canvas *c, size_t *count) {
  const mock_part *part = mock_form_part(r->form, "image");
  for (*count = 0; part && *count < MOST_PICTURES;
       part = mock_form_part(part->next, "image")) {
    mock_canvas other;
    if (!mock_png_decode(&r->arena, part->data, &other, NULL)) {
      not_a_picture(r, part);
      return 0;
    }
    if ((*count)++ == 0)
      *c = other;
    else
      paste(&r->arena, c, &other, *count - 1);
  }
  return 1;
}

static int check_parts(mock_request *r) {
  const mock_part *part;
  int plain = 0, listed = 0;
  for (part = r->form; part; part = part->next) {
    plain |= mock_str_is(part->name, "image");
    listed |= mock_str_is(part->name, "image[]");
  }
  if (plain && listed)
    mock_fail_detail(r, 422, "Cannot specify both 'image' and 'image[]'");
  else if (!plain && !listed)
    mock_fail(r, 500, "None", "None",
              mock_str_of("aimage_edit() missing 1 required positional "
                          "argument: 'image'"));
  else
    return 1;
  return 0;
}

static int read_order(mock_request *r, order *x, mock_canvas *c,
                      size_t *count) {
  if (!check_parts(r) || !read_pictures(r, c, count)) return 0;
  read_form(r, x);
  if (read_size(x, c->w, c->h)) {
    *c = mock_scaled(&r->arena, c, x->w, x->h);
    return 1;
  }
  if (!x->size.n) return 1; /* as it came, however large */
  bad_size(r, x);
  return 0;
}

/* Changes the copy; i counts the pictures that were asked for. */
typedef void changer(mock_request *r, const order *x, const mock_canvas *old,
                     mock_canvas *copy, unsigned i);

static void answer_changed(mock_request *r, changer *change) {
  mock_canvas c;
  order x = {0};
  mock_out *o;
  size_t count;
  int i;
  if (!read_order(r, &x, &c, &count)) return;
  o = begin(r);
  for (i = 0; i < x.n; i++) {
    mock_canvas copy = copy_of(&r->arena, &c);
    change(r, &x, &c, &copy, (unsigned)i);
    write_picture(r, o, &x, &copy, i);
  }
  end(r, o, &x, c.w, c.h, count);
}

static void edit(mock_request *r, const order *x, const mock_canvas *old,
                 mock_canvas *copy, unsigned i) {
  const mock_part *mask = mock_form_part(r->form, "mask");
  mock_edit(&r->arena, copy, x->prompt.s ? x->prompt : mock_str_of(""));
  if (i) mock_vary(copy, i);
  if (mask) keep_masked(&r->arena, copy, old, mask->data);
}

static void vary(mock_request *r, const order *x, const mock_canvas *old,
                 mock_canvas *copy, unsigned i) {
  (void)r;
  (void)x;
  (void)old;
  mock_vary(copy, i);
}

void mock_edits(mock_request *r) {
  answer_changed(r, edit);
}

void mock_variations(mock_request *r) {
  answer_changed(r, vary);
}

/* }================================================================== */

void mock_picture(mock_request *r) {
  mock_str png = mock_store_get(&r->server->pictures, r->rest);
  if (png.s)
    mock_out_bytes(mock_answer_as(r, "image/png"), png.s, png.n);
  else
    mock_fail_detail(r, 404, "Not Found");
}
