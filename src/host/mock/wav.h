#ifndef MOCK_WAV_H
#define MOCK_WAV_H

#include "str.h"

enum { MOCK_RATE = 16000 };

/* Mono sound of 16-bit samples. */
typedef struct mock_sound {
  int16_t *v;
  size_t n;
  int rate;
} mock_sound;

mock_str mock_wav_encode(mock_arena *a, const mock_sound *sound);

/* Reads a WAV file of 16-bit PCM, of several channels the first: 1, or 0. */
int mock_wav_decode(mock_arena *a, mock_str bytes, mock_sound *sound);

#endif
