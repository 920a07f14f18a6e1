#include <string.h>

#include "scene.h"

static const mock_rgb WHITE = {1, 1, 1}, NIGHT = {0.03, 0.05, 0.2};

static void tint(mock_canvas *c, mock_rgb colour, double strength) {
  int x, y;
  for (y = 0; y < c->h; y++)
    for (x = 0; x < c->w; x++)
      mock_blend(c, x, y, colour, strength);
}

static double brightness(mock_rgb p) {
  return 0.3 * p.r + 0.59 * p.g + 0.11 * p.b;
}

/* Every pixel through a function of its colour. */
static void map(mock_canvas *c, mock_rgb (*f)(mock_rgb p)) {
  int x, y;
  for (y = 0; y < c->h; y++)
    for (x = 0; x < c->w; x++)
      mock_blend(c, x, y, f(mock_pixel(c, x, y)), 1);
}

static mock_rgb to_grey(mock_rgb p) {
  double v = brightness(p);
  mock_rgb grey = {v, v, v};
  return grey;
}

static mock_rgb to_sepia(mock_rgb p) {
  double v = brightness(p);
  mock_rgb sepia = {v * 1.05, v * 0.88, v * 0.66};
  return sepia;
}

static mock_rgb to_negative(mock_rgb p) {
  mock_rgb n = {1 - p.r, 1 - p.g, 1 - p.b};
  return n;
}

static mock_rgb to_brighter(mock_rgb p) {
  return mock_mix(p, WHITE, 0.3);
}

static mock_rgb to_night(mock_rgb p) {
  return mock_mix(p, NIGHT, 0.65);
}

static mock_rgb to_other_hue(mock_rgb p) {
  mock_rgb other = {p.g, p.b, p.r};
  return other;
}

static void mirror(mock_canvas *c) {
  int x, y;
  for (y = 0; y < c->h; y++)
    for (x = 0; x < c->w / 2; x++) {
      mock_rgb left = mock_pixel(c, x, y);
      mock_blend(c, x, y, mock_pixel(c, c->w - 1 - x, y), 1);
      mock_blend(c, c->w - 1 - x, y, left, 1);
    }
}

static void flip(mock_canvas *c) {
  int x, y;
  for (y = 0; y < c->h / 2; y++)
    for (x = 0; x < c->w; x++) {
      mock_rgb top = mock_pixel(c, x, y);
      mock_blend(c, x, y, mock_pixel(c, x, c->h - 1 - y), 1);
      mock_blend(c, x, c->h - 1 - y, top, 1);
    }
}

static void blur(mock_canvas *c) {
  int x, y, pass;
  for (pass = 0; pass < 4; pass++)
    for (y = 1; y < c->h; y++)
      for (x = 1; x < c->w; x++) {
        mock_blend(c, x, y, mock_pixel(c, x - 1, y), 0.4);
        mock_blend(c, x, y, mock_pixel(c, x, y - 1), 0.4);
      }
}

static void frame(mock_canvas *c, mock_rgb colour) {
  double across = 0.05 * (c->w < c->h ? c->w : c->h);
  double x = across / c->w, y = across / c->h;
  mock_box(c, 0, 0, 1, y, colour, 1);
  mock_box(c, 0, 1 - y, 1, 1, colour, 1);
  mock_box(c, 0, 0, x, 1, colour, 1);
  mock_box(c, 1 - x, 0, 1, 1, colour, 1);
}

typedef struct change {
  const char *words[4];
  mock_rgb (*pixel)(mock_rgb p);
  void (*whole)(mock_canvas *c);
} change;

static const change changes[] = {
    {{"night", "dark", "darker", NULL}, to_night, NULL},
    {{"grayscale", "greyscale", "black and white", NULL}, to_grey, NULL},
    {{"sepia", "vintage", "old photo", NULL}, to_sepia, NULL},
    {{"invert", "negative", "inverted", NULL}, to_negative, NULL},
    {{"brighter", "bright", "lighter", NULL}, to_brighter, NULL},
    {{"mirror", "mirrored", NULL}, NULL, mirror},
    {{"upside down", "flip", NULL}, NULL, flip},
    {{"blur", "blurred", "soft", NULL}, NULL, blur},
};

static int apply_changes(mock_canvas *c, mock_str prompt) {
  size_t i;
  int k, done = 0;
  for (i = 0; i < sizeof changes / sizeof *changes; i++)
    for (k = 0; changes[i].words[k]; k++)
      if (mock_str_has_word(prompt, changes[i].words[k])) {
        if (changes[i].pixel)
          map(c, changes[i].pixel);
        else
          changes[i].whole(c);
        done = 1;
        break;
      }
  return done;
}

static int wants_frame(mock_str prompt) {
  return mock_str_has_word(prompt, "frame") ||
         mock_str_has_word(prompt, "border") ||
         mock_str_has_word(prompt, "framed");
}

/* A colour word colours the frame when there is one, else the picture. */
static int apply_colour(mock_canvas *c, mock_str prompt) {
  static const mock_rgb wood = {0.36, 0.22, 0.12};
  mock_rgb colour = wood;
  size_t at = 0;
  int framed = wants_frame(prompt);
  int named = !mock_str_has(prompt, "black and white") &&
              mock_colour_word(prompt, &at, &colour);
  if (framed)
    frame(c, colour);
  else if (named)
    tint(c, colour, 0.5);
  return framed || named;
}

void mock_edit(mock_arena *a, mock_canvas *c, mock_str prompt) {
  size_t size = (size_t)c->w * (size_t)c->h * 3;
  unsigned char *before = mock_alloc(a, size);
  int done;
  memcpy(before, c->rgb, size);
  prompt = mock_str_sub(prompt, 0, 4096);
  done = apply_changes(c, prompt);
  mock_add_things(c, prompt, mock_hash(prompt, 0));
  done |= apply_colour(c, prompt);
  if (done || memcmp(before, c->rgb, size) != 0) return;
  tint(c, mock_hsv((double)(mock_hash(prompt, 0) % 360) / 360, 0.6, 0.8), 0.3);
}

void mock_vary(mock_canvas *c, unsigned variant) {
  unsigned i;
  for (i = 0; i <= variant % 2; i++)
    map(c, to_other_hue);
  if (variant / 2 % 2 == 0) mirror(c);
}
