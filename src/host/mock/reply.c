
#include "request.h"

mock_out *mock_answer_as(mock_request *r, const char *type) {
  mock_reply none = {0};
  mock_out body = {&r->arena, NULL, 0, 0};
  r->reply = none;
  r->reply.cost = -1;
  r->reply.status = 200;
  r->reply.type = type;
  r->reply.body = body;
  return &r->reply.body;
}

mock_out *mock_answer_json(mock_request *r) {
  return mock_answer_as(r, "application/json");
}

void mock_fail(mock_request *r, int status, const char *type, const char *param,
               mock_str message) {
  mock_outf(mock_answer_json(r),
            "{'error':{'message':%Q,'type':%Q,'param':%Q,'code':'%d'}}",
            message, mock_str_of(type), mock_str_of(param), status);
  r->reply.status = status;
}

void mock_fail_detail(mock_request *r, int status, const char *text) {
  mock_outf(mock_answer_json(r), "{'detail':%Q}", mock_str_of(text));
  r->reply.status = status;
}

void mock_answer_events(mock_request *r) {
  mock_answer_as(r, "text/event-stream; charset=utf-8");
  r->reply.paced = 1;
}

void mock_piece_add(mock_request *r, mock_str bytes) {
  mock_piece *piece = mock_alloc(&r->arena, sizeof *piece);
  piece->bytes = bytes;
  if (r->reply.last)
    r->reply.last->next = piece;
  else
    r->reply.pieces = piece;
  r->reply.last = piece;
}

void mock_event(mock_request *r, mock_str data) {
  mock_piece_add(r, mock_format(&r->arena, "data: %S\n\n", data));
}

void mock_count(mock_request *r, size_t prompt, size_t tokens) {
  r->reply.prompt_tokens = prompt;
  r->reply.tokens = tokens;
}

void mock_charge(mock_request *r, double per_million_in,
                 double per_million_out) {
  r->reply.cost = ((double)r->reply.prompt_tokens * per_million_in +
                   (double)r->reply.tokens * per_million_out) /
                  1e6;
}
