/* Any stream, in any pieces: the parser says what the plain one says, and the
 * limit holds. The first four bytes are the sizes of the pieces. */
#include "../spec/core/sse_trace.h"

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t n);

static void with_limit(const char *p, size_t n, size_t limit) {
  ll_sse s;
  ll_sse_event ev;
  ll_status st;
  size_t used;
  ll_sse_init(&s, limit);
  do {
    st = ll_sse_next(&s, p, n, &ev, &used);
    must(used <= n && (st != LL_OK || ev.data_len <= limit));
    p += used;
    n -= used;
  } while (st == LL_OK);
  must(s.data.len <= limit && s.type.len <= limit && s.id.len <= limit);
  if (st == LL_AGAIN) {
    st = ll_sse_finish(&s, p, n, &ev);
    must(st != LL_OK || ev.data_len <= limit);
  }
  ll_sse_free(&s);
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t n) {
  enum { CUTS = 4 };
  const char *stream = (const char *)bytes + CUTS;
  if (n < CUTS) return 0;
  must(traces_agree(stream, n - CUTS, bytes, CUTS));
  with_limit(stream, n - CUTS, bytes[0]);
  return 0;
}
