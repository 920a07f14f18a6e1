#ifndef LL_STATUS_H
#define LL_STATUS_H

/* What the functions of the core return. */
typedef enum ll_status {
  LL_OK = 0,
  LL_AGAIN, /* more bytes are needed first */
  LL_END,   /* nothing follows */
  LL_NOMEM, /* an allocation failed */
  LL_LIMIT, /* a limit would be exceeded */
  LL_BAD    /* the input is not what it should be */
} ll_status;

#endif
