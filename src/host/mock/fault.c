#include "fault.h"

#include <ctype.h>
#include <string.h>

#include "request.h"

typedef struct failure {
  const char *name;
  int status;
  const char *type, *param, *message;
} failure;

/* Worded as the proxy passes on a provider's failure. */
static const failure failures[] = {
    {"400", 400, "invalid_request_error", "temperature",
     "litellm.BadRequestError: OpenAIException - Unsupported value: "
     "'temperature'."},
    {"401", 401, NULL, NULL,
     "litellm.AuthenticationError: AuthenticationError: OpenAIException - "
     "Incorrect API key provided."},
    {"403", 403, NULL, NULL,
     "litellm.PermissionDeniedError: PermissionDeniedError: OpenAIException - "
     "This key may not use the model."},
    {"404", 404, NULL, NULL,
     "litellm.NotFoundError: OpenAIException - The model does not exist."},
    {"408", 408, NULL, NULL,
     "litellm.Timeout: APITimeoutError - Request timed out."},
    {"413", 413, "invalid_request_error", NULL,
     "litellm.BadRequestError: OpenAIException - Request too large."},
    {"422", 422, "invalid_request_error", NULL,
     "litellm.BadRequestError: OpenAIException - Unprocessable."},
    {"429", 429, "throttling_error", NULL,
     "litellm.RateLimitError: RateLimitError: OpenAIException - Rate limit "
     "reached."},
    {"500", 500, NULL, NULL,
     "litellm.InternalServerError: InternalServerError: OpenAIException - The "
     "server had an error while processing your request."},
    {"502", 502, NULL, NULL,
     "litellm.BadGatewayError: BadGatewayError: OpenAIException - Bad "
     "gateway."},
    {"503", 503, NULL, NULL,
     "litellm.ServiceUnavailableError: ServiceUnavailableError: "
     "OpenAIException - The engine is currently overloaded, please try again "
     "later."},
    {"529", 529, NULL, NULL,
     "litellm.APIError: APIError: OpenAIException - Overloaded."},
    {"context", 400, NULL, NULL,
     "litellm.ContextWindowExceededError: litellm.BadRequestError: "
     "ContextWindowExceededError: OpenAIException - This model's maximum "
     "context length is 4097 tokens. However, your messages resulted in 9999 "
     "tokens."},
    {"content-filter", 400, "invalid_request_error", "prompt",
     "litellm.BadRequestError: litellm.ContentPolicyViolationError: "
     "OpenAIException - The response was filtered due to the prompt "
     "triggering our content management policy."},
    {"budget", 429, "budget_exceeded", NULL,
     "Budget has been exceeded! Current cost: 1.0, Max budget: 1e-05"},
    {"expired-key", 401, "expired_key", "key",
     "Authentication Error - Expired Key."},
};

/* Answers that are no error of the proxy's at all. */
static const failure oddities[] = {
    {"html", 502, "text/html", NULL,
     "<html><body><h1>502 Bad Gateway</h1></body></html>\n"},
    {"login", 200, "text/html", NULL,
     "<html><body><h1>Log in to the network</h1></body></html>\n"},
    {"bad-json", 200, "application/json", NULL, "{\"id\":\"chatcmpl-\",\"ch"},
    {"empty", 200, "application/json", NULL, ""},
};

static const failure *find_failure(const failure *list, size_t n,
                                   mock_str name) {
  size_t i;
  for (i = 0; i < n; i++)
    if (mock_str_is(name, list[i].name)) return &list[i];
  return NULL;
}

#define FIND(list, name) find_failure(list, sizeof list / sizeof *list, name)

void mock_fault_clear(mock_fault *f) {
  memset(f, 0, sizeof *f);
  f->slow = -1;
  f->cut = f->stall = f->split = f->words = -1;
  f->error_event = f->bad_event = -1;
}

static int is_status(mock_str s) {
  return (s.n == 3 && s.s[0] >= '4' && s.s[0] <= '5' &&
          isdigit((unsigned char)s.s[1]) && isdigit((unsigned char)s.s[2])) ||
         FIND(failures, s) || FIND(oddities, s);
}

static int set_number(mock_fault *f, mock_str name, double value) {
  long count = value < 0 || value > 1e8 ? 0 : (long)value;
  if (mock_str_is(name, "times"))
    f->times = count;
  else if (mock_str_is(name, "cut"))
    f->cut = count;
  else if (mock_str_is(name, "stall"))
    f->stall = count;
  else if (mock_str_is(name, "error-event"))
    f->error_event = count;
  else if (mock_str_is(name, "bad-event"))
    f->bad_event = count;
  else if (mock_str_is(name, "split"))
    f->split = count ? count : 1;
  else if (mock_str_is(name, "words"))
    f->words = count;
  else if (mock_str_is(name, "delay"))
    f->delay = value;
  else if (mock_str_is(name, "slow"))
    f->slow = value;
  else
    return 0;
  return 1;
}

