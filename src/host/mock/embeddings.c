#include "../../core/base64.h"
#include "embed.h"
#include "request.h"
#include "text.h"

enum { MOST_INPUTS = 2048 };

static const double IN = 0.02; /* dollars for a million tokens */

static int is_token_ids(const mock_value *v) {
  return mock_is(v, MOCK_ARRAY) && mock_is(v->first, MOCK_NUMBER);
}

/* Each token id is a word of its own. */
static mock_str text_of(mock_request *r, const mock_value *input) {
  mock_out o = {&r->arena, NULL, 0, 0};
  const mock_value *id;
  if (input->type == MOCK_STRING) return input->text;
  for (id = is_token_ids(input) ? input->first : NULL; id; id = id->next)
    mock_outf(&o, "t%i ", id->number);
  return mock_out_str(&o);
}

static void write_floats(mock_out *o, const float *v, size_t dim) {
  size_t i;
  mock_out_text(o, "[");
  for (i = 0; i < dim; i++)
    mock_outf(o, "%s%f", i ? "," : "", (double)v[i]);
  mock_out_text(o, "]");
}

/* float32, little-endian whatever the machine. */
static void write_base64(mock_out *o, const float *v, size_t dim) {
  unsigned char *bytes = mock_alloc(o->arena, dim * 4);
  size_t i, n = ll_base64_encoded_size(dim * 4);
  for (i = 0; i < dim; i++) {
    union {
      float f;
      uint32_t u;
    } x;
    x.f = v[i];
    bytes[i * 4] = (unsigned char)x.u;
    bytes[i * 4 + 1] = (unsigned char)(x.u >> 8);
    bytes[i * 4 + 2] = (unsigned char)(x.u >> 16);
    bytes[i * 4 + 3] = (unsigned char)(x.u >> 24);
  }
  mock_out_text(o, "\"");
  ll_base64_encode(mock_out_room(o, n), bytes, dim * 4);
  o->n += n;
  mock_out_text(o, "\"");
}

static void write_one(mock_request *r, mock_out *o, mock_str text, size_t dim,
                      size_t index) {
  mock_str format = mock_text(r->json, "encoding_format");
  float *v = mock_alloc_array(&r->arena, dim, sizeof *v);
  mock_embed(&r->arena, text, v, dim);
  mock_outf(o, "%s{'embedding':", index ? "," : "");
  if (format.s && mock_str_is(format, "base64"))
    write_base64(o, v, dim);
  else
    write_floats(o, v, dim);
  mock_outf(o, ",'index':%z,'object':'embedding'}", index);
}

static void answer(mock_request *r, const mock_value *first, size_t n,
                   size_t dim) {
  mock_out *o = mock_answer_json(r);
  const mock_value *input = first;
  size_t i, tokens = 0;
  mock_outf(o, "{'model':%Q,'data':[", r->model);
  for (i = 0; i < n; i++, input = input->next) {
    mock_str text = text_of(r, input);
    write_one(r, o, text, dim, i);
    tokens += mock_count_tokens(text);
  }
  mock_outf(o,
            "],'object':'list','usage':{'completion_tokens':0,"
            "'prompt_tokens':%z,'total_tokens':%z,"
            "'completion_tokens_details':null,'prompt_tokens_details':null}}",
            tokens, tokens);
  mock_count(r, tokens, 0);
  mock_charge(r, IN, 0);
}

void mock_embeddings(mock_request *r) {
  const mock_value *input = mock_get(r->json, "input");
  double dim = mock_number(r->json, "dimensions", MOCK_EMBED_DEFAULT);
  int single = mock_is(input, MOCK_STRING) || is_token_ids(input);
  if (!single && !mock_is(input, MOCK_ARRAY))
    mock_fail(r, 400, "invalid_request_error", "input",
              mock_str_of("/embeddings: Missing required parameter: "
                          "'input'."));
  else if (dim < 1 || dim > MOCK_EMBED_MAX)
    mock_fail(r, 400, "invalid_request_error", "dimensions",
              mock_format(&r->arena,
                          "litellm.BadRequestError: dimensions must be from 1 "
                          "to %d",
                          MOCK_EMBED_MAX));
  else if (!single && input->count > MOST_INPUTS)
    mock_fail(r, 400, "invalid_request_error", "input",
              mock_format(&r->arena,
                          "litellm.BadRequestError: %z inputs are too many, "
                          "%d at most",
                          input->count, MOST_INPUTS));
  else
    answer(r, single ? input : input->first, single ? 1 : input->count,
           (size_t)dim);
}
