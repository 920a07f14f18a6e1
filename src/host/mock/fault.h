#ifndef MOCK_FAULT_H
#define MOCK_FAULT_H

#include "str.h"

/* A fault on demand. Counts are -1 and texts absent when not asked for. */
typedef struct mock_fault {
  mock_str status;      /* "429", or the name of an answer of fault.c */
  mock_str retry_after; /* header of that answer */
  double delay;         /* seconds before the first byte */
  double slow;          /* seconds between the pieces; < 0: the usual */
  long times;           /* only the first so many requests; 0: all */
  long cut;             /* the connection ends after so many pieces */
  long stall;           /* nothing more comes after so many pieces */
  long error_event;     /* an error event comes after so many pieces */
  long bad_event;       /* an event that is no JSON does */
  long split;           /* the stream's bytes come in pieces of so many */
  long words;           /* the answer has so many words */
  int reset;            /* `cut` with a TCP reset */
  int no_done;          /* the stream ends without [DONE] */
} mock_fault;

void mock_fault_clear(mock_fault *f);

/* Adds what a text such as "status=429; retry-after=1; times=2", "stall" or
 * "429x2" asks for. Returns 1, or 0 with the word that was not understood. */
int mock_fault_read(mock_fault *f, mock_str text, mock_str *bad);

/* Adds what a model name asks for behind its "mock-", if that is a fault. */
void mock_fault_read_model(mock_fault *f, mock_str model);

struct mock_request;

/* Answers with the error that f->status names. */
void mock_fault_answer(struct mock_request *r);

#endif
