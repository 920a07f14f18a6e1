#ifndef MOCK_FORM_H
#define MOCK_FORM_H

#include "str.h"

/* A body of multipart/form-data. */
typedef struct mock_part {
  mock_str name, data;
  mock_str filename; /* s == NULL: a text field */
  mock_str type;
  struct mock_part *next;
} mock_part;

/* The parts in order, in `a`, their data within body; NULL when it has none. */
mock_part *mock_form_parse(mock_arena *a, mock_str content_type, mock_str body);

/* The first part of that name, "image" being "image[]" too, or NULL. To find
 * the one behind it, search from part->next. */
const mock_part *mock_form_part(const mock_part *parts, const char *name);
mock_str mock_form_text(const mock_part *parts, const char *name);
int mock_form_named(const mock_part *part, const char *name);

#endif
