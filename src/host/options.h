#ifndef OPTIONS_H
#define OPTIONS_H

/* The command line of litelua, read one option at a time: main reads it twice,
 * once to know what is asked and once to do it in order. */
typedef enum option_id {
  OPTION_END, /* the script, or the end of the line, is at `next` */
  OPTION_CODE,
  OPTION_INTERACTIVE,
  OPTION_VERSION,
  OPTION_HELP,
  OPTION_MOCK,
  OPTION_TRACE,
  OPTION_ENV,
  OPTION_RECORD,
  OPTION_REPLAY,
  OPTION_PORT,
  OPTION_KEY,
  OPTION_DELAY,
  OPTION_UNKNOWN, /* `text` is no option */
  OPTION_VALUE,   /* `text` lacks its value */
  OPTION_EXTRA    /* `text` takes no value and has one */
} option_id;

typedef struct option {
  option_id id;
  const char *text;  /* as it was written */
  const char *value; /* of an option that takes one */
  int next;          /* index of the word after it */
} option;

/* Which options a command takes. */
typedef enum command { COMMAND_RUN, COMMAND_MOCK } command;

/* Reads the option at argv[i]. */
option option_read(command c, char **argv, int i);

#endif
