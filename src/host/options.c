#include "options.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

typedef struct entry {
  const char *name;
  option_id id;
  bool value;
} entry;

static const entry run_options[] = {
    {"-e", OPTION_CODE, true},         {"-i", OPTION_INTERACTIVE, false},
    {"-v", OPTION_VERSION, false},     {"--version", OPTION_VERSION, false},
    {"-h", OPTION_HELP, false},        {"--help", OPTION_HELP, false},
    {"--mock", OPTION_MOCK, false},    {"--trace", OPTION_TRACE, false},
    {"--env", OPTION_ENV, true},       {"--record", OPTION_RECORD, true},
    {"--replay", OPTION_REPLAY, true}, {NULL, OPTION_END, false}};

static const entry mock_options[] = {
    {"--port", OPTION_PORT, true},   {"--key", OPTION_KEY, true},
    {"--delay", OPTION_DELAY, true}, {"--trace", OPTION_TRACE, false},
    {"-h", OPTION_HELP, false},      {"--help", OPTION_HELP, false},
    {NULL, OPTION_END, false}};

/* `--name=value` names the option before the equals sign. */
static const entry *find(const entry *e, const char *word) {
  size_t n = strncmp(word, "--", 2) == 0 ? strcspn(word, "=") : strlen(word);
  for (; e->name; e++)
    if (strlen(e->name) == n && strncmp(e->name, word, n) == 0) return e;
  return NULL;
}

static option with_value(option o, const char *inside, char **argv) {
  if (inside) {
    o.value = inside + 1;
  } else if (argv[o.next]) {
    o.value = argv[o.next++];
  } else {
    o.id = OPTION_VALUE;
  }
  return o;
}

/* A lone `-` is the script on standard input; `--` ends the options. */
option option_read(command c, char **argv, int i) {
  option o = {OPTION_END, argv[i], NULL, i};
  const entry *e;
  const char *inside;
  if (o.text == NULL || o.text[0] != '-' || o.text[1] == '\0') return o;
  o.next = i + 1;
  if (strcmp(o.text, "--") == 0) return o;
  e = find(c == COMMAND_RUN ? run_options : mock_options, o.text);
  o.id = e ? e->id : OPTION_UNKNOWN;
  if (e == NULL) return o;
  inside = o.text[strlen(e->name)] ? o.text + strlen(e->name) : NULL;
  if (e->value) return with_value(o, inside, argv);
  if (inside) o.id = OPTION_EXTRA;
  return o;
}
