#include "say.h"
#include "text.h"

enum { MOST_CHOICES = 16 };

static const double IN = 0.15, OUT = 0.6; /* dollars for a million tokens */

/* {==================================================================
** The whole answer
** =================================================================== */

static void write_call(mock_out *o, const mock_call *c) {
  mock_outf(o,
            "{'function':{'arguments':%Q,'name':%Q},'id':%Q,"
            "'type':'function'}",
            c->arguments, c->name, c->id);
}

static void write_message(mock_out *o, const mock_said *said) {
  size_t i;
  mock_outf(o, "{'content':%Q,'role':'assistant'",
            said->text); /* null when there are calls */
  if (said->reasoning.s)
    mock_outf(o, ",'reasoning_content':%Q", said->reasoning);
  if (said->n_calls) mock_out_text(o, ",\"tool_calls\":[");
  for (i = 0; i < said->n_calls; i++) {
    if (i) mock_out_text(o, ",");
    write_call(o, &said->calls[i]);
  }
  if (said->n_calls) mock_out_text(o, "]");
  mock_outf(o, ",'provider_specific_fields':{'refusal':null},"
               "'annotations':[]}");
}

static void write_usage(mock_out *o, size_t prompt, size_t tokens,
                        size_t reasoning) {
  mock_outf(o,
            "{'completion_tokens':%z,'prompt_tokens':%z,'total_tokens':%z,"
            "'completion_tokens_details':{'accepted_prediction_tokens':0,"
            "'audio_tokens':0,'reasoning_tokens':%z,"
            "'rejected_prediction_tokens':0},'prompt_tokens_details':"
            "{'audio_tokens':0,'cached_tokens':0}}",
            tokens, prompt, prompt + tokens, reasoning);
}

static void answer_whole(mock_request *r, const mock_dialog *d,
                         const mock_said *said, int n) {
  mock_out *o = mock_answer_json(r);
  size_t tokens = 0, reasoning = 0;
  int i;
  mock_outf(o,
            "{'id':'chatcmpl-%S','created':%z,'model':%Q,"
            "'object':'chat.completion','system_fingerprint':'fp_mock',"
            "'choices':[",
            r->id, (size_t)r->created, r->model);
  for (i = 0; i < n; i++) {
    mock_outf(o, "%s{'finish_reason':'%s','index':%d,'message':", i ? "," : "",
              said[i].finish, i);
    write_message(o, &said[i]);
    mock_out_text(o, ",\"provider_specific_fields\":{}}");
    tokens += said[i].tokens + said[i].reasoning_tokens;
    reasoning += said[i].reasoning_tokens;
  }
  mock_out_text(o, "],\"usage\":");
  write_usage(o, d->tokens, tokens, reasoning);
  mock_out_text(o, ",\"service_tier\":\"default\"}");
  mock_count(r, d->tokens, tokens);
  mock_charge(r, IN, OUT);
}

/* }================================================================== */

/* {==================================================================
** The stream
** =================================================================== */

/* One event; choice is a choice object, usage an object or absent. */
static void send_chunk(mock_request *r, mock_str choice, mock_str usage) {
  mock_out o = {&r->arena, NULL, 0, 0};
  mock_outf(&o,
            "{'id':'chatcmpl-%S','created':%z,'model':%Q,"
            "'object':'chat.completion.chunk','system_fingerprint':'fp_mock',"
            "'choices':[%S]",
            r->id, (size_t)r->created, r->model, choice);
  if (usage.s)
    mock_outf(&o, ",'usage':%S}", usage);
  else
    mock_out_text(&o, ",\"service_tier\":\"default\"}");
  mock_event(r, mock_out_str(&o));
}

static void send_delta(mock_request *r, int choice, mock_str delta) {
  mock_str none = {NULL, 0};
  send_chunk(r,
             mock_format(&r->arena, "{'index':%d,'delta':{%S}}", choice, delta),
             none);
}

