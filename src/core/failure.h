#ifndef LL_FAILURE_H
#define LL_FAILURE_H

/* Why a transfer failed: the kinds of errors that come from the transport.
 * X(constant, the kind's name as users see it) */
#define LL_FAILURES(X)                                                         \
  X(NONE, "none")                                                              \
  X(CONFIG, "config")                                                          \
  X(DNS, "dns")                                                                \
  X(CONNECT, "connect")                                                        \
  X(TLS, "tls")                                                                \
  X(TIMEOUT, "timeout")                                                        \
  X(RESET, "reset")                                                            \
  X(PROTOCOL, "protocol")                                                      \
  X(TRUNCATED, "truncated")                                                    \
  X(CANCELLED, "cancelled")                                                    \
  X(LIMIT, "limit")                                                            \
  X(MEMORY, "memory")

typedef enum ll_failure {
#define LL_FAILURE_CONSTANT(constant, name) LL_FAILED_##constant,
  LL_FAILURES(LL_FAILURE_CONSTANT)
#undef LL_FAILURE_CONSTANT
} ll_failure;

const char *ll_failure_name(ll_failure f);

/* LL_FAILED_PROTOCOL for a name that is none. */
ll_failure ll_failure_of_name(const char *name);

/* The kind for a CURLcode. */
ll_failure ll_failure_of_curl(int code);

/* The kind once more: libcurl has one code for much that its words tell apart.
 */
ll_failure ll_failure_of_words(ll_failure f, const char *message);

#endif