static double usual(mock_str name) {
  if (mock_str_is(name, "slow")) return 0.2;
  return mock_str_is(name, "delay") || mock_str_is(name, "split") ? 1 : 3;
}

static int set_item(mock_fault *f, mock_str name, mock_str value) {
  if (mock_str_is(name, "status")) {
    if (!is_status(value)) return 0;
    f->status = value;
  } else if (is_status(name)) {
    f->status = name;
  } else if (mock_str_is(name, "retry-after")) {
    f->retry_after = value;
  } else if (mock_str_is(name, "reset")) {
    f->reset = 1;
    f->cut = (long)mock_str_number(value, 0);
  } else if (mock_str_is(name, "no-done")) {
    f->no_done = 1;
  } else {
    return set_number(f, name, mock_str_number(value, usual(name)));
  }
  return 1;
}

/* Where the name ends: at "=", or where letters turn into digits. */
static size_t name_length(mock_str item) {
  size_t i = 0;
  while (i < item.n && !isdigit((unsigned char)item.s[i]) && item.s[i] != '=')
    i++;
  return i;
}

/* "429x2" is the first two times only. */
static mock_str take_times(mock_fault *f, mock_str item) {
  size_t i = item.n;
  while (i && isdigit((unsigned char)item.s[i - 1]))
    i--;
  if (i < 2 || i == item.n || item.s[i - 1] != 'x') return item;
  f->times = (long)mock_str_number(mock_str_sub(item, i, item.n), 0);
  return mock_str_sub(item, 0, i - 1);
}

static int read_item(mock_fault *f, mock_str item) {
  mock_str value;
  size_t n;
  item = take_times(f, item);
  if (is_status(item)) return set_item(f, item, item);
  n = name_length(item);
  value = mock_str_sub(item, n, item.n);
  if (value.n && value.s[0] == '=')
    value = mock_str_trim(mock_str_sub(value, 1, value.n));
  return set_item(f, mock_str_trim(mock_str_sub(item, 0, n)), value);
}

static mock_str next_item(mock_str *text) {
  size_t i = 0;
  mock_str item;
  while (i < text->n && !strchr(";,&+", text->s[i]))
    i++;
  item = mock_str_trim(mock_str_sub(*text, 0, i));
  *text = mock_str_sub(*text, i + 1, text->n);
  return item;
}

int mock_fault_read(mock_fault *f, mock_str text, mock_str *bad) {
  while (text.n) {
    mock_str item = next_item(&text);
    if (item.n && !read_item(f, item)) {
      *bad = item;
      return 0;
    }
  }
  return 1;
}

void mock_fault_read_model(mock_fault *f, mock_str model) {
  size_t at = mock_str_find(model, "mock-", 0);
  mock_fault asked = *f;
  mock_str bad;
  if (at == model.n || (at && isalnum((unsigned char)model.s[at - 1]))) return;
  if (mock_fault_read(&asked, mock_str_sub(model, at + 5, model.n), &bad))
    *f = asked;
}

/* A proxy that asks is told what a provider would say, and words it itself. */
static void answer_failure(mock_request *r, const failure *x) {
  mock_str text = mock_str_of(x->message);
  size_t at = mock_str_find(text, "OpenAIException - ", 0);
  if (at < text.n && r->for_proxy)
    text = mock_str_sub(text, at + strlen("OpenAIException - "), text.n);
  else if (at < text.n)
    text = mock_format(&r->arena,
                       "%S. Received Model Group=%S\n"
                       "Available Model Group Fallbacks=None",
                       text, r->model);
  mock_fail(r, x->status, x->type, x->param, text);
}

void mock_fault_answer(mock_request *r) {
  const failure *x = FIND(failures, r->fault.status);
  if (x) {
    answer_failure(r, x);
  } else if ((x = FIND(oddities, r->fault.status)) != NULL) {
    mock_out_text(mock_answer_as(r, x->type), x->message);
    r->reply.status = x->status;
  } else {
    int status = (int)mock_str_number(r->fault.status, 500);
    mock_fail(r, status, NULL, NULL,
              mock_format(&r->arena,
                          "litellm.APIError: APIError: OpenAIException - "
                          "Error code: %d",
                          status));
  }
}
