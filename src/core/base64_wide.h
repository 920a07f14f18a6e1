#ifndef LL_BASE64_WIDE_H
#define LL_BASE64_WIDE_H

#include <stddef.h>

/* Decodes base64 thirty-two characters at a time, where the processor can.
 * Stops before the thirty-two that hold a character of neither alphabet, and
 * before the last 12 to 43: the caller goes on there. Returns how many
 * characters of the n it decoded, 0 where it cannot. Writes eight bytes more
 * than these make, which the rest of the text is long enough for; `to` may be
 * `text` itself. */
size_t ll_base64_decode_wide(unsigned char *to, const unsigned char *text,
                             size_t n);

#endif
