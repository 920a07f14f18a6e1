/* What is encoded is decoded to the same; what decodes, whole or in pieces,
 * encodes to the same up to alphabet and padding. */
#include <stdlib.h>
#include <string.h>

#include "base64.h"

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t n);

static void must(int ok) {
  if (!ok) abort();
}

static void *exactly(size_t n) {
  void *p = malloc(n ? n : 1);
  must(p != NULL);
  return p;
}

static void there_and_back(const unsigned char *bytes, size_t n) {
  size_t size = ll_base64_encoded_size(n);
  char *text = exactly(size);
  unsigned char *back = exactly(n);
  ll_base64_encode(text, bytes, n);
  must(ll_base64_decoded_size(text, size) == n);
  must(ll_base64_decode(back, text, size) == LL_OK);
  must(memcmp(back, bytes, n) == 0);
  free(text);
  free(back);
}

/* The same in two steps, as a file is written. */
static ll_status in_pieces(unsigned char *to, const char *text, size_t n) {
  size_t first = n / 8 * 4;
  ll_status st = LL_OK;
  if (first < n) st = ll_base64_decode_piece(to, text, first);
  if (st != LL_OK || first == n) return st;
  return ll_base64_decode(to + first / 4 * 3, text + first, n - first);
}

static void any_text(const char *given, size_t n) {
  char *text = exactly(n);
  size_t size = ll_base64_decoded_size(given, n);
  unsigned char *whole = exactly(size), *pieces = exactly(size);
  ll_status st;
  memcpy(text, given, n);
  st = ll_base64_decode(whole, text, n);
  must(in_pieces(pieces, text, n) == st);
  if (st == LL_OK) {
    must(memcmp(whole, pieces, size) == 0);
    must(ll_base64_decode(text, text, n) == LL_OK);
    must(memcmp(text, whole, size) == 0);
    there_and_back(whole, size);
  }
  free(text);
  free(whole);
  free(pieces);
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t n) {
  there_and_back(bytes, n);
  any_text((const char *)bytes, n);
  return 0;
}
