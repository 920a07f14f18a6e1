/* Base64: RFC 4648, every bad character at every place, pieces, in place. */
#include "base64.h"

#include <string.h>

#include "check.h"

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int decodes(const char *text, const char *bytes) {
  char out[64];
  size_t n = strlen(text), size = ll_base64_decoded_size(text, n);
  return ll_base64_decode(out, text, n) == LL_OK && size == strlen(bytes) &&
         memcmp(out, bytes, size) == 0;
}

static int refuses(const char *text) {
  char out[64];
  return ll_base64_decode(out, text, strlen(text)) == LL_BAD;
}

static void test_rfc(void) {
  static const char *const plain[] = {"",     "f",     "fo",    "foo",
                                      "foob", "fooba", "foobar"};
  static const char *const coded[] = {"",         "Zg==",     "Zm8=",    "Zm9v",
                                      "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"};
  size_t i;
  for (i = 0; i < 7; i++) {
    char text[16];
    size_t n = ll_base64_encoded_size(i);
    ll_base64_encode(text, plain[i], i);
    CHECK(n == strlen(coded[i]) && memcmp(text, coded[i], n) == 0);
    CHECK(decodes(coded[i], plain[i]));
  }
  CHECK(decodes("Zg", "f") && decodes("Zm8", "fo") &&
        decodes("Zm9vYg", "foob"));
}

static void test_padding(void) {
  CHECK(refuses("=") && refuses("==") && refuses("===") && refuses("===="));
  CHECK(refuses("A") && refuses("A=") && refuses("A==") && refuses("A==="));
  CHECK(refuses("AA=") && refuses("AAA==") && refuses("AAAA="));
  CHECK(refuses("AAAA==") && refuses("AAAA===") && refuses("AAAA===="));
  CHECK(refuses("AA==AAAA") && refuses("AA=A") && refuses("=AAA"));
  CHECK(refuses("AAAAA") && refuses("AAAAA==="));
}

/* The text has to be as long as says the size, so that no byte is written that
 * was not asked for: a sanitizer watches. */
static void test_sizes(void) {
  size_t n, i;
  for (n = 0; n < 70; n++) {
    unsigned char *bytes = malloc(n + 1), *back = malloc(n + 1);
    size_t size = ll_base64_encoded_size(n);
    char *text = malloc(size + 1);
    if (!bytes || !back || !text) abort();
    for (i = 0; i < n; i++)
      bytes[i] = (unsigned char)(i * 37 + n);
    back[n] = 0x5a;
    ll_base64_encode(text, bytes, n);
    CHECK(ll_base64_decoded_size(text, size) == n);
    CHECK(ll_base64_decode(back, text, size) == LL_OK);
    CHECK(memcmp(back, bytes, n) == 0 && back[n] == 0x5a);
    CHECK(ll_base64_decode(text, text, size) == LL_OK); /* in place */
    CHECK(memcmp(text, bytes, n) == 0);
    free(bytes);
    free(back);
    free(text);
  }
}

static int is_allowed(int c) {
  return c && (strchr(alphabet, c) || c == '-' || c == '_');
}

/* Each of the 256 at each place: in a piece, in a last group of each length,
 * and where many are decoded at a time. */
static void test_every_character_at_every_place(void) {
  size_t n, place;
  int c, right = 1;
  for (n = 2; n <= 60; n += n < 8 ? 1 : 10) {
    for (place = 0; n % 4 != 1 && place < n; place++) {
      for (c = 0; c < 256; c++) {
        char text[60], out[60];
        ll_status expected = is_allowed(c) ? LL_OK : LL_BAD;
        memset(text, 'A', sizeof text);
        text[place] = (char)c;
        if (c == '=' && n % 4 == 0 && place == n - 1) expected = LL_OK;
        right = right && ll_base64_decode(out, text, n) == expected;
      }
    }
  }
  CHECK(right);
}

static unsigned six_bits(char c) {
  const char *at = strchr(alphabet, c == '-' ? '+' : c == '_' ? '/' : c);
  return (unsigned)(at - alphabet);
}

/* The plain way, a bit at a time. */
static void decode_plainly(unsigned char *to, const char *text, size_t bytes) {
  size_t bit;
  memset(to, 0, bytes);
  for (bit = 0; bit < 8 * bytes; bit++)
    if (six_bits(text[bit / 6]) >> (5 - bit % 6) & 1)
      to[bit / 8] |= (unsigned char)(128 >> bit % 8);
}

/* Texts of all lengths, of exactly that length, so that a sanitizer sees what
 * is read or written beyond; also in place. */
static void test_as_the_plain_way(void) {
  static const char both[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuv"
                             "wxyz0123456789+/-_";
  size_t n, i;
  unsigned seed = 1;
  for (n = 0; n < 200; n++) {
    size_t size = n / 4 * 3 + n % 4 * 3 / 4;
    char *text = malloc(n ? n : 1);
    unsigned char *out = malloc(size + 1), *plain = malloc(size + 1);
    if (!text || !out || !plain) abort();
    for (i = 0; i < n; i++)
      text[i] = both[((seed = seed * 1103515245 + 12345) >> 16) % 66];
    if (n % 4 != 1) {
      decode_plainly(plain, text, size);
      CHECK(ll_base64_decode(out, text, n) == LL_OK);
      CHECK(memcmp(out, plain, size) == 0);
      CHECK(ll_base64_decode(text, text, n) == LL_OK);
      CHECK(memcmp(text, plain, size) == 0);
    }
    free(text);
    free(out);
    free(plain);
  }
}

static void test_values(void) {
  unsigned i;
  int right = 1;
  for (i = 0; i < 64; i++) {
    char text[4] = {'A', 'A', 'A', 'A'}, url[4] = {'A', 'A', 'A', 'A'};
    unsigned char out[3], same[3];
    text[3] = alphabet[i];
    url[3] = i == 62 ? '-' : i == 63 ? '_' : alphabet[i];
    right = right && ll_base64_decode(out, text, 4) == LL_OK && out[2] == i;
    right = right && ll_base64_decode(same, url, 4) == LL_OK && same[2] == i;
  }
  CHECK(right);
}

static void test_pieces(void) {
  char out[16];
  CHECK(ll_base64_decode_piece(out, "Zm9vYmFy", 8) == LL_OK);
  CHECK(memcmp(out, "foobar", 6) == 0);
  CHECK(ll_base64_decode_piece(out, "", 0) == LL_OK);
  CHECK(ll_base64_decode_piece(out, "Zm9vYg==", 8) == LL_BAD);
  CHECK(ll_base64_decode_piece(out, "Zm9vY", 5) == LL_BAD);
  CHECK(ll_base64_decode_piece(out, "Zm9v\nZm9v\n==", 12) == LL_BAD);
}

int main(void) {
  test_rfc();
  test_padding();
  test_sizes();
  test_every_character_at_every_place();
  test_values();
  test_as_the_plain_way();
  test_pieces();
  return report();
}
