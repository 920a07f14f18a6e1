#ifndef MOCK_TREE_H
#define MOCK_TREE_H

#include "str.h"

/* A JSON document as a tree in an arena. */
typedef enum mock_type {
  MOCK_NULL,
  MOCK_BOOL,
  MOCK_NUMBER,
  MOCK_STRING,
  MOCK_ARRAY,
  MOCK_OBJECT
} mock_type;

typedef struct mock_value {
  mock_type type;
  size_t count; /* elements or members */
  double number;
  int truth, whole; /* a bool that is true; a number written as an integer */
  mock_str text;    /* of a string */
  mock_str name;    /* within an object */
  struct mock_value *first, *next;
} mock_value;

/* NULL when json is not a document, with the reason, one line. */
mock_value *mock_tree(mock_arena *a, mock_str json, const char **why);

/* The last member of that name, NULL when there is none, when it is null, or
 * when v is no object. v may be NULL here and below. */
const mock_value *mock_get(const mock_value *v, const char *name);
const mock_value *mock_get_str(const mock_value *v, mock_str name);

/* The value, or the member `name`, as a type; absent: s == NULL, or fallback */
mock_str mock_text_of(const mock_value *v);
mock_str mock_text(const mock_value *v, const char *name);
double mock_number(const mock_value *v, const char *name, double fallback);
int mock_truth(const mock_value *v, const char *name);
int mock_is(const mock_value *v, mock_type type);

/* v as compact JSON. */
struct mock_out;
void mock_tree_write(struct mock_out *o, const mock_value *v);

#endif
