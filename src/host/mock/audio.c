#include <stdio.h>

#include "request.h"
#include "text.h"
#include "tones.h"

/* dollars: for a million characters spoken, for a second heard */
static const double SPOKEN = 15, HEARD = 0.0001;

/* {==================================================================
** Speech
** =================================================================== */

static void send_pieces(mock_request *r, mock_str bytes) {
  enum { PIECE = 8192 };
  size_t at;
  for (at = 0; at < bytes.n; at += PIECE)
    mock_piece_add(r, mock_str_sub(bytes, at, at + PIECE));
}

static void speak(mock_request *r, mock_str input) {
  mock_str voice = mock_text(r->json, "voice");
  mock_str format = mock_text(r->json, "response_format"), bytes;
  double speed = mock_number(r->json, "speed", 1);
  mock_sound sound = mock_speak(&r->arena, input, voice, speed);
  int pcm = format.s && mock_str_is(format, "pcm");
  bytes = mock_wav_encode(&r->arena, &sound);
  if (pcm) bytes = mock_str_sub(bytes, 44, bytes.n);
  mock_answer_as(r, pcm ? "audio/pcm" : "audio/wav");
  send_pieces(r, bytes);
  mock_count(r, input.n, 0);
  mock_charge(r, SPOKEN, 0);
}

void mock_speech(mock_request *r) {
  mock_str input = mock_text(r->json, "input");
  if (!input.s)
    mock_fail(r, 400, "invalid_request_error", "input",
              mock_str_of("/audio/speech: Missing required parameter: "
                          "'input'."));
  else if (input.n > MOCK_MOST_SPEECH)
    mock_fail(r, 400, "invalid_request_error", "input",
              mock_format(&r->arena,
                          "litellm.BadRequestError: OpenAIException - the "
                          "input has %z bytes, %d are allowed",
                          input.n, MOCK_MOST_SPEECH));
  else
    speak(r, input);
}

/* }================================================================== */

/* {==================================================================
** Transcription
** =================================================================== */

typedef struct heard {
  mock_str text;
  double seconds;
} heard;

static heard listen(mock_request *r, const mock_part *file) {
  mock_str type = file->type.n ? file->type : mock_str_of("audio");
  mock_sound sound;
  heard h = {{NULL, 0}, 0};
  if (mock_wav_decode(&r->arena, file->data, &sound)) {
    h.seconds = (double)sound.n / sound.rate;
    h.text = mock_listen(&r->arena, &sound);
  }
  if (!h.text.s)
    h.text = mock_format(&r->arena, "A recording of %z bytes, named %S, %S.",
                         file->data.n, file->filename, type);
  return h;
}

/* 00:00:01,500 */
static void write_time(mock_out *o, double seconds, char point) {
  char text[40];
  long ms = (long)(seconds * 1000 + 0.5);
  snprintf(text, sizeof text, "%02ld:%02ld:%02ld%c%03ld", ms / 3600000,
           ms / 60000 % 60, ms / 1000 % 60, point, ms % 1000);
  mock_out_text(o, text);
}

/* The sentences with the time that each takes of the whole. */
typedef struct segments {
  mock_sentences list;
  double each; /* seconds a byte */
} segments;

static segments segments_of(mock_request *r, const heard *h) {
  segments s = {mock_sentences_of(&r->arena, h->text), 0};
  if (h->text.n) s.each = h->seconds / (double)h->text.n;
  return s;
}

static void segment_times(const segments *s, const heard *h, size_t i,
                          double *start, double *end) {
  mock_str text = s->list.v[i].text;
  *start = (double)(text.s - h->text.s) * s->each;
  *end = *start + (double)text.n * s->each;
}

