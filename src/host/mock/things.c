#include <math.h>

#include "scene.h"

/* What a picture can show. Each thing is drawn over what is there. */

static const mock_rgb WHITE = {1, 1, 1}, DARK = {0.12, 0.12, 0.16};
static const mock_rgb WOOD = {0.42, 0.26, 0.15}, RED = {0.8, 0.2, 0.16};
static const mock_rgb LEAF = {0.13, 0.38, 0.2}, LAMP = {1, 0.9, 0.55};

/* A number from 0 to 1 that depends on the seed and i alone. */
static double pick(uint64_t seed, unsigned i) {
  mock_str none = {"", 0};
  return (double)(mock_hash(none, seed + i * 7919u) % 10007) / 10007;
}

static void draw_sun(mock_canvas *c, uint64_t seed) {
  double x = 0.2 + 0.6 * pick(seed, 1), y = 0.2 + 0.1 * pick(seed, 2);
  mock_rgb glow = {1, 0.85, 0.4}, core = {1, 0.93, 0.6};
  int i;
  for (i = 5; i > 0; i--)
    mock_disc(c, x, y, 0.09 + 0.025 * i, glow, 0.12);
  mock_disc(c, x, y, 0.09, core, 1);
}

static void draw_moon(mock_canvas *c, uint64_t seed) {
  double x = 0.25 + 0.5 * pick(seed, 3);
  mock_rgb core = {0.95, 0.95, 0.88}, spot = {0.86, 0.86, 0.8};
  mock_disc(c, x, 0.2, 0.13, core, 0.15);
  mock_disc(c, x, 0.2, 0.08, core, 1);
  mock_disc(c, x - 0.02, 0.19, 0.018, spot, 1);
  mock_disc(c, x + 0.03, 0.22, 0.012, spot, 1);
}

static void draw_stars(mock_canvas *c, uint64_t seed) {
  unsigned i;
  for (i = 0; i < 60; i++)
    mock_disc(c, pick(seed, 100 + i), 0.6 * pick(seed, 200 + i),
              0.002 + 0.004 * pick(seed, 300 + i), WHITE, 0.9);
}

static void draw_clouds(mock_canvas *c, uint64_t seed) {
  unsigned i, k;
  for (i = 0; i < 3; i++) {
    double x = pick(seed, 10 + i), y = 0.1 + 0.25 * pick(seed, 20 + i);
    for (k = 0; k < 5; k++)
      mock_disc(c, x + 0.045 * k, y - 0.02 * (k % 2), 0.05 + 0.012 * (k % 3),
                WHITE, 0.8);
  }
}

static void draw_rain(mock_canvas *c, uint64_t seed) {
  mock_rgb drop = {0.75, 0.82, 0.95};
  unsigned i;
  for (i = 0; i < 140; i++)
    mock_box(c, pick(seed, 400 + i), pick(seed, 600 + i), 0.005, 0.035, drop,
             0.55);
}

static void draw_snow(mock_canvas *c, uint64_t seed) {
  unsigned i;
  for (i = 0; i < 120; i++)
    mock_disc(c, pick(seed, 800 + i), pick(seed, 1000 + i),
              0.004 + 0.008 * pick(seed, 1200 + i), WHITE, 0.9);
}

static void draw_sea(mock_canvas *c, uint64_t seed) {
  mock_rgb deep = {0.07, 0.25, 0.45}, light = {0.55, 0.75, 0.88};
  int i;
  mock_land(c, 0.72, 0.006, 5, pick(seed, 30) * 6, deep);
  for (i = 0; i < 5; i++)
    mock_box(c, 0.8 * pick(seed, 40 + (unsigned)i), 0.76 + 0.045 * i, 0.2,
             0.006, light, 0.5);
}

static void draw_mountains(mock_canvas *c, uint64_t seed) {
  mock_rgb rock = {0.36, 0.38, 0.46};
  unsigned i;
  for (i = 0; i < 3; i++) {
    double x = 0.15 + 0.35 * i + 0.1 * pick(seed, 50 + i);
    double top = 0.3 + 0.15 * pick(seed, 60 + i);
    double px[3], py[3];
    px[0] = x;
    px[1] = x - 0.3;
    px[2] = x + 0.3;
    py[0] = top;
    py[1] = py[2] = 0.8;
    mock_triangle(c, px, py, mock_mix(rock, DARK, 0.2 * i), 1);
    px[1] = x - 0.06;
    px[2] = x + 0.06;
    py[1] = py[2] = top + 0.1;
    mock_triangle(c, px, py, WHITE, 0.9);
  }
}

