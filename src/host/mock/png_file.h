#ifndef MOCK_PNG_FILE_H
#define MOCK_PNG_FILE_H

#include "canvas.h"

enum { MOCK_MOST_PIXELS = 2048 * 2048 };

/* The bytes of a PNG file. */
mock_str mock_png_encode(mock_arena *a, const mock_canvas *c);

/* Reads a PNG file of at most MOCK_MOST_PIXELS: 1, or 0 when it is none. With
 * alpha not NULL, *alpha gets a byte a pixel, 0 where it is transparent. */
int mock_png_decode(mock_arena *a, mock_str bytes, mock_canvas *c,
                    unsigned char **alpha);

#endif
