#ifndef LL_CHUNK_H
#define LL_CHUNK_H

#include "buffer.h"

/* The narrow walk over a chat chunk: finds the text of a chunk that carries
 * nothing else, without building anything. Consecutive chunks of a stream
 * differ only in their text, so the bytes around the text of the last chunk are
 * kept and compared first; a full parse is made only where they differ. */
typedef struct ll_chunk {
  ll_buffer frame; /* the last chunk's bytes before and after its text */
  size_t before;   /* how many of them stand before the text; 0: no frame */
  ll_buffer text;  /* unescaped text, when it held an escape */
} ll_chunk;

void ll_chunk_init(ll_chunk *c);
void ll_chunk_free(ll_chunk *c);

/* LL_OK: the document is a chat chunk whose one choice has index 0 (or none)
 * and a delta with a non-empty string `content` and no other member that is
 * not null; finish_reason, logprobs, usage, error and any top-level member
 * outside id, object, created, model, system_fingerprint, service_tier,
 * citations are absent or null. *text is valid until the next call or until
 * the bytes are dropped.
 * LL_AGAIN: it is something else (invalid JSON included): parse it in full. */
ll_status ll_chunk_text(ll_chunk *c, const char *json, size_t len,
                        const char **text, size_t *text_len);

#endif
