#include "usage.h"

#include <stdarg.h>
#include <stdio.h>

#include <curl/curl.h>
#include <lua.h>

static const char run_text[] =
    "usage: litelua [options] [script.lua | -] [args]\n"
    "       litelua mock [--port N] [--key KEY]\n"
    "\n"
    "  -e CODE        run CODE; `litellm` is there\n"
    "  -i             then read lines from the terminal\n"
    "  -              run standard input\n"
    "  --mock         against the built-in offline gateway\n"
    "  --env FILE     settings from FILE: KEY=VALUE lines, for what is not "
    "set\n"
    "  --trace        every request on standard error, secrets hidden\n"
    "  --record DIR   keep what the gateway answers in DIR\n"
    "  --replay DIR   answer from DIR instead of the gateway\n"
    "  -v, --version  -h, --help\n"
    "\n"
    "With no script: lines from the terminal, or standard input.\n"
    "The gateway is LITELLM_PROXY_API_BASE, its key LITELLM_PROXY_API_KEY.\n"
    "Status: 0; 1 the script failed; 2 usage; 130 interrupted.\n";

static const char mock_text[] =
    "usage: litelua mock [options]\n"
    "\n"
    "Serves every endpoint of a LiteLLM proxy on a loopback port, offline.\n"
    "\n"
    "  --port N    4000; 0 takes any free one\n"
    "  --key KEY   refuse requests without this key\n"
    "  --delay MS  between the words of a stream\n"
    "  --trace     a line a request on standard error\n"
    "  -h, --help\n";

int usage_print(command c) {
  fputs(c == COMMAND_RUN ? run_text : mock_text, stdout);
  return STATUS_OK;
}

int usage_version(void) {
  printf("litelua %s (%s, libcurl %s)\n", LITELUA_VERSION, LUA_RELEASE,
         curl_version_info(CURLVERSION_NOW)->version);
  return STATUS_OK;
}

int usage_error(command c, const char *format, ...) {
  va_list args;
  fputs("litelua: ", stderr);
  va_start(args, format);
  vfprintf(stderr, format, args);
  va_end(args);
  fprintf(stderr, "\ntry 'litelua %s--help'\n",
          c == COMMAND_MOCK ? "mock " : "");
  return STATUS_USAGE;
}

int usage_option(command c, const option *o) {
  switch (o->id) {
  case OPTION_VALUE:
    return usage_error(c, "option '%s' wants a value", o->text);
  case OPTION_EXTRA: return usage_error(c, "'%s' takes no value", o->text);
  default: return usage_error(c, "unknown option '%s'", o->text);
  }
}
