#include "say.h"
#include "server.h"
#include "text.h"

static const double IN = 0.15, OUT = 0.6; /* dollars for a million tokens */

static mock_str message_item(mock_request *r, const mock_said *said,
                             const char *status) {
  return mock_format(&r->arena,
                     "{'id':'msg_%S','content':[{'annotations':[],'text':%Q,"
                     "'type':'output_text','logprobs':[]}],"
                     "'role':'assistant','status':'%s','type':'message'}",
                     r->id, said->text, status);
}

static mock_str call_item(mock_request *r, const mock_call *c) {
  return mock_format(&r->arena,
                     "{'id':'fc_%S','call_id':%Q,'name':%Q,'arguments':%Q,"
                     "'type':'function_call','status':'completed'}",
                     c->id, c->id, c->name, c->arguments);
}

static mock_str output_of(mock_request *r, const mock_said *said) {
  mock_out o = {&r->arena, NULL, 0, 0};
  size_t i;
  mock_out_text(&o, "[");
  if (said->reasoning.s)
    mock_outf(&o,
              "{'id':'rs_%S','type':'reasoning','summary':[{'type':"
              "'summary_text','text':%Q}]},",
              r->id, said->reasoning);
  for (i = 0; i < said->n_calls; i++)
    mock_outf(&o, "%s%S", i ? "," : "", call_item(r, &said->calls[i]));
  if (!said->n_calls) mock_outf(&o, "%S", message_item(r, said, "completed"));
  mock_out_text(&o, "]");
  return mock_out_str(&o);
}

static mock_str usage_of(mock_request *r, const mock_dialog *d,
                         const mock_said *said) {
  size_t tokens = said->tokens + said->reasoning_tokens;
  return mock_format(&r->arena,
                     "{'input_tokens':%z,'input_tokens_details':"
                     "{'cached_tokens':0},'output_tokens':%z,"
                     "'output_tokens_details':{'reasoning_tokens':%z},"
                     "'total_tokens':%z}",
                     d->tokens, tokens, said->reasoning_tokens,
                     d->tokens + tokens);
}

/* The response object; without output and usage while it is in progress. */
static mock_str response(mock_request *r, const char *status, mock_str output,
                         mock_str usage) {
  const mock_value *metadata = mock_get(r->json, "metadata");
  mock_out o = {&r->arena, NULL, 0, 0};
  int cut = status[0] == 'i' && status[2] == 'c'; /* incomplete */
  mock_outf(&o,
            "{'id':'resp_%S','created_at':%z,'error':null,"
            "'incomplete_details':%s,'instructions':%Q,'metadata':",
            r->id, (size_t)r->created,
            cut ? "{\"reason\":\"max_output_tokens\"}" : "null",
            mock_text(r->json, "instructions"));
  if (mock_is(metadata, MOCK_OBJECT))
    mock_tree_write(&o, metadata);
  else
    mock_out_text(&o, "{}");
  mock_outf(&o,
            ",'model':%Q,'object':'response','output':%S,"
            "'parallel_tool_calls':true,'temperature':1.0,"
            "'tool_choice':'auto','tools':[],'top_p':1.0,"
            "'max_output_tokens':null,'previous_response_id':%Q,"
            "'reasoning':{'effort':null,'summary':null},'status':'%s',"
            "'text':{'format':{'type':'text'}},'truncation':'disabled',"
            "'usage':%s%S,'user':null,'store':true}",
            r->model, output, mock_text(r->json, "previous_response_id"),
            status, usage.s ? "" : "null", usage);
  return mock_out_str(&o);
}

/* {==================================================================
** Events. Each has a number, and, as the proxy adds it, the model.
** =================================================================== */

static void put_event(mock_request *r, size_t *number, const char *type,
                      mock_str members) {
  mock_event(r, mock_format(&r->arena,
                            "{'type':'response.%s',%S,'sequence_number':%z,"
                            "'model':%Q}",
                            type, members, (*number)++, r->model));
}

static mock_str place(mock_request *r) {
  return mock_format(&r->arena,
                     "'item_id':'msg_%S','output_index':0,'content_index':0",
                     r->id);
}

static void send_text(mock_request *r, size_t *number, const mock_said *said) {
  mock_arena *a = &r->arena;
  mock_str rest = said->text, at = place(r);
  put_event(
      r, number, "output_item.added",
      mock_format(a,
                  "'output_index':0,'item':{'type':'message','id':'msg_%S',"
                  "'status':'in_progress','role':'assistant','content':[]}",
                  r->id));
  put_event(r, number, "content_part.added",
            mock_format(a,
                        "%S,'part':{'type':'output_text','text':'',"
                        "'annotations':[]}",
                        at));
  while (rest.n)
    put_event(r, number, "output_text.delta",
              mock_format(a, "%S,'delta':%Q,'logprobs':[]", at,
                          mock_next_piece(&rest)));
  put_event(r, number, "output_text.done",
            mock_format(a, "%S,'text':%Q,'logprobs':[]", at, said->text));
  put_event(r, number, "content_part.done",
            mock_format(a,
                        "%S,'part':{'type':'output_text','text':%Q,"
                        "'annotations':[]}",
                        at, said->text));
  put_event(r, number, "output_item.done",
            mock_format(a, "'output_index':0,'item':%S",
                        message_item(r, said, "completed")));
}

