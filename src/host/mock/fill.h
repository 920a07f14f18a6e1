#ifndef MOCK_FILL_H
#define MOCK_FILL_H

#include "find.h"
#include "out.h"
#include "tree.h"

/* Writes JSON that fits a JSON schema, with values found in the text; `answer`
 * goes where the schema asks for an answer or a summary. With `sparse`, members
 * that are not required are left out unless the text has a value for them. */
void mock_fill(mock_out *o, const mock_value *schema, mock_str text,
               mock_str answer, int sparse);

#endif
