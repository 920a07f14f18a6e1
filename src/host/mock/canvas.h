#ifndef MOCK_CANVAS_H
#define MOCK_CANVAS_H

#include "str.h"

/* A picture of 8-bit RGB. Places and sizes are fractions: x and widths of the
 * width, y and heights of the height, radii of the smaller side. */
typedef struct mock_canvas {
  int w, h;
  unsigned char *rgb;
} mock_canvas;

typedef struct mock_rgb {
  double r, g, b; /* 0 to 1 */
} mock_rgb;

mock_canvas mock_canvas_of(mock_arena *a, int w, int h);

mock_rgb mock_mix(mock_rgb a, mock_rgb b, double part_of_b);
mock_rgb mock_hsv(double hue, double saturation, double value);

/* The next colour word of the text from *at on; 0 when there is none. */
int mock_colour_word(mock_str text, size_t *at, mock_rgb *colour);
const char *mock_colour_name(mock_rgb colour);

mock_rgb mock_pixel(const mock_canvas *c, int x, int y);
void mock_blend(mock_canvas *c, int x, int y, mock_rgb colour, double alpha);

void mock_gradient(mock_canvas *c, mock_rgb top, mock_rgb bottom);
void mock_disc(mock_canvas *c, double x, double y, double radius,
               mock_rgb colour, double alpha);
void mock_box(mock_canvas *c, double x, double y, double w, double h,
              mock_rgb colour, double alpha);

/* The area between three points. */
void mock_triangle(mock_canvas *c, const double x[3], const double y[3],
                   mock_rgb colour, double alpha);

/* Everything under a wavy line around y. */
void mock_land(mock_canvas *c, double y, double height, double waves,
               double phase, mock_rgb colour);

/* c in another size. */
mock_canvas mock_scaled(mock_arena *a, const mock_canvas *c, int w, int h);

/* The average colour. */
mock_rgb mock_average(const mock_canvas *c);

#endif
