#ifndef MOCK_DIALOG_H
#define MOCK_DIALOG_H

#include "request.h"

typedef struct mock_message {
  mock_str role, text;
  mock_str tool_call_id;
  const mock_value *calls; /* tool_calls of an assistant's message */
  const mock_value *parts; /* content that is an array, for its pictures */
} mock_message;

/* What chat, completions and responses ask, in one form. */
typedef struct mock_dialog {
  mock_message *messages;
  size_t n;
  mock_str system; /* all system and developer messages */
  mock_str user;   /* the last message of the user */
  const mock_value *tools, *tool_choice;
  const mock_value *format; /* json_object, json_schema, or NULL */
  const mock_value *stop;
  size_t limit;  /* tokens of the answer, at most */
  size_t tokens; /* of the prompt */
  int reasons;   /* the answer has reasoning before it */
  int one_call;  /* tool calls come one at a time */
} mock_dialog;

mock_dialog mock_dialog_of_chat(mock_request *r);
mock_dialog mock_dialog_of_prompt(mock_request *r, mock_str prompt);
/* earlier: the messages that previous_response_id stands for, or NULL. */
mock_dialog mock_dialog_of_responses(mock_request *r,
                                     const mock_value *earlier);

/* The messages as JSON, which can be `earlier` another time. */
void mock_dialog_write(mock_out *o, const mock_dialog *d);

/* The URL of the next picture in the last user message, from *at on; absent
 * when there is none. Start with *at == NULL. */
mock_str mock_dialog_picture(const mock_dialog *d, const mock_value **at);

#endif