static void draw_trees(mock_canvas *c, uint64_t seed) {
  unsigned i, k;
  for (i = 0; i < 6; i++) {
    double x = 0.05 + 0.16 * i + 0.05 * pick(seed, 70 + i);
    double base = 0.86 + 0.05 * pick(seed, 80 + i);
    mock_box(c, x - 0.008, base - 0.05, 0.016, 0.07, WOOD, 1);
    for (k = 0; k < 3; k++) {
      double y = base - 0.05 - 0.05 * k, w = 0.06 - 0.012 * k;
      double px[3], py[3];
      px[0] = x;
      px[1] = x - w;
      px[2] = x + w;
      py[0] = y - 0.09;
      py[1] = py[2] = y;
      mock_triangle(c, px, py, LEAF, 1);
    }
  }
}

static void draw_city(mock_canvas *c, uint64_t seed) {
  unsigned i, k;
  for (i = 0; i < 9; i++) {
    double x = 0.11 * i, h = 0.15 + 0.3 * pick(seed, 90 + i);
    mock_box(c, x, 0.8 - h, 0.1, h + 0.2, mock_mix(DARK, WHITE, 0.03 * (i % 4)),
             1);
    for (k = 0; k < 10; k++)
      if (pick(seed, 1400 + i * 16 + k) > 0.4)
        mock_box(c, x + 0.02 + 0.04 * (k % 2), 0.83 - h + 0.05 * (k / 2), 0.018,
                 0.022, LAMP, 0.9);
  }
}

static void draw_house(mock_canvas *c, uint64_t seed) {
  double x = 0.2 + 0.4 * pick(seed, 5);
  double px[3], py[3] = {0.5, 0.62, 0.62};
  mock_rgb wall = {0.93, 0.88, 0.78};
  px[0] = x + 0.11;
  px[1] = x - 0.03;
  px[2] = x + 0.25;
  mock_box(c, x, 0.62, 0.22, 0.2, wall, 1);
  mock_triangle(c, px, py, RED, 1);
  mock_box(c, x + 0.09, 0.7, 0.05, 0.12, WOOD, 1);
  mock_box(c, x + 0.02, 0.66, 0.045, 0.05, LAMP, 1);
  mock_box(c, x + 0.155, 0.66, 0.045, 0.05, LAMP, 1);
}

static void draw_lighthouse(mock_canvas *c, uint64_t seed) {
  double x = 0.62 + 0.15 * pick(seed, 6);
  double px[3], py[3] = {0.3, 0.2, 0.4};
  int i;
  px[0] = x + 0.045;
  px[1] = px[2] = x - 0.5;
  mock_triangle(c, px, py, LAMP, 0.35);
  for (i = 0; i < 6; i++)
    mock_box(c, x - 0.004 * i, 0.35 + 0.08 * i, 0.09 + 0.008 * i, 0.08,
             i % 2 ? WHITE : RED, 1);
  mock_box(c, x + 0.01, 0.27, 0.07, 0.08, DARK, 1);
  mock_disc(c, x + 0.045, 0.31, 0.03, LAMP, 1);
}

static void draw_boat(mock_canvas *c, uint64_t seed) {
  double x = 0.2 + 0.4 * pick(seed, 7);
  double hull_x[3], hull_y[3] = {0.78, 0.78, 0.86};
  double sail_x[3], sail_y[3] = {0.52, 0.76, 0.76};
  hull_x[0] = x - 0.12;
  hull_x[1] = x + 0.14;
  hull_x[2] = x;
  sail_x[0] = sail_x[1] = x + 0.01;
  sail_x[2] = x + 0.12;
  mock_triangle(c, hull_x, hull_y, RED, 1);
  mock_box(c, x - 0.003, 0.5, 0.008, 0.28, WOOD, 1);
  mock_triangle(c, sail_x, sail_y, WHITE, 0.95);
}

