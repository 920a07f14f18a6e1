#include "failure.h"

#include <string.h>

#include <curl/curl.h>

static const char *const names[] = {
#define LL_FAILURE_NAME(constant, name) name,
    LL_FAILURES(LL_FAILURE_NAME)
#undef LL_FAILURE_NAME
};

const char *ll_failure_name(ll_failure f) {
  return names[f];
}

ll_failure ll_failure_of_name(const char *name) {
  size_t i;
  for (i = 0; i < sizeof names / sizeof *names; i++)
    if (strcmp(names[i], name) == 0) return (ll_failure)i;
  return LL_FAILED_PROTOCOL;
}

/* One case a line reads as the table it is. */
ll_failure ll_failure_of_curl(int code) {
  switch (code) {
  case CURLE_OK: return LL_FAILED_NONE;
  case CURLE_URL_MALFORMAT:
  case CURLE_READ_ERROR:
  case CURLE_BAD_FUNCTION_ARGUMENT: return LL_FAILED_CONFIG;
  case CURLE_COULDNT_RESOLVE_HOST:
  case CURLE_COULDNT_RESOLVE_PROXY: return LL_FAILED_DNS;
  case CURLE_COULDNT_CONNECT:
  case CURLE_INTERFACE_FAILED: return LL_FAILED_CONNECT;
  case CURLE_SSL_CONNECT_ERROR:
  case CURLE_PEER_FAILED_VERIFICATION:
  case CURLE_SSL_CERTPROBLEM:
  case CURLE_SSL_CIPHER:
  case CURLE_SSL_CACERT_BADFILE:
  case CURLE_SSL_ENGINE_NOTFOUND:
  case CURLE_SSL_ENGINE_SETFAILED:
  case CURLE_SSL_ISSUER_ERROR:
  case CURLE_SSL_CRL_BADFILE:
  case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
  case CURLE_SSL_INVALIDCERTSTATUS:
  case CURLE_USE_SSL_FAILED: return LL_FAILED_TLS;
  case CURLE_OPERATION_TIMEDOUT: return LL_FAILED_TIMEOUT;
  case CURLE_SEND_ERROR:
  case CURLE_RECV_ERROR:
  case CURLE_GOT_NOTHING: return LL_FAILED_RESET;
  case CURLE_PARTIAL_FILE: return LL_FAILED_TRUNCATED;
  case 100: /* CURLE_TOO_LARGE, since 8.6 */
  case CURLE_FILESIZE_EXCEEDED: return LL_FAILED_LIMIT;
  case CURLE_OUT_OF_MEMORY: return LL_FAILED_MEMORY;
  default: return LL_FAILED_PROTOCOL;
  }
}

ll_failure ll_failure_of_words(ll_failure f, const char *message) {
  if (f == LL_FAILED_NONE) return f;
  if (strstr(message, "Out of memory in chunked-enco")) return LL_FAILED_LIMIT;
  if (strstr(message, "chunked-enco")) return LL_FAILED_PROTOCOL;
  if (strstr(message, "Too large response headers")) return LL_FAILED_LIMIT;
  return f;
}
