#ifndef PAYLOAD_H
#define PAYLOAD_H

#include <stddef.h>

/* What the gateway of the benchmarks sends. Everything is made once, when it is
 * first asked for, and kept. */

typedef struct payload {
  char *bytes;
  size_t len;
} payload;

/* Events of a stream, one behind the other, each framed as an HTTP chunk. A
 * stream goes round them: event i begins at at[i % count]. */
typedef struct ring {
  char *bytes;
  size_t *at; /* count + 1 of them */
  size_t count;
} ring;

/* Whole answers. The first holds text of that many bytes; the second that many
 * vectors of 1536 components; the third a picture of that many bytes. */
const payload *payload_chat(size_t bytes);
const payload *payload_embedding(size_t vectors, int base64);
const payload *payload_image(size_t bytes);
/* The answer to an upload; valid until the next call. */
const payload *payload_received(size_t bytes);
const payload *payload_not_found(void);

/* The head of a stream, its events, and its end. Zero bytes: one word each. */
const payload *payload_stream_head(void);
const ring *payload_events(size_t bytes);
const payload *payload_stream_end(void);

#endif
