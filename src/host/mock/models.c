#include "request.h"

typedef struct model {
  const char *id, *mode;
} model;

/* Every name is served; these are the ones to try. */
static const model models[] = {
    {"gpt-4o", "chat"},
    {"gpt-4o-mini", "chat"},
    {"mock-reason", "chat"},
    {"gpt-3.5-turbo-instruct", "completion"},
    {"text-embedding-3-small", "embedding"},
    {"rerank-english-v3.0", "rerank"},
    {"gpt-image-1", "image_generation"},
    {"tts-1", "audio_speech"},
    {"whisper-1", "audio_transcription"},
    {"omni-moderation-latest", "moderation"},
    {"mock-429", "chat"},
    {"mock-500", "chat"},
    {"mock-cut", "chat"},
    {"mock-stall", "chat"},
    {"mock-error-event", "chat"},
};

static void write_model(mock_out *o, mock_str id, const char *mode) {
  mock_outf(o,
            "{'id':%Q,'object':'model','created':1677610602,"
            "'owned_by':'openai','mode':'%s'}",
            id, mode);
}

void mock_models(mock_request *r) {
  mock_out *o = mock_answer_json(r);
  size_t i;
  mock_out_text(o, "{\"data\":[");
  for (i = 0; i < sizeof models / sizeof *models; i++) {
    if (i) mock_out_text(o, ",");
    write_model(o, mock_str_of(models[i].id), models[i].mode);
  }
  mock_out_text(o, "],\"object\":\"list\"}");
}

void mock_model(mock_request *r) {
  size_t i;
  for (i = 0; i < sizeof models / sizeof *models; i++)
    if (mock_str_is(r->rest, models[i].id)) {
      write_model(mock_answer_json(r), r->rest, models[i].mode);
      return;
    }
  mock_outf(mock_answer_json(r), "{'detail':%Q}",
            mock_format(&r->arena,
                        "The model `%S` does not exist or is not accessible",
                        r->rest));
  r->reply.status = 404;
}

void mock_liveliness(mock_request *r) {
  mock_out_quoted(mock_answer_json(r), mock_str_of("I'm alive!"));
}

void mock_readiness(mock_request *r) {
  mock_outf(mock_answer_json(r), "{'status':'healthy','db':'Not connected'}");
}

void mock_health(mock_request *r) {
  mock_outf(mock_answer_json(r), "{'healthy_endpoints':[{'model':'mock'}],"
                                 "'unhealthy_endpoints':[],'healthy_count':1,"
                                 "'unhealthy_count':0}");
}

void mock_root(mock_request *r) {
  mock_out_text(mock_answer_as(r, "text/plain; charset=utf-8"),
                "litelua mock: an offline stand-in for a LiteLLM proxy.\n"
                "Try GET /v1/models, or POST /v1/chat/completions.\n");
}
