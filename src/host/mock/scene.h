#ifndef MOCK_SCENE_H
#define MOCK_SCENE_H

#include "canvas.h"

/* Draws a picture that the prompt's words make: its colours, sky, land and
 * things where it names some, shapes of its other words else. variant gives
 * another one for the same prompt. */
void mock_draw(mock_arena *a, mock_canvas *c, mock_str prompt,
               unsigned variant);

/* Changes the picture as the prompt says: colours, light, weather, things to
 * add, a frame. Where it says nothing known, the prompt's hash tints it. */
void mock_edit(mock_arena *a, mock_canvas *c, mock_str prompt);

/* The same picture in other colours, and for some variants mirrored. */
void mock_vary(mock_canvas *c, unsigned variant);

/* Adds the things that the prompt names: sun, boat, house. */
void mock_add_things(mock_canvas *c, mock_str prompt, uint64_t seed);

#endif
