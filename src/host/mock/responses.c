#include "say.h"
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
            "'max_output_tokens':null,'previous_response_id':null,"
            "'reasoning':{'effort':null,'summary':null},'status':'%s',"
            "'text':{'format':{'type':'text'}},'truncation':'disabled',"
            "'usage':%s%S,'user':null,'store':true}",
            r->model, output, status, usage.s ? "" : "null", usage);
  return mock_out_str(&o);
}

/* {==================================================================
** Events. Each has a number, and, as the proxy adds it, the model.
** =================================================================== */

static void send(mock_request *r, size_t *number, const char *type,
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
  send(r, number, "output_item.added",
       mock_format(a,
                   "'output_index':0,'item':{'type':'message','id':'msg_%S',"
                   "'status':'in_progress','role':'assistant','content':[]}",
                   r->id));
  send(r, number, "content_part.added",
       mock_format(a,
                   "%S,'part':{'type':'output_text','text':'',"
                   "'annotations':[]}",
                   at));
  while (rest.n)
    send(r, number, "output_text.delta",
         mock_format(a, "%S,'delta':%Q,'logprobs':[]", at,
                     mock_next_piece(&rest)));
  send(r, number, "output_text.done",
       mock_format(a, "%S,'text':%Q,'logprobs':[]", at, said->text));
  send(r, number, "content_part.done",
       mock_format(a,
                   "%S,'part':{'type':'output_text','text':%Q,"
                   "'annotations':[]}",
                   at, said->text));
  send(r, number, "output_item.done",
       mock_format(a, "'output_index':0,'item':%S",
                   message_item(r, said, "completed")));
}

static void send_call(mock_request *r, size_t *number, const mock_call *c,
                      size_t index) {
  mock_arena *a = &r->arena;
  send(r, number, "output_item.added",
       mock_format(a,
                   "'output_index':%z,'item':{'id':'fc_%S','call_id':%Q,"
                   "'name':%Q,'arguments':'','type':'function_call',"
                   "'status':'in_progress'}",
                   index, c->id, c->id, c->name));
  send(r, number, "function_call_arguments.delta",
       mock_format(a, "'item_id':'fc_%S','output_index':%z,'delta':%Q", c->id,
                   index, c->arguments));
  send(r, number, "function_call_arguments.done",
       mock_format(a, "'item_id':'fc_%S','output_index':%z,'arguments':%Q",
                   c->id, index, c->arguments));
  send(r, number, "output_item.done",
       mock_format(a, "'output_index':%z,'item':%S", index, call_item(r, c)));
}

/* }================================================================== */

static const char *status_of(const mock_said *said) {
  return said->finish[0] == 'l' ? "incomplete" : "completed";
}

static void answer_stream(mock_request *r, const mock_dialog *d,
                          const mock_said *said) {
  mock_str empty = mock_str_of("[]"), none = {NULL, 0}, begun;
  size_t number = 0, i;
  mock_answer_events(r);
  begun = mock_format(&r->arena, "'response':%S",
                      response(r, "in_progress", empty, none));
  send(r, &number, "created", begun);
  send(r, &number, "in_progress", begun);
  for (i = 0; i < said->n_calls; i++)
    send_call(r, &number, &said->calls[i], i);
  if (!said->n_calls) send_text(r, &number, said);
  send(r, &number, status_of(said),
       mock_format(&r->arena, "'response':%S",
                   response(r, status_of(said), output_of(r, said),
                            usage_of(r, d, said))));
  mock_event(r, mock_str_of("[DONE]"));
}

void mock_responses(mock_request *r) {
  mock_dialog d;
  mock_said said;
  mock_str whole;
  if (!mock_get(r->json, "input")) {
    mock_fail(r, 500, "None", "None",
              mock_str_of("aresponses() missing 1 required positional "
                          "argument: 'input'"));
    return;
  }
  d = mock_dialog_of_responses(r);
  said = mock_say(r, &d, 0);
  if (mock_truth(r->json, "stream")) {
    answer_stream(r, &d, &said);
    return;
  }
  whole = response(r, status_of(&said), output_of(r, &said),
                   usage_of(r, &d, &said));
  mock_out_bytes(mock_answer_json(r), whole.s, whole.n);
  mock_count(r, d.tokens, said.tokens + said.reasoning_tokens);
  mock_charge(r, IN, OUT);
}