static void draw_whale(mock_canvas *c, uint64_t seed) {
  double x = 0.3 + 0.3 * pick(seed, 8);
  double px[3], py[3] = {0.8, 0.7, 0.78};
  mock_rgb skin = {0.2, 0.3, 0.42};
  int i;
  for (i = 0; i < 9; i++)
    mock_disc(c, x + 0.022 * i, 0.8 - 0.002 * i * (8 - i), 0.06 - 0.004 * i,
              skin, 1);
  px[0] = x + 0.17;
  px[1] = x + 0.27;
  px[2] = x + 0.28;
  mock_triangle(c, px, py, skin, 1);
  mock_disc(c, x - 0.02, 0.79, 0.007, WHITE, 1);
}

static void draw_cat(mock_canvas *c, uint64_t seed) {
  double x = 0.3 + 0.4 * pick(seed, 9), ear_x[3], ear_y[3];
  mock_rgb fur = mock_hsv(0.06 + 0.04 * pick(seed, 11), 0.6, 0.7);
  int i;
  mock_disc(c, x, 0.8, 0.15, fur, 1);
  mock_disc(c, x, 0.6, 0.1, fur, 1);
  for (i = -1; i <= 1; i += 2) {
    ear_x[0] = x + i * 0.075;
    ear_x[1] = x + i * 0.015;
    ear_x[2] = x + i * 0.095;
    ear_y[0] = 0.45;
    ear_y[1] = 0.54;
    ear_y[2] = 0.58;
    mock_triangle(c, ear_x, ear_y, fur, 1);
    mock_disc(c, x + i * 0.035, 0.585, 0.014, LAMP, 1);
    mock_disc(c, x + i * 0.035, 0.585, 0.006, DARK, 1);
  }
}

static void draw_flowers(mock_canvas *c, uint64_t seed) {
  unsigned i, k;
  for (i = 0; i < 7; i++) {
    double x = 0.08 + 0.13 * i, y = 0.78 + 0.1 * pick(seed, 1600 + i);
    mock_rgb petal = mock_hsv(pick(seed, 1700 + i), 0.6, 0.95);
    mock_box(c, x - 0.003, y, 0.006, 0.12, LEAF, 1);
    for (k = 0; k < 5; k++)
      mock_disc(c, x + 0.02 * cos(k * 1.2566), y + 0.02 * sin(k * 1.2566),
                0.014, petal, 1);
    mock_disc(c, x, y, 0.01, LAMP, 1);
  }
}

typedef struct thing {
  const char *words[6];
  void (*draw)(mock_canvas *c, uint64_t seed);
} thing;

/* From the back of the picture to the front. */
static const thing things[] = {
    {{"stars", "night", "starry", NULL}, draw_stars},
    {{"sun", "sunrise", "sunset", "dawn", "sunny", NULL}, draw_sun},
    {{"moon", "night", "moonlight", NULL}, draw_moon},
    {{"mountain", "mountains", "alps", "peak", NULL}, draw_mountains},
    {{"cloud", "clouds", "cloudy", "storm", NULL}, draw_clouds},
    {{"city", "town", "skyline", "street", NULL}, draw_city},
    {{"forest", "tree", "trees", "wood", "woods", NULL}, draw_trees},
    {{"sea", "ocean", "lake", "water", "harbour", NULL}, draw_sea},
    {{"house", "home", "cottage", "cabin", NULL}, draw_house},
    {{"lighthouse", NULL}, draw_lighthouse},
    {{"boat", "ship", "sail", "boats", NULL}, draw_boat},
    {{"whale", "fish", "dolphin", NULL}, draw_whale},
    {{"cat", "kitten", "cats", NULL}, draw_cat},
    {{"flower", "flowers", "garden", "meadow", NULL}, draw_flowers},
    {{"rain", "storm", "rainy", NULL}, draw_rain},
    {{"snow", "winter", "snowy", NULL}, draw_snow},
};

void mock_add_things(mock_canvas *c, mock_str prompt, uint64_t seed) {
  size_t i;
  int k;
  for (i = 0; i < sizeof things / sizeof *things; i++)
    for (k = 0; things[i].words[k]; k++)
      if (mock_str_has_word(prompt, things[i].words[k])) {
        things[i].draw(c, seed);
        break;
      }
}
