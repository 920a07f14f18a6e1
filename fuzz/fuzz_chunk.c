/* Documents one after the other, a line each: the shortcut finds what a full
 * parse finds. */
#include "../spec/core/chunk_twin.h"

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t n);

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t n) {
  const char *p = (const char *)bytes, *end = p + n, *line_end;
  ll_chunk c;
  ll_chunk_init(&c, 0);
  for (; p < end; p = line_end + 1) {
    line_end = memchr(p, '\n', (size_t)(end - p));
    if (!line_end) line_end = end;
    if (!twins_agree(&c, p, (size_t)(line_end - p))) abort();
    if (line_end == end) break;
  }
  ll_chunk_free(&c);
  return 0;
}
