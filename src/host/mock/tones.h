#ifndef MOCK_TONES_H
#define MOCK_TONES_H

#include "wav.h"

enum { MOCK_MOST_SPEECH = 16384 };

/* Speaks: each byte is a chord of two tones, after three notes that say "here
 * it comes". The voice's name sets the pitch, speed (1: normal) the length of a
 * tone. */
mock_sound mock_speak(mock_arena *a, mock_str text, mock_str voice,
                      double speed);

/* What mock_speak said, exactly; absent when the sound is another one. */
mock_str mock_listen(mock_arena *a, const mock_sound *sound);

#endif
