#include "tones.h"

#include <math.h>
#include <string.h>
#include <zlib.h>

/* A frame is two marks, the length in three bytes, the text and its CRC-32.
 * A byte is one chord: its low half picks one of 16 low tones, its high half
 * one of 16 high tones. STEP hertz between tones and at least SHORTEST ms a
 * chord keep them apart for the Goertzel filter. */
enum {
  VOICES = 8,
  STEP = 100,
  GROUP = 1700, /* from a low tone to the high tone of the same number */
  NORMAL = 12,  /* ms a chord */
  SHORTEST = 10,
  LONGEST = 32,
  NOTE = 70, /* ms each of the three notes at the start */
  REST = 20, /* ms of silence behind them */
  TAIL = 160,
  HEAD_BYTES = 5,
  CRC_BYTES = 4
};

static const unsigned char marks[2] = {0x5a, 0xc3};
static const double TAU = 6.28318530717958647692;

static double base_of(int voice) {
  return 400 + 60 * voice;
}

static size_t samples(int rate, double ms) {
  return (size_t)(rate * ms / 1000 + 0.5);
}

/* {==================================================================
** Speaking
** =================================================================== */

/* Adds a tone that swells and fades over `edge` samples. */
static void add_tone(mock_sound *sound, size_t from, size_t n, double hertz,
                     double loudness, size_t edge) {
  size_t i;
  for (i = 0; i < n; i++) {
    size_t margin = i < n - 1 - i ? i : n - 1 - i;
    double gain = margin < edge ? (double)margin / (double)edge : 1;
    double v =
        loudness * 32767 * gain * sin(TAU * hertz * (double)i / sound->rate);
    sound->v[from + i] = (int16_t)(sound->v[from + i] + (int)v);
  }
}

static size_t add_notes(mock_sound *sound, int voice) {
  static const double chord[3] = {1, 1.25, 1.5};
  size_t n = samples(sound->rate, NOTE), i;
  for (i = 0; i < 3; i++)
    add_tone(sound, i * n, n, base_of(voice) * chord[i], 0.3, n / 8);
  return 3 * n + samples(sound->rate, REST);
}

static void add_byte(mock_sound *sound, size_t from, size_t n, int voice,
                     unsigned char byte) {
  double low = base_of(voice) + STEP * (byte & 15);
  double high = base_of(voice) + GROUP + STEP * (byte >> 4);
  add_tone(sound, from, n, low, 0.2, n / 16);
  add_tone(sound, from, n, high, 0.14, n / 16);
}

static unsigned char *frame_of(mock_arena *a, mock_str text, size_t *n) {
  unsigned char *frame;
  uLong crc;
  size_t i;
  *n = HEAD_BYTES + text.n + CRC_BYTES;
  frame = mock_alloc(a, *n);
  memcpy(frame, marks, 2);
  for (i = 0; i < 3; i++)
    frame[2 + i] = (unsigned char)(text.n >> (8 * i));
  if (text.n) memcpy(frame + HEAD_BYTES, text.s, text.n);
  crc = crc32(0, frame, (uInt)(HEAD_BYTES + text.n));
  for (i = 0; i < CRC_BYTES; i++)
    frame[HEAD_BYTES + text.n + i] = (unsigned char)(crc >> (8 * i));
  return frame;
}

static int chord_length(double speed) {
  double ms = NORMAL / (speed > 0.1 ? speed : 0.1);
  return ms < SHORTEST ? SHORTEST : ms > LONGEST ? LONGEST : (int)(ms + 0.5);
}