static void send_call(mock_request *r, int choice, const mock_call *c,
                      size_t index) {
  enum { FRAGMENT = 8 };
  mock_str rest = c->arguments;
  send_delta(r, choice,
             mock_format(&r->arena,
                         "'tool_calls':[{'id':%Q,'function':{'arguments':'',"
                         "'name':%Q},'type':'function','index':%z}]",
                         c->id, c->name, index));
  while (rest.n) {
    size_t n = rest.n < FRAGMENT ? rest.n : FRAGMENT;
    /* A character is not torn in two. */
    while (n < rest.n && ((unsigned char)rest.s[n] & 0xc0) == 0x80)
      n++;
    send_delta(r, choice,
               mock_format(&r->arena,
                           "'tool_calls':[{'function':{'arguments':%Q},"
                           "'type':'function','index':%z}]",
                           mock_str_sub(rest, 0, n), index));
    rest = mock_str_sub(rest, n, rest.n);
  }
}

static int send_piece(mock_request *r, int choice, const char *member,
                      mock_str *rest) {
  if (!rest->n) return 0;
  send_delta(r, choice,
             mock_format(&r->arena, "'%s':%Q", member, mock_next_piece(rest)));
  return 1;
}

/* The choices take turns, as they do when a provider sends several. */
static void send_texts(mock_request *r, const mock_said *said, int n) {
  mock_str thought[MOST_CHOICES], text[MOST_CHOICES];
  int i, more = 1;
  for (i = 0; i < n; i++) {
    thought[i] = said[i].reasoning;
    text[i] = said[i].text;
  }
  while (more)
    for (more = 0, i = 0; i < n; i++)
      more |= send_piece(r, i, "reasoning_content", &thought[i]) ||
              send_piece(r, i, "content", &text[i]);
}

static void send_finish(mock_request *r, const mock_said *said, int i) {
  mock_str none = {NULL, 0};
  size_t k;
  for (k = 0; k < said->n_calls; k++)
    send_call(r, i, &said->calls[k], k);
  send_chunk(r,
             mock_format(&r->arena,
                         "{'finish_reason':'%s','index':%d,'delta':{}}",
                         said->finish, i),
             none);
}

/* A proxy behind which this is the provider expects a provider's form. */
static void send_usage(mock_request *r, const mock_dialog *d,
                       const mock_said *said, int n) {
  mock_out usage = {&r->arena, NULL, 0, 0};
  size_t tokens = 0, reasoning = 0;
  int i;
  for (i = 0; i < n; i++) {
    tokens += said[i].tokens + said[i].reasoning_tokens;
    reasoning += said[i].reasoning_tokens;
  }
  write_usage(&usage, d->tokens, tokens, reasoning);
  send_chunk(r, mock_str_of(r->for_proxy ? "" : "{\"index\":0,\"delta\":{}}"),
             mock_out_str(&usage));
}

static void answer_stream(mock_request *r, const mock_dialog *d,
                          const mock_said *said, int n) {
  int i;
  mock_answer_events(r);
  for (i = 0; i < n; i++)
    send_delta(r, i,
               mock_str_of(said[i].n_calls
                               ? "\"role\":\"assistant\""
                               : "\"content\":\"\",\"role\":\"assistant\""));
  send_texts(r, said, n);
  for (i = 0; i < n; i++)
    send_finish(r, &said[i], i);
  if (mock_truth(mock_get(r->json, "stream_options"), "include_usage"))
    send_usage(r, d, said, n);
  mock_event(r, mock_str_of("[DONE]"));
}

/* }================================================================== */

void mock_chat(mock_request *r) {
  mock_said said[MOST_CHOICES];
  double wanted = mock_number(r->json, "n", 1);
  int i, n = wanted < 1              ? 1
             : wanted > MOST_CHOICES ? MOST_CHOICES
                                     : (int)wanted;
  mock_dialog d;
  if (!mock_is(mock_get(r->json, "messages"), MOCK_ARRAY)) {
    mock_fail(r, 400, "invalid_request_error", "messages",
              mock_str_of("/chat/completions: Missing required parameter: "
                          "'messages'."));
    return;
  }
  d = mock_dialog_of_chat(r);
  for (i = 0; i < n; i++)
    said[i] = mock_say(r, &d, i);
  if (mock_truth(r->json, "stream"))
    answer_stream(r, &d, said, n);
  else
    answer_whole(r, &d, said, n);
}
