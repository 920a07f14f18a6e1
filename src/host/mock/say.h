#ifndef MOCK_SAY_H
#define MOCK_SAY_H

#include "dialog.h"

/* What the gateway's model says. */
typedef struct mock_call {
  mock_str id, name, arguments;
} mock_call;

enum { MOCK_MOST_CALLS = 8 };

typedef struct mock_said {
  mock_str text;      /* absent when there are calls */
  mock_str reasoning; /* absent when none was asked */
  mock_call calls[MOCK_MOST_CALLS];
  size_t n_calls;
  const char *finish; /* stop, length or tool_calls */
  size_t tokens, reasoning_tokens;
} mock_said;

/* The answer to a dialog; choice counts from 0 for n > 1. */
mock_said mock_say(mock_request *r, const mock_dialog *d, int choice);

/* Each way to answer gives a text, or an absent one when it is none. */

/* From what the tools returned. */
mock_str mock_say_results(mock_arena *a, const mock_dialog *d);

/* The pictures of the last message, looked at. */
mock_str mock_say_pictures(mock_arena *a, const mock_dialog *d);

/* Sentences of the prompt's documents that answer its question. */
mock_str mock_say_documents(mock_arena *a, const mock_dialog *d);

/* What an earlier message of the user says about it. */
mock_str mock_say_history(mock_arena *a, const mock_dialog *d);

/* As many numbered lines as asked for: scenes, ideas, steps. */
mock_str mock_say_list(mock_arena *a, mock_str prompt, size_t shift);
size_t mock_list_length(mock_str prompt);    /* 0: none is asked for */
size_t mock_sentence_limit(mock_str prompt); /* "in two sentences"; 0: none */
mock_str mock_list_line(mock_arena *a, mock_str prompt, size_t i);
mock_str mock_topic(mock_arena *a, mock_str prompt);

/* A story or other text to be written. */
mock_str mock_say_prose(mock_arena *a, mock_str prompt, size_t shift);

/* "Say X" and sums; greetings and the like, in a prompt of so many words; and
 * in the end something about anything. */
mock_str mock_say_exact(mock_arena *a, mock_str prompt);
mock_str mock_say_talk(mock_str prompt, size_t most_words);
mock_str mock_say_anything(mock_arena *a, mock_str prompt);

/* JSON, when the dialog asks for it; `answer` is what the text would be. */
int mock_wants_json(const mock_dialog *d);
mock_str mock_say_json(mock_arena *a, const mock_dialog *d, mock_str answer);

/* Calls of the tools that the prompt asks for. */
void mock_say_calls(mock_request *r, const mock_dialog *d, mock_said *said);

/* The question within the last user message, and everything else there and in
 * the system messages. */
void mock_find_question(mock_arena *a, const mock_dialog *d, mock_str *question,
                        mock_str *context);

#endif
