#include "wav.h"

#include <string.h>

enum { HEADER = 44 };

static void put(unsigned char *to, uint32_t value, int bytes) {
  int i;
  for (i = 0; i < bytes; i++)
    to[i] = (unsigned char)(value >> (8 * i));
}

static uint32_t get(mock_str s, size_t at, int bytes) {
  uint32_t value = 0;
  int i;
  for (i = 0; i < bytes; i++)
    value |= (uint32_t)(unsigned char)s.s[at + (size_t)i] << (8 * i);
  return value;
}

mock_str mock_wav_encode(mock_arena *a, const mock_sound *sound) {
  uint32_t size = (uint32_t)sound->n * 2;
  unsigned char *b = mock_alloc(a, HEADER + size);
  mock_str bytes = {(char *)b, HEADER + size};
  size_t i;
  memcpy(b, "RIFF\0\0\0\0WAVEfmt ", 16);
  put(b + 4, HEADER - 8 + size, 4);
  put(b + 16, 16, 4);
  put(b + 20, 1, 2); /* PCM */
  put(b + 22, 1, 2); /* channels */
  put(b + 24, (uint32_t)sound->rate, 4);
  put(b + 28, (uint32_t)sound->rate * 2, 4);
  put(b + 32, 2, 2);
  put(b + 34, 16, 2);
  memcpy(b + 36, "data", 4);
  put(b + 40, size, 4);
  for (i = 0; i < sound->n; i++)
    put(b + HEADER + i * 2, (uint16_t)sound->v[i], 2);
  return bytes;
}

/* Where the chunk of that name has its data; 0 when there is none. */
static size_t find_chunk(mock_str s, const char *name, size_t *size) {
  size_t at = 12;
  while (at + 8 <= s.n) {
    *size = get(s, at + 4, 4);
    if (*size > s.n - at - 8) *size = s.n - at - 8; /* a cut file */
    if (memcmp(s.s + at, name, 4) == 0) return at + 8;
    at += 8 + *size + (*size & 1);
  }
  return 0;
}

static void read_samples(mock_arena *a, mock_str s, size_t at, size_t count,
                         size_t channels, mock_sound *sound) {
  size_t i;
  sound->n = count;
  sound->v = mock_alloc_array(a, count + 1, sizeof *sound->v);
  for (i = 0; i < count; i++)
    sound->v[i] = (int16_t)(uint16_t)get(s, at + i * 2 * channels, 2);
}

int mock_wav_decode(mock_arena *a, mock_str bytes, mock_sound *sound) {
  size_t format, data, size, channels;
  uint32_t rate;
  if (bytes.n < HEADER || memcmp(bytes.s, "RIFF", 4) != 0 ||
      memcmp(bytes.s + 8, "WAVE", 4) != 0)
    return 0;
  format = find_chunk(bytes, "fmt ", &size);
  if (!format || size < 16 || get(bytes, format, 2) != 1 ||
      get(bytes, format + 14, 2) != 16)
    return 0;
  channels = get(bytes, format + 2, 2);
  rate = get(bytes, format + 4, 4);
  data = find_chunk(bytes, "data", &size);
  if (!data || !channels || rate < 4000 || rate > 400000) return 0;
  sound->rate = (int)rate;
  read_samples(a, bytes, data, size / 2 / channels, channels, sound);
  return 1;
}