static void send_call(mock_request *r, size_t *number, const mock_call *c,
                      size_t index) {
  mock_arena *a = &r->arena;
  put_event(r, number, "output_item.added",
            mock_format(a,
                        "'output_index':%z,'item':{'id':'fc_%S','call_id':%Q,"
                        "'name':%Q,'arguments':'','type':'function_call',"
                        "'status':'in_progress'}",
                        index, c->id, c->id, c->name));
  put_event(r, number, "function_call_arguments.delta",
            mock_format(a, "'item_id':'fc_%S','output_index':%z,'delta':%Q",
                        c->id, index, c->arguments));
  put_event(r, number, "function_call_arguments.done",
            mock_format(a, "'item_id':'fc_%S','output_index':%z,'arguments':%Q",
                        c->id, index, c->arguments));
  put_event(
      r, number, "output_item.done",
      mock_format(a, "'output_index':%z,'item':%S", index, call_item(r, c)));
}

/* }================================================================== */

static const char *status_of(const mock_said *said) {
  return said->finish[0] == 'l' ? "incomplete" : "completed";
}

/* {==================================================================
** Responses that a later request can go on from
** =================================================================== */

static void keep(mock_request *r, mock_str whole, mock_dialog *d,
                 const mock_said *said) {
  enum { MOST = 1024 * 1024 };
  mock_out o = {&r->arena, NULL, 0, 0};
  mock_outf(&o, "{'response':%S,'output':%Q,'messages':", whole, said->text);
  mock_dialog_write(&o, d);
  mock_out_text(&o, "}");
  if (o.n <= MOST)
    mock_store_put(&r->server->responses,
                   mock_format(&r->arena, "resp_%S", r->id), mock_out_str(&o));
}

static const mock_value *recall(mock_request *r, mock_str id) {
  mock_str kept = mock_store_get(&r->server->responses, id);
  const char *why;
  /* The tree points into what it was read from; the store may change. */
  return kept.s ? mock_tree(&r->arena, mock_str_copy(&r->arena, kept), &why)
                : NULL;
}

/* The dialog so far and the answer that ended it. */
static mock_value *messages_of(mock_request *r, const mock_value *kept) {
  mock_out o = {&r->arena, NULL, 0, 0};
  const mock_value *messages = mock_get(kept, "messages"), *m;
  const char *why;
  mock_out_text(&o, "[");
  for (m = messages ? messages->first : NULL; m; m = m->next) {
    mock_tree_write(&o, m);
    mock_out_text(&o, ",");
  }
  mock_outf(&o, "{'role':'assistant','content':%Q}]",
            mock_text(kept, "output"));
  return mock_tree(&r->arena, mock_out_str(&o), &why);
}

static void no_response(mock_request *r, mock_str id) {
  mock_fail(r, 400, "invalid_request_error", "previous_response_id",
            mock_format(&r->arena,
                        "litellm.BadRequestError: OpenAIException - Previous "
                        "response with id %a%S%a not found.",
                        id));
}

void mock_response(mock_request *r) {
  const mock_value *kept = recall(r, r->rest);
  if (kept)
    mock_tree_write(mock_answer_json(r), mock_get(kept, "response"));
  else
    mock_fail_detail(r, 404, "Not Found");
}

void mock_response_delete(mock_request *r) {
  if (mock_store_drop(&r->server->responses, r->rest))
    mock_outf(mock_answer_json(r),
              "{'id':%Q,'object':'response','deleted':true}", r->rest);
  else
    mock_fail_detail(r, 404, "Not Found");
}

/* }================================================================== */

static void answer_whole(mock_request *r, const mock_dialog *d,
                         const mock_said *said, mock_str whole) {
  mock_out_bytes(mock_answer_json(r), whole.s, whole.n);
  mock_count(r, d->tokens, said->tokens + said->reasoning_tokens);
  mock_charge(r, IN, OUT);
}

static void answer_stream(mock_request *r, const mock_said *said,
                          mock_str whole) {
  mock_str empty = mock_str_of("[]"), none = {NULL, 0}, begun;
  size_t number = 0, i;
  mock_answer_events(r);
  begun = mock_format(&r->arena, "'response':%S",
                      response(r, "in_progress", empty, none));
  put_event(r, &number, "created", begun);
  put_event(r, &number, "in_progress", begun);
  for (i = 0; i < said->n_calls; i++)
    send_call(r, &number, &said->calls[i], i);
  if (!said->n_calls) send_text(r, &number, said);
  put_event(r, &number, status_of(said),
            mock_format(&r->arena, "'response':%S", whole));
  mock_event(r, mock_str_of("[DONE]"));
}

static void answer(mock_request *r, const mock_value *earlier) {
  mock_dialog d = mock_dialog_of_responses(r, earlier);
  mock_said said = mock_say(r, &d, 0);
  mock_str whole = response(r, status_of(&said), output_of(r, &said),
                            usage_of(r, &d, &said));
  keep(r, whole, &d, &said);
  if (mock_truth(r->json, "stream"))
    answer_stream(r, &said, whole);
  else
    answer_whole(r, &d, &said, whole);
}

void mock_responses(mock_request *r) {
  mock_str previous = mock_text(r->json, "previous_response_id");
  const mock_value *kept = previous.s ? recall(r, previous) : NULL;
  if (!mock_get(r->json, "input"))
    mock_fail(r, 500, "None", "None",
              mock_str_of("aresponses() missing 1 required positional "
                          "argument: 'input'"));
  else if (previous.s && !kept)
    no_response(r, previous);
  else
    answer(r, kept ? messages_of(r, kept) : NULL);
}
