#include <math.h>
#include <stdlib.h>

#include "bm25.h"
#include "embed.h"
#include "request.h"

enum { MOST_DOCUMENTS = 10000 };

typedef struct hit {
  size_t index;
  double score;
} hit;

/* A document is a string or an object, with its text under `text` or, if there
 * is none, in all its strings. */
static mock_str document_text(mock_request *r, const mock_value *document) {
  mock_out o = {&r->arena, NULL, 0, 0};
  const mock_value *m;
  if (document->type == MOCK_STRING) return document->text;
  if (mock_text(document, "text").s) return mock_text(document, "text");
  for (m = document->type == MOCK_OBJECT ? document->first : NULL; m;
       m = m->next)
    if (m->type == MOCK_STRING) mock_outf(&o, "%S ", m->text);
  return mock_out_str(&o);
}

static int by_score(const void *a, const void *b) {
  const hit *x = a, *y = b;
  if (x->score != y->score) return x->score < y->score ? 1 : -1;
  return x->index < y->index ? -1 : x->index > y->index;
}

/* BM25 squashed to 0..1, and a little of the embedding's nearness, so that
 * documents without a word in common are still told apart. */
static hit *rank(mock_request *r, mock_str query, const mock_str *texts,
                 size_t n) {
  mock_arena *a = &r->arena;
  mock_words words = mock_words_of(a, mock_str_sub(query, 0, 4096));
  double *scores = mock_alloc_array(a, n + 1, sizeof *scores);
  hit *hits = mock_alloc_array(a, n + 1, sizeof *hits);
  float q[MOCK_EMBED_DEFAULT], v[MOCK_EMBED_DEFAULT];
  size_t i;
  mock_bm25(a, texts, n, &words, scores);
  mock_embed(a, query, q, MOCK_EMBED_DEFAULT);
  for (i = 0; i < n; i++) {
    double near;
    mock_embed(a, texts[i], v, MOCK_EMBED_DEFAULT);
    near = mock_embed_near(q, v, MOCK_EMBED_DEFAULT);
    hits[i].index = i;
    hits[i].score = 0.8 * (1 - exp(-scores[i])) + 0.2 * (near > 0 ? near : 0);
  }
  qsort(hits, n, sizeof *hits, by_score);
  return hits;
}

static size_t top_of(mock_request *r, size_t n) {
  double top = mock_number(r->json, "top_n", (double)n);
  return top >= 1 && top < (double)n ? (size_t)top : n;
}

static void answer(mock_request *r, mock_str query,
                   const mock_value *documents) {
  size_t i, n = documents->count, top = top_of(r, n), tokens = 0;
  mock_str *texts = mock_alloc_array(&r->arena, n + 1, sizeof *texts);
  const mock_value *document = documents->first;
  int show = mock_truth(r->json, "return_documents");
  mock_out *o = mock_answer_json(r);
  hit *hits;
  for (i = 0; i < n; i++, document = document->next) {
    texts[i] = document_text(r, document);
    tokens += mock_count_tokens(texts[i]);
  }
  hits = rank(r, query, texts, n);
  mock_outf(o, "{'id':'rerank-%S','results':[", r->id);
  for (i = 0; i < top; i++) {
    mock_outf(o, "%s{'index':%z,'relevance_score':%f", i ? "," : "",
              hits[i].index, hits[i].score);
    if (show) mock_outf(o, ",'document':{'text':%Q}", texts[hits[i].index]);
    mock_out_text(o, "}");
  }
  mock_outf(o, "],'meta':{'api_version':{'version':'2'},'billed_units':"
               "{'search_units':1},'tokens':{'input_tokens':0,"
               "'output_tokens':0}}");
  /* Where Jina's API counts, which a proxy may take this for. */
  if (r->for_proxy) mock_outf(o, ",'usage':{'total_tokens':%z}", tokens);
  mock_out_text(o, "}");
  r->reply.cost = 0.002;
}

static void missing(mock_request *r, const char *name) {
  mock_fail(r, 500, "None", "None",
            mock_format(&r->arena,
                        "arerank() missing 1 required positional argument: "
                        "%a%s%a",
                        name));
}

void mock_rerank(mock_request *r) {
  mock_str query = mock_text(r->json, "query");
  const mock_value *documents = mock_get(r->json, "documents");
  if (!query.s)
    missing(r, "query");
  else if (!mock_is(documents, MOCK_ARRAY))
    missing(r, "documents");
  else if (documents->count > MOST_DOCUMENTS)
    mock_fail(r, 400, "invalid_request_error", "documents",
              mock_format(&r->arena,
                          "litellm.BadRequestError: %z documents are too "
                          "many, %d at most",
                          documents->count, MOST_DOCUMENTS));
  else
    answer(r, query, documents);
}
