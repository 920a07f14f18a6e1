#include "say.h"

#include "text.h"

/* A greeting is one also when documents are there; a longer prompt with a
 * word of a greeting in it may well be a question about them. */
static mock_str plain_answer(mock_arena *a, const mock_dialog *d,
                             size_t choice) {
  enum { GREETING = 3, TALK = 7 };
  mock_str said = mock_say_pictures(a, d);
  if (!said.s) said = mock_say_exact(a, d->user);
  if (!said.s) said = mock_say_talk(d->user, GREETING);
  if (!said.s) said = mock_say_documents(a, d);
  if (!said.s) said = mock_say_talk(d->user, TALK);
  if (!said.s) said = mock_say_list(a, d->user, choice);
  if (!said.s) said = mock_say_history(a, d);
  if (!said.s) said = mock_say_prose(a, d->user, choice);
  if (!said.s) said = mock_say_anything(a, d->user);
  return said;
}

/* Choices behind the first begin differently, so that they can be told from
 * each other. */
static mock_str vary(mock_arena *a, mock_str text, int choice) {
  static const char *const fronts[] = {
      "In other words: ", "To put it shortly: ", "Once more: "};
  if (choice == 0) return text;
  return mock_format(a, "%s%S", fronts[(choice - 1) % 3], text);
}

static mock_str with_words(mock_arena *a, mock_str text, size_t words) {
  mock_out all = {a, NULL, 0, 0};
  mock_str rest = text;
  while (words-- > 0) {
    mock_str piece = mock_str_trim(mock_next_piece(&rest));
    mock_outf(&all, "%S ", piece);
    if (!rest.n) rest = text;
  }
  return mock_str_trim(mock_out_str(&all));
}

static void stop_at(mock_said *said, mock_str stop) {
  size_t at;
  if (!stop.n || stop.n > 64) return;
  for (at = 0; at + stop.n <= said->text.n; at++)
    if (mock_str_same(mock_str_sub(said->text, at, at + stop.n), stop)) {
      said->text = mock_str_sub(said->text, 0, at);
      return;
    }
}

static void honour_stop(mock_said *said, const mock_value *stop) {
  const mock_value *s;
  if (mock_is(stop, MOCK_STRING)) stop_at(said, stop->text);
  if (!mock_is(stop, MOCK_ARRAY)) return;
  for (s = stop->first; s; s = s->next)
    stop_at(said, mock_text_of(s));
}

static void honour_limit(mock_said *said, size_t limit) {
  mock_str rest = said->text;
  while (rest.n && said->tokens < limit) {
    mock_next_piece(&rest);
    said->tokens++;
  }
  if (!rest.n) return;
  said->text = mock_str_sub(said->text, 0, said->text.n - rest.n);
  said->text = mock_str_trim(said->text);
  said->finish = "length";
}

static void add_reasoning(mock_request *r, const mock_dialog *d,
                          mock_said *said) {
  mock_str question, context;
  mock_find_question(&r->arena, d, &question, &context);
  said->reasoning = mock_format(
      &r->arena, "The question is about %S. %s",
      mock_topic(&r->arena, question),
      context.n ? "I look for the sentences of the context that say so."
                : "There is no context, so I answer from the prompt alone.");
  said->reasoning_tokens = mock_count_tokens(said->reasoning);
}

static mock_str say_text(mock_request *r, const mock_dialog *d, int choice) {
  mock_arena *a = &r->arena;
  mock_str text = mock_say_results(a, d);
  if (!text.s) text = plain_answer(a, d, (size_t)choice);
  if (mock_wants_json(d)) return mock_say_json(a, d, text);
  text = vary(a, text, choice);
  if (r->fault.words >= 0) text = with_words(a, text, (size_t)r->fault.words);
  return text;
}

mock_said mock_say(mock_request *r, const mock_dialog *d, int choice) {
  mock_said said = {0};
  if (d->reasons) add_reasoning(r, d, &said);
  mock_say_calls(r, d, &said);
  if (said.n_calls) {
    said.finish = "tool_calls";
    said.tokens = 8 * said.n_calls;
    return said;
  }
  said.finish = "stop";
  said.text = say_text(r, d, choice);
  honour_stop(&said, d->stop);
  honour_limit(&said, d->limit);
  return said;
}
