#include "server.h"

/* Faults that change what is sent, before it is sent. */

static mock_piece *piece_at(mock_request *r, long at) {
  mock_piece *piece = r->reply.pieces;
  while (piece && at-- > 0)
    piece = piece->next;
  return piece;
}

static long count_pieces(mock_request *r) {
  const mock_piece *piece;
  long n = 0;
  for (piece = r->reply.pieces; piece; piece = piece->next)
    n++;
  return n;
}

/* A count that the answer does not reach would be no fault at all. */
static void come_within(long *at, long pieces) {
  if (*at >= pieces) *at = pieces > 1 ? pieces - 1 : 1;
}

/* The proxy's words for a provider that fails after the stream has begun. */
static const char error_event[] =
    "data: {\"error\": {\"message\": \"litellm.APIConnectionError: "
    "APIConnectionError: OpenAIException - The server had an error while "
    "streaming.\", \"type\": null, \"param\": null, \"code\": \"500\"}}\n\n";

static const char bad_event[] = "data: {\"id\":\"chatcmpl-\",\"ch\n\n";

static mock_piece *put_event(mock_request *r, long at, const char *event) {
  mock_piece *piece = r->reply.paced ? piece_at(r, at) : NULL;
  if (piece) piece->bytes = mock_str_of(event);
  return piece;
}

/* Only with the responses API does the proxy send [DONE] behind it. */
static void put_error_event(mock_request *r) {
  mock_piece *piece = put_event(r, r->fault.error_event, error_event);
  if (!piece) return;
  piece->next = mock_str_has(r->path, "/responses") ? r->reply.last : NULL;
}

static void take_done_off(mock_request *r) {
  mock_piece *piece = r->reply.pieces;
  while (piece && piece->next) {
    if (mock_str_is(piece->next->bytes, "data: [DONE]\n\n")) {
      piece->next = NULL;
      return;
    }
    piece = piece->next;
  }
}

static mock_str all_bytes(mock_request *r) {
  mock_out all = {&r->arena, NULL, 0, 0};
  mock_piece *piece;
  if (!r->reply.pieces) return mock_out_str(&r->reply.body);
  for (piece = r->reply.pieces; piece; piece = piece->next)
    mock_out_bytes(&all, piece->bytes.s, piece->bytes.n);
  return mock_out_str(&all);
}

static void split_into(mock_request *r, size_t size) {
  mock_str all = all_bytes(r);
  size_t at;
  r->reply.pieces = r->reply.last = NULL;
  for (at = 0; at < all.n; at += size)
    mock_piece_add(r, mock_str_sub(all, at, at + size));
}

/* A whole answer that is to come slowly or not to its end has pieces too. */
void mock_distort(mock_request *r) {
  mock_fault *f = &r->fault;
  size_t half = r->reply.body.n / 2 + 1;
  if (f->no_done) take_done_off(r);
  come_within(&f->error_event, count_pieces(r));
  if (f->error_event >= 0) put_error_event(r);
  come_within(&f->bad_event, count_pieces(r));
  if (f->bad_event >= 0) put_event(r, f->bad_event, bad_event);
  if (f->split > 0)
    split_into(r, (size_t)f->split);
  else if (!r->reply.pieces && (f->cut >= 0 || f->stall >= 0 || f->slow >= 0))
    split_into(r, f->slow >= 0 ? r->reply.body.n / 8 + 1 : half);
  come_within(&f->cut, count_pieces(r));
  come_within(&f->stall, count_pieces(r));
}
