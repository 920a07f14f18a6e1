#include "scene.h"

#include "text.h"

static double part(uint64_t hash, int shift) {
  return (double)(hash >> shift & 0xff) / 255;
}

static int is_dark(mock_str prompt) {
  return mock_str_has_word(prompt, "night") ||
         mock_str_has_word(prompt, "dark") ||
         mock_str_has_word(prompt, "moon") ||
         mock_str_has_word(prompt, "space");
}

static void draw_sky(mock_canvas *c, mock_str prompt, uint64_t seed,
                     const mock_rgb *colours, int n) {
  static const mock_rgb black = {0.02, 0.03, 0.1}, white = {1, 1, 1};
  double hue = part(seed, 0);
  mock_rgb top = mock_hsv(hue, 0.55, 0.75), low = mock_hsv(hue + 0.12, 0.3, 1);
  if (n > 0) {
    top = colours[0];
    low = mock_mix(n > 1 ? colours[1] : top, white, 0.45);
  }
  if (is_dark(prompt)) {
    top = mock_mix(top, black, 0.8);
    low = mock_mix(low, black, 0.55);
  }
  mock_gradient(c, top, low);
}

static void draw_hills(mock_canvas *c, mock_str prompt, uint64_t seed,
                       const mock_rgb *colours, int n) {
  static const mock_rgb black = {0.02, 0.03, 0.1};
  mock_rgb land =
      n > 0 ? colours[n - 1] : mock_hsv(part(seed, 8) * 0.3 + 0.2, 0.45, 0.6);
  int i;
  for (i = 0; i < 3; i++) {
    mock_rgb hill = mock_mix(land, black, 0.15 + 0.17 * i);
    if (is_dark(prompt)) hill = mock_mix(hill, black, 0.5);
    mock_land(c, 0.68 + 0.1 * i, 0.05, 0.8 + part(seed, 16 + 8 * i),
              part(seed, 40) * 6 + i * 1.7, hill);
  }
}

/* One soft shape, whose colour and place are made of the hash. */
static void draw_shape(mock_canvas *c, uint64_t h) {
  mock_rgb colour = mock_hsv(part(h, 0), 0.5, 0.95);
  double x = part(h, 8), y = 0.1 + 0.7 * part(h, 16);
  double size = 0.02 + 0.1 * part(h, 24), px[3], py[3];
  if (h >> 40 & 1) {
    mock_disc(c, x, y, size, colour, 0.45);
    return;
  }
  px[0] = x;
  px[1] = x - size;
  px[2] = x + size;
  py[0] = y - size;
  py[1] = y + size;
  py[2] = y + size * part(h, 32);
  mock_triangle(c, px, py, colour, 0.45);
}

static void draw_words(mock_arena *a, mock_canvas *c, mock_str prompt,
                       uint64_t seed) {
  mock_words words = mock_keywords_of(a, prompt);
  size_t i;
  for (i = 0; i < words.n && i < 12; i++) {
    draw_shape(c, mock_hash(words.v[i].stem, seed));
    draw_shape(c, mock_hash(words.v[i].stem, seed + 1));
  }
}

void mock_draw(mock_arena *a, mock_canvas *c, mock_str prompt,
               unsigned variant) {
  enum { MOST_COLOURS = 4 };
  mock_rgb colours[MOST_COLOURS];
  uint64_t seed;
  size_t at = 0;
  int n = 0;
  prompt = mock_str_sub(prompt, 0, 4096);
  seed = mock_hash(prompt, variant);
  while (n < MOST_COLOURS && mock_colour_word(prompt, &at, &colours[n]))
    n++;
  draw_sky(c, prompt, seed, colours, n);
  draw_words(a, c, prompt, seed);
  draw_hills(c, prompt, seed, colours, n);
  mock_add_things(c, prompt, seed);
}
