#include "canvas.h"

#include <math.h>

static const double TAU = 6.28318530717958647692;

mock_canvas mock_canvas_of(mock_arena *a, int w, int h) {
  mock_canvas c = {w, h, NULL};
  c.rgb = mock_alloc(a, (size_t)w * (size_t)h * 3);
  return c;
}

mock_rgb mock_mix(mock_rgb a, mock_rgb b, double part_of_b) {
  a.r += (b.r - a.r) * part_of_b;
  a.g += (b.g - a.g) * part_of_b;
  a.b += (b.b - a.b) * part_of_b;
  return a;
}

static double wheel(double hue, double saturation, double value) {
  double k = fmod(hue * 6, 6);
  double d = k < 4 - k ? k : 4 - k;
  if (d < 0) d = 0;
  if (d > 1) d = 1;
  return value - value * saturation * d;
}

mock_rgb mock_hsv(double hue, double saturation, double value) {
  mock_rgb c;
  hue -= floor(hue);
  c.r = wheel(hue + 5.0 / 6, saturation, value);
  c.g = wheel(hue + 3.0 / 6, saturation, value);
  c.b = wheel(hue + 1.0 / 6, saturation, value);
  return c;
}

/* {==================================================================
** Colours and their names
** =================================================================== */

typedef struct named {
  const char *name;
  mock_rgb colour;
  int plain; /* a word to describe a picture with */
} named;

static const named names[] = {
    {"red", {0.85, 0.15, 0.15}, 1},     {"orange", {0.95, 0.55, 0.12}, 1},
    {"yellow", {0.96, 0.86, 0.25}, 1},  {"green", {0.20, 0.62, 0.28}, 1},
    {"teal", {0.10, 0.55, 0.55}, 1},    {"blue", {0.16, 0.38, 0.80}, 1},
    {"purple", {0.48, 0.22, 0.68}, 1},  {"pink", {0.95, 0.62, 0.75}, 1},
    {"brown", {0.45, 0.29, 0.16}, 1},   {"black", {0.06, 0.06, 0.08}, 1},
    {"grey", {0.50, 0.50, 0.52}, 1},    {"white", {0.95, 0.95, 0.95}, 1},
    {"gray", {0.50, 0.50, 0.52}, 0},    {"golden", {0.92, 0.72, 0.22}, 0},
    {"gold", {0.92, 0.72, 0.22}, 0},    {"violet", {0.52, 0.25, 0.78}, 0},
    {"turquoise", {0.2, 0.75, 0.7}, 0}, {"cyan", {0.2, 0.8, 0.9}, 0},
    {"magenta", {0.85, 0.2, 0.7}, 0},   {"silver", {0.75, 0.76, 0.8}, 0},
    {"crimson", {0.75, 0.08, 0.2}, 0},  {"azure", {0.3, 0.6, 0.95}, 0},
};

enum { NAMES = sizeof names / sizeof *names };

int mock_colour_word(mock_str text, size_t *at, mock_rgb *colour) {
  size_t best = text.n;
  int i, found = -1;
  for (i = 0; i < NAMES; i++) {
    size_t here = mock_str_find_word(text, names[i].name, *at);
    if (here < best) {
      best = here;
      found = i;
    }
  }
  if (found < 0) return 0;
  *colour = names[found].colour;
  *at = best + 1;
  return 1;
}

static double distance(mock_rgb a, mock_rgb b) {
  double r = a.r - b.r, g = a.g - b.g, d = a.b - b.b;
  return r * r + g * g + d * d;
}

const char *mock_colour_name(mock_rgb colour) {
  int i, best = 0;
  for (i = 1; i < NAMES; i++)
    if (names[i].plain && distance(colour, names[i].colour) <
                              distance(colour, names[best].colour))
      best = i;
  return names[best].name;
}

/* }================================================================== */

static unsigned char *at(const mock_canvas *c, int x, int y) {
  return c->rgb + ((size_t)y * (size_t)c->w + (size_t)x) * 3;
}

mock_rgb mock_pixel(const mock_canvas *c, int x, int y) {
  const unsigned char *p = at(c, x, y);
  mock_rgb colour = {p[0] / 255.0, p[1] / 255.0, p[2] / 255.0};
  return colour;
}

static unsigned char level(unsigned char old, double to, double alpha) {
  double v = old + (to * 255 - old) * alpha;
  return (unsigned char)(v < 0 ? 0 : v > 255 ? 255 : v + 0.5);
}