static mock_str subtitles(mock_request *r, const heard *h, int vtt) {
  segments s = segments_of(r, h);
  mock_out o = {&r->arena, NULL, 0, 0};
  char point = vtt ? '.' : ',';
  size_t i;
  if (vtt) mock_out_text(&o, "WEBVTT\n\n");
  for (i = 0; i < s.list.n; i++) {
    double start, end;
    segment_times(&s, h, i, &start, &end);
    if (!vtt) mock_outf(&o, "%z\n", i + 1);
    write_time(&o, start, point);
    mock_out_text(&o, " --> ");
    write_time(&o, end, point);
    mock_outf(&o, "\n%S\n\n", s.list.v[i].text);
  }
  return mock_out_str(&o);
}

static void write_words(mock_out *o, const heard *h, double each) {
  mock_str rest = h->text;
  int any = 0;
  while (rest.n) {
    double start = (double)(rest.s - h->text.s) * each;
    mock_str word = mock_str_trim(mock_next_piece(&rest));
    if (word.n)
      mock_outf(o, "%s{'word':%Q,'start':%f,'end':%f}", any++ ? "," : "", word,
                start, start + (double)word.n * each);
  }
}

static void write_segments(mock_out *o, const heard *h, const segments *s) {
  size_t i;
  for (i = 0; i < s->list.n; i++) {
    double start, end;
    segment_times(s, h, i, &start, &end);
    mock_outf(o,
              "%s{'id':%z,'seek':0,'start':%f,'end':%f,'text':%Q,"
              "'tokens':[],'temperature':0.0,'avg_logprob':-0.1,"
              "'compression_ratio':1.0,'no_speech_prob':0.0}",
              i ? "," : "", i, start, end, s->list.v[i].text);
  }
}

static void answer_verbose(mock_request *r, const heard *h, const char *task) {
  mock_str language = mock_form_text(r->form, "language");
  segments s = segments_of(r, h);
  mock_out *o = mock_answer_json(r);
  mock_outf(o,
            "{'task':'%s','language':%Q,'duration':%f,'text':%Q,"
            "'segments':[",
            task, language.n ? language : mock_str_of("english"), h->seconds,
            h->text);
  write_segments(o, h, &s);
  mock_out_text(o, "],\"words\":[");
  write_words(o, h, s.each);
  mock_out_text(o, "]}");
}

static void answer_json(mock_request *r, const heard *h) {
  size_t in = (size_t)(h->seconds * 10), out = mock_count_tokens(h->text);
  mock_outf(mock_answer_json(r),
            "{'text':%Q,'usage':{'type':'tokens','input_tokens':%z,"
            "'output_tokens':%z,'total_tokens':%z,'input_token_details':"
            "{'text_tokens':0,'audio_tokens':%z}}}",
            h->text, in, out, in + out, in);
}

/* The proxy puts every text into JSON. When it asks itself, it expects the
 * text that a provider answers with. */
static void answer_text(mock_request *r, mock_str text) {
  if (r->for_proxy)
    mock_outf(mock_answer_as(r, "text/plain; charset=utf-8"), "%S", text);
  else
    mock_outf(mock_answer_json(r), "{'text':%Q,'usage':null}", text);
}

static void transcribe(mock_request *r, const char *task) {
  const mock_part *file = mock_form_part(r->form, "file");
  mock_str format = mock_form_text(r->form, "response_format");
  heard h;
  if (!file || !file->filename.s) {
    mock_out_text(mock_answer_json(r),
                  "{\"detail\":[{\"type\":\"missing\",\"loc\":[\"body\","
                  "\"file\"],\"msg\":\"Field required\",\"input\":null}]}");
    r->reply.status = 422;
    return;
  }
  h = listen(r, file);
  if (mock_str_is(format, "json"))
    answer_json(r, &h);
  else if (mock_str_is(format, "text"))
    answer_text(r, mock_format(&r->arena, "%S\n", h.text));
  else if (mock_str_is(format, "srt") || mock_str_is(format, "vtt"))
    answer_text(r, subtitles(r, &h, mock_str_is(format, "vtt")));
  else
    answer_verbose(r, &h, task);
  r->reply.cost = h.seconds * HEARD;
}

void mock_transcriptions(mock_request *r) {
  transcribe(r, "transcribe");
}

void mock_translations(mock_request *r) {
  transcribe(r, "translate");
}

/* }================================================================== */
