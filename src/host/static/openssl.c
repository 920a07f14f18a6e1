/* A static litelua prepares OpenSSL when the first connection wants TLS: to do
 * so was a fifth of the time of a program that makes one call over plain HTTP.
 *
 * libcurl calls OPENSSL_init_ssl when it is initialised, and SSL_CTX_new calls
 * it again. The linker gives us both calls (--wrap), and the second makes up
 * for the first. What else libcurl takes of OpenSSL, hashes and random bytes,
 * prepares itself. */
#include <openssl/ssl.h>

int __real_OPENSSL_init_ssl(uint64_t what, const OPENSSL_INIT_SETTINGS *how);
int __wrap_OPENSSL_init_ssl(uint64_t what, const OPENSSL_INIT_SETTINGS *how);

/* What libcurl asked for; its first call comes before there are threads. */
static uint64_t put_off;
static int asked;

int __wrap_OPENSSL_init_ssl(uint64_t what, const OPENSSL_INIT_SETTINGS *how) {
  if (!asked) {
    asked = 1;
    put_off = what;
    return 1;
  }
  return __real_OPENSSL_init_ssl(put_off | what, how);
}