void mock_blend(mock_canvas *c, int x, int y, mock_rgb colour, double alpha) {
  unsigned char *p;
  if (x < 0 || y < 0 || x >= c->w || y >= c->h || alpha <= 0) return;
  p = at(c, x, y);
  p[0] = level(p[0], colour.r, alpha);
  p[1] = level(p[1], colour.g, alpha);
  p[2] = level(p[2], colour.b, alpha);
}

void mock_gradient(mock_canvas *c, mock_rgb top, mock_rgb bottom) {
  int x, y;
  for (y = 0; y < c->h; y++) {
    mock_rgb row = mock_mix(top, bottom, (double)y / c->h);
    for (x = 0; x < c->w; x++)
      mock_blend(c, x, y, row, 1);
  }
}

static double smaller_side(const mock_canvas *c) {
  return c->w < c->h ? c->w : c->h;
}

void mock_disc(mock_canvas *c, double x, double y, double radius,
               mock_rgb colour, double alpha) {
  double r = radius * smaller_side(c), cx = x * c->w, cy = y * c->h;
  int px, py;
  for (py = (int)(cy - r) - 1; py <= (int)(cy + r) + 1; py++)
    for (px = (int)(cx - r) - 1; px <= (int)(cx + r) + 1; px++) {
      double edge = r - hypot(px + 0.5 - cx, py + 0.5 - cy) + 0.5;
      if (edge > 0)
        mock_blend(c, px, py, colour, alpha * (edge < 1 ? edge : 1));
    }
}

void mock_box(mock_canvas *c, double x, double y, double w, double h,
              mock_rgb colour, double alpha) {
  int px, py;
  for (py = (int)(y * c->h); py < (int)((y + h) * c->h); py++)
    for (px = (int)(x * c->w); px < (int)((x + w) * c->w); px++)
      mock_blend(c, px, py, colour, alpha);
}

static double side(double px, double py, double ax, double ay, double bx,
                   double by) {
  return (px - bx) * (ay - by) - (ax - bx) * (py - by);
}

void mock_triangle(mock_canvas *c, const double x[3], const double y[3],
                   mock_rgb colour, double alpha) {
  double low = fmin(y[0], fmin(y[1], y[2])) * c->h;
  double high = fmax(y[0], fmax(y[1], y[2])) * c->h;
  int px, py;
  for (py = (int)low; py <= (int)high; py++)
    for (px = 0; px < c->w; px++) {
      double u = (px + 0.5) / c->w, v = (py + 0.5) / c->h;
      int a = side(u, v, x[0], y[0], x[1], y[1]) < 0;
      int b = side(u, v, x[1], y[1], x[2], y[2]) < 0;
      if (a == b && b == (side(u, v, x[2], y[2], x[0], y[0]) < 0))
        mock_blend(c, px, py, colour, alpha);
    }
}

void mock_land(mock_canvas *c, double y, double height, double waves,
               double phase, mock_rgb colour) {
  int px, py;
  for (px = 0; px < c->w; px++) {
    double u = (double)px / c->w * waves * TAU;
    double top =
        y + height * (0.6 * sin(u + phase) + 0.4 * sin(2.3 * u + 2 * phase));
    for (py = (int)(top * c->h); py < c->h; py++)
      mock_blend(c, px, py,
                 mock_mix(colour, (mock_rgb){0, 0, 0},
                          0.35 * ((double)py / c->h - top)),
                 1);
  }
}

mock_canvas mock_scaled(mock_arena *a, const mock_canvas *c, int w, int h) {
  mock_canvas to = mock_canvas_of(a, w, h);
  int x, y;
  for (y = 0; y < h; y++)
    for (x = 0; x < w; x++) {
      long fx = (long)x * c->w / w, fy = (long)y * c->h / h;
      mock_blend(&to, x, y, mock_pixel(c, (int)fx, (int)fy), 1);
    }
  return to;
}

mock_rgb mock_average(const mock_canvas *c) {
  double sum[3] = {0, 0, 0}, n = (double)c->w * c->h * 255;
  mock_rgb colour;
  size_t i, count = (size_t)c->w * (size_t)c->h * 3;
  for (i = 0; i < count; i++)
    sum[i % 3] += c->rgb[i];
  colour.r = sum[0] / n;
  colour.g = sum[1] / n;
  colour.b = sum[2] / n;
  return colour;
}