mock_sound mock_speak(mock_arena *a, mock_str text, mock_str voice,
                      double speed) {
  mock_sound sound = {NULL, 0, MOCK_RATE};
  int number = (int)(mock_hash(voice, 0) % VOICES);
  size_t chord = samples(MOCK_RATE, chord_length(speed));
  size_t n, i, at = samples(MOCK_RATE, 3 * NOTE + REST);
  size_t tail = samples(MOCK_RATE, TAIL);
  unsigned char *frame = frame_of(a, text, &n);
  sound.n = at + n * chord + tail;
  sound.v = mock_alloc_array(a, sound.n, sizeof *sound.v);
  add_notes(&sound, number);
  for (i = 0; i < n; i++)
    add_byte(&sound, at + i * chord, chord, number, frame[i]);
  add_tone(&sound, at + n * chord, tail, base_of(number), 0.3, tail / 2);
  return sound;
}

/* }================================================================== */

/* {==================================================================
** Listening
** =================================================================== */

typedef struct ear {
  const mock_sound *sound;
  size_t data; /* where the chords begin */
  size_t chord;
  int voice;
} ear;

/* The energy at a frequency in n samples (Goertzel). */
static double energy(const int16_t *v, size_t n, double hertz, int rate) {
  double k = 2 * cos(TAU * hertz / rate), s1 = 0, s2 = 0;
  size_t i;
  for (i = 0; i < n; i++) {
    double s = v[i] + k * s1 - s2;
    s2 = s1;
    s1 = s;
  }
  return s1 * s1 + s2 * s2 - k * s1 * s2;
}

static unsigned strongest(const ear *e, const int16_t *v, double first) {
  unsigned i, best = 0;
  double most = -1;
  for (i = 0; i < 16; i++) {
    double x = energy(v, e->chord, first + STEP * i, e->sound->rate);
    if (x > most) {
      most = x;
      best = i;
    }
  }
  return best;
}

static int hear_byte(const ear *e, size_t i) {
  size_t at = e->data + i * e->chord;
  const int16_t *v = e->sound->v + at;
  double base = base_of(e->voice);
  if (at + e->chord > e->sound->n) return -1;
  return (int)(strongest(e, v, base) | strongest(e, v, base + GROUP) << 4);
}

static int hears_marks(const ear *e) {
  return hear_byte(e, 0) == marks[0] && hear_byte(e, 1) == marks[1];
}

static mock_str hear_frame(mock_arena *a, const ear *e) {
  mock_str none = {NULL, 0}, text;
  size_t n = 0, i;
  unsigned char *frame;
  uLong crc = 0;
  for (i = 0; i < 3; i++)
    n |= (size_t)(hear_byte(e, 2 + i) & 0xff) << (8 * i);
  if (n > MOCK_MOST_SPEECH) return none;
  frame = mock_alloc(a, HEAD_BYTES + n + CRC_BYTES + 1);
  for (i = 0; i < HEAD_BYTES + n + CRC_BYTES; i++) {
    int byte = hear_byte(e, i);
    if (byte < 0) return none;
    frame[i] = (unsigned char)byte;
  }
  for (i = CRC_BYTES; i-- > 0;)
    crc = crc << 8 | frame[HEAD_BYTES + n + i];
  if (crc != crc32(0, frame, (uInt)(HEAD_BYTES + n))) return none;
  text.s = (char *)frame + HEAD_BYTES;
  text.n = n;
  return text;
}

/* The first sample that is no silence. */
static size_t find_start(const mock_sound *sound) {
  size_t i = 0;
  while (i < sound->n && sound->v[i] > -150 && sound->v[i] < 150)
    i++;
  return i;
}

mock_str mock_listen(mock_arena *a, const mock_sound *sound) {
  ear e = {sound, 0, 0, 0};
  mock_str text = {NULL, 0};
  int ms;
  e.data = find_start(sound) + samples(sound->rate, 3 * NOTE + REST);
  for (ms = SHORTEST; ms <= LONGEST; ms++)
    for (e.voice = 0; e.voice < VOICES; e.voice++) {
      e.chord = samples(sound->rate, ms);
      if (!hears_marks(&e)) continue;
      text = hear_frame(a, &e);
      if (text.s) return text;
    }
  return text;
}

/* }================================================================== */
