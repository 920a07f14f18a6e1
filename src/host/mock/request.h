#ifndef MOCK_REQUEST_H
#define MOCK_REQUEST_H

#include "fault.h"
#include "form.h"
#include "out.h"
#include "tree.h"

struct evhttp_request;
struct event;

/* A part of an answer that is sent for itself. */
typedef struct mock_piece {
  mock_str bytes;
  struct mock_piece *next;
} mock_piece;

typedef struct mock_reply {
  int status;
  const char *type;             /* of the content */
  mock_out body;                /* a whole answer, or */
  mock_piece *pieces, *last;    /* one that is sent piece by piece, */
  int paced;                    /* with the word delay between them */
  size_t prompt_tokens, tokens; /* what the cost is reckoned from */
  double cost;                  /* < 0: no cost header */
} mock_reply;

/* What a request is while it is answered. */
typedef struct mock_request {
  mock_arena arena; /* everything below lives here */
  struct mock_server *server;
  struct evhttp_request *http;
  const struct mock_route *route;
  mock_str path;          /* without /v1 */
  mock_str rest;          /* what stood for the * of the route */
  mock_str body, type;    /* and its content type */
  const mock_value *json; /* an object, perhaps empty, if the route is JSON */
  const mock_part *form;  /* the parts, if it is a form */
  mock_str model;
  uint64_t hash;  /* of path and body: equal for equal requests */
  mock_str id;    /* 24 hex digits of it */
  int for_proxy;  /* a LiteLLM proxy asks: it wants a provider's answer */
  long created;   /* the clock, for the members of that name */
  double started; /* the same in seconds, exact */
  mock_fault fault;
  mock_reply reply;
  struct event *timer; /* of the sender */
  size_t sent;         /* pieces */
} mock_request;

typedef enum mock_kind { MOCK_PLAIN, MOCK_JSON, MOCK_FORM } mock_kind;

typedef struct mock_route {
  const char *method, *path; /* a * at the end stands for anything */
  mock_kind kind;
  void (*answer)(mock_request *r);
} mock_route;

/* A header of the request; absent: s == NULL. */
mock_str mock_header(const mock_request *r, const char *name);

/* Answers with an error as the proxy words it. type or param NULL: null. */
void mock_fail(mock_request *r, int status, const char *type, const char *param,
               mock_str message);

/* Answers with {"detail": text}. */
void mock_fail_detail(mock_request *r, int status, const char *text);

/* Starts an answer of 200 and returns where its body goes. */
mock_out *mock_answer_json(mock_request *r);
mock_out *mock_answer_as(mock_request *r, const char *type);

/* Starts a stream of events; adds one, `data: ` and the blank line around it;
 * adds bytes as they are. */
void mock_answer_events(mock_request *r);
void mock_event(mock_request *r, mock_str data);
void mock_piece_add(mock_request *r, mock_str bytes);

/* What the answer used, and what that costs in dollars for a million. */
void mock_count(mock_request *r, size_t prompt, size_t tokens);
void mock_charge(mock_request *r, double per_million_in,
                 double per_million_out);

/* The endpoints. */
void mock_chat(mock_request *r);
void mock_completions(mock_request *r);
void mock_responses(mock_request *r);
void mock_response(mock_request *r);
void mock_response_delete(mock_request *r);
void mock_embeddings(mock_request *r);
void mock_rerank(mock_request *r);
void mock_moderations(mock_request *r);
void mock_generations(mock_request *r);
void mock_edits(mock_request *r);
void mock_variations(mock_request *r);
void mock_picture(mock_request *r);
void mock_speech(mock_request *r);
void mock_transcriptions(mock_request *r);
void mock_translations(mock_request *r);
void mock_models(mock_request *r);
void mock_model(mock_request *r);
void mock_liveliness(mock_request *r);
void mock_readiness(mock_request *r);
void mock_health(mock_request *r);
void mock_root(mock_request *r);

#endif
