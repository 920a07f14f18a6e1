#ifndef LL_BASE64_H
#define LL_BASE64_H

#include <stddef.h>

#include "status.h"

/* Base64 after RFC 4648. Decoding takes the standard and the URL-safe alphabet
 * and a text whose padding is missing. Anything else is LL_BAD, white space
 * too. */

/* Characters that n bytes become, padding included. */
size_t ll_base64_encoded_size(size_t n);

/* Writes ll_base64_encoded_size(n) characters. Encoded pieces can be put one
 * behind the other if all but the last are of a multiple of 3 bytes. */
void ll_base64_encode(char *to, const void *bytes, size_t n);

/* Bytes that the n characters hold; n minus the padding is what counts. */
size_t ll_base64_decoded_size(const char *text, size_t n);

/* Writes ll_base64_decoded_size(text, n) bytes; `to` may be `text` itself.
 * LL_OK or LL_BAD. */
ll_status ll_base64_decode(void *to, const char *text, size_t n);

/* The same for a piece that is not the last: n is a multiple of 4, there is no
 * padding, and n / 4 * 3 bytes are written. */
ll_status ll_base64_decode_piece(void *to, const char *text, size_t n);

#endif
