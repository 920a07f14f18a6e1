#ifndef LL_SSE_H
#define LL_SSE_H

#include "buffer.h"

/* Incremental server-sent-events parser after the WHATWG text
 * (https://html.spec.whatwg.org/multipage/server-sent-events.html): LF, CRLF
 * and CR line ends, a leading BOM, comments, data over several lines, id,
 * event and retry. It works in place on the caller's contiguous bytes and never
 * looks at a byte twice, however small the pieces are in which they arrive. */
typedef struct ll_sse {
  size_t scanned; /* bytes of the current line already searched for its end */
  ll_buffer data; /* data lines of an event that did not come in one line */
  ll_buffer type; /* its event name */
  ll_buffer id;   /* last event id: persists over events */
  long retry;     /* last retry: value in ms, -1 when none came */
  unsigned started : 1;  /* the BOM has been looked for */
  unsigned skip_lf : 1;  /* the last line ended with CR: one LF belongs to it */
  unsigned has_data : 1; /* the event under way has a data line */
  unsigned comment : 1;  /* set when a comment line was passed; caller clears */
} ll_sse;

/* Points into the caller's bytes or into the parser: valid until the next call
 * or until the bytes are dropped. An empty type means "message". */
typedef struct ll_sse_event {
  const char *data, *type;
  size_t data_len, type_len;
} ll_sse_event;

/* limit bounds the bytes that one event may hold. */
void ll_sse_init(ll_sse *s, size_t limit);
void ll_sse_free(ll_sse *s);

/* Takes the next event out of bytes[0 .. len), the unread input.
 *   LL_OK     *ev is an event with data; events without data are passed over
 *   LL_AGAIN  no complete event yet
 *   LL_LIMIT  one event exceeds the limit      LL_NOMEM
 * In every case *used bytes are done with; the caller drops them after it has
 * used the event, and passes what is left, with more behind it, the next time.
 */
ll_status ll_sse_next(ll_sse *s, const char *bytes, size_t len,
                      ll_sse_event *ev, size_t *used);

/* At the end of the input, with the bytes that remained: an event whose final
 * blank line never came. LL_OK, or LL_END when there is none; LL_LIMIT and
 * LL_NOMEM as above. The WHATWG text drops such an event; the caller decides.
 */
ll_status ll_sse_finish(ll_sse *s, const char *bytes, size_t len,
                        ll_sse_event *ev);

#endif
