#include "line.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "interrupt.h"

static char *plain_text;
static size_t plain_size;

static const char *strip_newline(const char *text, size_t *len) {
  if (*len > 0 && text[*len - 1] == '\n') --*len;
  return text;
}

static line_status read_plain(const char **text, size_t *len) {
  ssize_t n = getline(&plain_text, &plain_size, stdin);
  if (n < 0) {
    clearerr(stdin);
    return interrupt_pending() ? LINE_INTERRUPTED : LINE_END;
  }
  *len = (size_t)n;
  *text = strip_newline(plain_text, len);
  return LINE_OK;
}

#ifdef LITELUA_EDIT

#include <histedit.h>
#include <locale.h>
#include <wchar.h>

#define HISTORY_LINES 2000

static EditLine *editor;
static History *history_lines;
static char *history_path;
static const char *current_prompt;
static line_background background;
static line_completion completion;
static unsigned char after_completion; /* what libedit is to do */

static char *show_prompt(EditLine *el) {
  static char copy[64];
  (void)el;
  snprintf(copy, sizeof copy, "%s", current_prompt);
  return copy;
}

/* Waits for a byte of the terminal; false at its end or at an interrupt. */
static bool wait_for_key(void) {
  struct pollfd fds[2] = {{STDIN_FILENO, POLLIN, 0}, {0, POLLIN, 0}};
  while (!interrupt_pending()) {
    fds[1].fd = background.fd;
    if (poll(fds, 2, -1) < 0) {
      if (errno != EINTR) return false;
      continue;
    }
    if (fds[1].revents && !background.ready(background.ctx)) background.fd = -1;
    if (fds[0].revents) return true;
  }
  return false;
}

/* Takes the place of libedit's own reading, which would try again after a
 * signal. Returns 1, or 0 at the end. */
static int read_key(EditLine *el, wchar_t *key) {
  mbstate_t state;
  char byte;
  size_t n;
  (void)el;
  memset(&state, 0, sizeof state);
  do {
    if (!wait_for_key() || read(STDIN_FILENO, &byte, 1) != 1) return 0;
    n = mbrtowc(key, &byte, 1, &state);
    if (n == (size_t)-1) *key = (unsigned char)byte;
  } while (n == (size_t)-2);
  return 1;
}

void line_insert(const char *text) {
  if (*text == '\0') return;
  after_completion = el_insertstr(editor, text) == 0 ? CC_REFRESH : CC_ERROR;
}

void line_show(const char *text) {
  printf("\n%s\n", text);
  after_completion = CC_REDISPLAY;
}

static unsigned char complete_key(EditLine *el, int key) {
  const LineInfo *line = el_line(el);
  int width = 0;
  (void)key;
  if (el_get(el, EL_GETTC, "co", &width) != 0 || width <= 0) width = 80;
  after_completion = CC_ERROR;
  if (completion.complete)
    completion.complete(completion.ctx, line->buffer,
                        (size_t)(line->cursor - line->buffer), width);
  return after_completion;
}

static bool open_editor(void) {
  HistEvent event;
  if (editor) return true;
  setlocale(LC_CTYPE, "");
  editor = el_init("litelua", stdin, stdout, stderr);
  if (editor == NULL) return false;
  if (history_lines == NULL && !(history_lines = history_init())) return false;
  history(history_lines, &event, H_SETSIZE, HISTORY_LINES);
  history(history_lines, &event, H_SETUNIQUE, 1);
  el_set(editor, EL_PROMPT, show_prompt);
  el_set(editor, EL_EDITOR, "emacs");
  el_set(editor, EL_HIST, history, history_lines);
  el_set(editor, EL_GETCFN, read_key);
  el_set(editor, EL_ADDFN, "litelua-complete", "Complete a name", complete_key);
  el_set(editor, EL_BIND, "^I", "litelua-complete", NULL);
  el_source(editor, NULL); /* the user's ~/.editrc */
  return true;
}

static void remember(const char *line) {
  HistEvent event;
  if (strspn(line, " \t\n") == strlen(line)) return;
  history(history_lines, &event, H_ENTER, line);
  if (history_path) history(history_lines, &event, H_SAVE, history_path);
}

static line_status read_edited(const char **text, size_t *len) {
  int n = 0;
  const char *line;
  el_resize(editor);
  /* libedit does so after the prompt: what is typed at once is shown twice. */
  (void)el_set(editor, EL_PREP_TERM, 1);
  line = el_gets(editor, &n);
  if (line && n > 0 && !interrupt_pending()) {
    remember(line);
    *len = (size_t)n;
    *text = strip_newline(line, len);
    return LINE_OK;
  }
  putchar('\n');
  el_reset(editor);
  return interrupt_pending() ? LINE_INTERRUPTED : LINE_END;
}

line_status line_read(const char *prompt, const line_background *b,
                      const line_completion *c, const char **text,
                      size_t *len) {
  fflush(stdout);
  if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) || !open_editor())
    return read_plain(text, len);
  current_prompt = prompt;
  background = *b;
  completion = *c;
  return read_edited(text, len);
}

bool line_history(const char *path) {
  HistEvent event;
  char *copy = strdup(path);
  if (copy == NULL || (!history_lines && !(history_lines = history_init())))
    return free(copy), false;
  free(history_path);
  history_path = copy;
  history(history_lines, &event, H_SETSIZE, HISTORY_LINES);
  history(history_lines, &event, H_LOAD, history_path);
  return true;
}

void line_close(void) {
  if (editor) el_end(editor);
  if (history_lines) history_end(history_lines);
  free(history_path);
  free(plain_text);
  editor = NULL;
  history_lines = NULL;
  history_path = plain_text = NULL;
}

#else

line_status line_read(const char *prompt, const line_background *b,
                      const line_completion *c, const char **text,
                      size_t *len) {
  (void)b;
  (void)c;
  if (isatty(STDIN_FILENO)) fputs(prompt, stdout);
  fflush(stdout);
  return read_plain(text, len);
}

void line_insert(const char *text) {
  (void)text;
}

void line_show(const char *text) {
  (void)text;
}

bool line_history(const char *path) {
  (void)path;
  return true;
}

void line_close(void) {
  free(plain_text);
  plain_text = NULL;
}

#endif
