#ifndef LINE_H
#define LINE_H

#include <stdbool.h>
#include <stddef.h>

/* A line of input: edited and with a history at a terminal, plain elsewhere. */
typedef enum line_status { LINE_OK, LINE_END, LINE_INTERRUPTED } line_status;

/* Called while the line is waited for whenever `fd` (-1: none) is readable. */
typedef struct line_background {
  int fd;
  bool (*ready)(void *ctx); /* false: not to be called again */
  void *ctx;
} line_background;

/* What Tab does: called with the line up to the cursor and the width of the
 * terminal. It may call line_insert and line_show. */
typedef struct line_completion {
  void (*complete)(void *ctx, const char *text, size_t len, int width);
  void *ctx;
} line_completion;

/* Types the text. */
void line_insert(const char *text);

/* Prints the text below the line, which then comes again. */
void line_show(const char *text);

/* On LINE_OK, *text (without its newline) is valid until the next call. */
line_status line_read(const char *prompt, const line_background *background,
                      const line_completion *completion, const char **text,
                      size_t *len);

/* Loads the history from `path` and keeps it there from now on. */
bool line_history(const char *path);

/* Puts the terminal back; for the end of the program. */
void line_close(void);

#endif
