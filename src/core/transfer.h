#ifndef LL_TRANSFER_H
#define LL_TRANSFER_H

#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "engine.h"
#include "failure.h"
#include "profile.h"
#include "status.h"
#include "tape.h"

/* One HTTP exchange. It is set up, started, and then asked what there is; its
 * id comes out of ll_engine_ready whenever that has changed. */
typedef struct ll_transfer ll_transfer;

/* A part of a multipart body: a value, or a file read from disk as it is sent.
 * The strings are copied. */
typedef struct ll_part {
  const char *name;
  const char *data; /* NULL: from the file at path */
  size_t data_len;
  const char *path, *filename, *content_type;
} ll_part;

/* NULL: no memory. The transfer keeps the profile alive. */
ll_transfer *ll_transfer_new(ll_engine *e, ll_profile *p);

/* Ends it if it is under way: the connection is closed. */
void ll_transfer_free(ll_transfer *t);

/* As free, but an exchange whose last bytes are on their way is let go on for a
 * moment in the engine's care, so that the connection can be used again. */
void ll_transfer_release(ll_transfer *t);

/* Setting up, before the start: the method, and then a body or parts; a POST
 * needs one, if only an empty one. LL_BAD: libcurl refused the value. */
ll_status ll_transfer_set_url(ll_transfer *t, const char *url);
ll_status ll_transfer_set_method(ll_transfer *t, const char *method);
ll_status ll_transfer_add_header(ll_transfer *t, const char *line);
ll_status ll_transfer_set_body(ll_transfer *t, const char *bytes, size_t n);
ll_status ll_transfer_add_part(ll_transfer *t, const ll_part *part);
/* Seconds for the whole exchange; zero: no limit. */
void ll_transfer_set_total(ll_transfer *t, double seconds);

/* Keeps what comes of the body on a tape. LL_NOMEM or LL_OK. */
ll_status ll_transfer_record(ll_transfer *t);

/* What the tape says will come, and nothing is sent. It may be filled until the
 * start, and belongs to the transfer. */
void ll_transfer_play(ll_transfer *t, ll_tape *tape);

ll_status ll_transfer_start(ll_transfer *t);

/* Closes the connection at once; the failure is then LL_FAILED_CANCELLED. */
void ll_transfer_cancel(ll_transfer *t);

uint64_t ll_transfer_id(const ll_transfer *t);
int ll_transfer_done(const ll_transfer *t);

/* The final status code, 0 before the head is there. */
int ll_transfer_status(const ll_transfer *t);

/* What a caller waits for is there: the head or, where the body is collected
 * and this is no refusal, all of it; or it failed before. */
int ll_transfer_answered(const ll_transfer *t);

/* What a stream brought before it broke is its reader's; half of a collected
 * body is nobody's. */
int ll_transfer_readable(const ll_transfer *t);

/* The raw header lines of the final answer. */
const ll_buffer *ll_transfer_head(const ll_transfer *t);

/* Moves the head out of the transfer, which has none then. */
void ll_transfer_take_head(ll_transfer *t, ll_buffer *into);

/* The bytes of the body that were not taken yet. A reader consumes from it. */
ll_buffer *ll_transfer_body(ll_transfer *t);

/* What was recorded; NULL when nothing was to be. */
const ll_tape *ll_transfer_tape(const ll_transfer *t);

/* A reader has looked at all there is and wants more: the transfer goes on if
 * it was paused. True when more bytes came out of that at once. */
int ll_transfer_want(ll_transfer *t);

/* A reader has looked and found nothing that it could go on with. Whether there
 * has been news since: it may have come, and gone to nobody, before that reader
 * began to wait. */
void ll_transfer_found_nothing(ll_transfer *t);
int ll_transfer_unseen(const ll_transfer *t);

/* While on, no bytes are added to the body of what is read in pieces, so that
 * those that are there stay where they are; what is played excepted. */
void ll_transfer_hold_body(ll_transfer *t, int on);

/* A reader found something that counts as progress for the idle limit. */
void ll_transfer_progress(ll_transfer *t);

/* LL_FAILED_NONE while under way and after success; *message is never NULL. */
ll_failure ll_transfer_failure(const ll_transfer *t, const char **message);

/* What is known of the exchange, in seconds since its start; negative: not. */
typedef struct ll_timing {
  double first_byte, total;
  uint64_t received;
  int sent;   /* bytes of the request went out: its outcome may be unknown */
  int reused; /* it went over a connection that was open already */
} ll_timing;
void ll_transfer_timing(const ll_transfer *t, ll_timing *timing);

#endif
