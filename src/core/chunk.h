#ifndef LL_CHUNK_H
#define LL_CHUNK_H

#include "buffer.h"

/* The narrow walk over a chat chunk: finds the text of a chunk that carries
 * nothing else, or that there is none, without building anything. Consecutive
 * chunks of a stream differ only in their text, so the bytes around the text of
 * the last chunk are kept and compared first; a full parse is made only where
 * they differ. */
typedef struct ll_chunk {
  ll_buffer frame; /* the last chunk's bytes before and after its text */
  size_t before;   /* how many of them stand before the text; 0: no frame */
  ll_buffer text;  /* unescaped text, when it held an escape */
  size_t depth;    /* of the documents, at most */
  int more;        /* the last chunk says more than its text */
  int framed;      /* it was in the frame of the one before */
} ll_chunk;

/* Documents of more levels than depth (0: 256) are left to the full parser. */
void ll_chunk_init(ll_chunk *c, size_t depth);
void ll_chunk_free(ll_chunk *c);

/* LL_OK: the document is a chat chunk whose one choice has index 0 (or none)
 * and a delta. Its `content`, `role` and `finish_reason` are strings, absent or
 * null; the last two, and citations, are the `more` that it may say beside its
 * text when the chunk before did not say the same. Every other member of the
 * choice and its delta is absent or null, as is every one of the chunk outside
 * id, object, created, model, system_fingerprint, service_tier.
 * *text, which may be empty, is valid until the next call or until the bytes
 * are dropped.
 * LL_AGAIN: it is something else (invalid JSON included): parse it in full. */
ll_status ll_chunk_text(ll_chunk *c, const char *json, size_t len,
                        const char **text, size_t *text_len);

/* The last chunk's `more` was not taken: it is said again. */
void ll_chunk_forget(ll_chunk *c);

#endif
