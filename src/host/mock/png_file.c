#include "png_file.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>

static png_image new_image(void) {
  png_image image;
  memset(&image, 0, sizeof image);
  image.version = PNG_IMAGE_VERSION;
  return image;
}

mock_str mock_png_encode(mock_arena *a, const mock_canvas *c) {
  png_image image = new_image();
  png_alloc_size_t size;
  mock_str bytes = {NULL, 0};
  char *to;
  image.width = (png_uint_32)c->w;
  image.height = (png_uint_32)c->h;
  image.format = PNG_FORMAT_RGB;
  image.flags = PNG_IMAGE_FLAG_FAST;
  size = PNG_IMAGE_PNG_SIZE_MAX(image);
  to = mock_alloc(a, size);
  if (png_image_write_to_memory(&image, to, &size, 0, c->rgb, 0, NULL)) {
    bytes.s = to;
    bytes.n = size;
  }
  png_image_free(&image);
  return bytes;
}

static void split_alpha(const unsigned char *rgba, size_t pixels,
                        unsigned char *rgb, unsigned char *alpha) {
  size_t i;
  for (i = 0; i < pixels; i++) {
    memcpy(rgb + i * 3, rgba + i * 4, 3);
    if (alpha) alpha[i] = rgba[i * 4 + 3];
  }
}

int mock_png_decode(mock_arena *a, mock_str bytes, mock_canvas *c,
                    unsigned char **alpha) {
  png_image image = new_image();
  unsigned char *rgba;
  size_t pixels;
  int ok = bytes.n > 8 &&
           png_image_begin_read_from_memory(&image, bytes.s, bytes.n) &&
           (double)image.width * image.height <= MOCK_MOST_PIXELS &&
           image.width <= 16384 && image.height <= 16384;
  if (!ok) {
    png_image_free(&image);
    return 0;
  }
  image.format = PNG_FORMAT_RGBA;
  pixels = (size_t)image.width * image.height;
  rgba = mock_malloc(pixels * 4);
  ok = png_image_finish_read(&image, NULL, rgba, 0, NULL);
  png_image_free(&image);
  if (ok) {
    *c = mock_canvas_of(a, (int)image.width, (int)image.height);
    if (alpha) *alpha = mock_alloc(a, pixels);
    split_alpha(rgba, pixels, c->rgb, alpha ? *alpha : NULL);
  }
  free(rgba);
  return ok;
}
