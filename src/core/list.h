#ifndef LL_LIST_H
#define LL_LIST_H

#include <stddef.h>

/* A circular doubly linked list whose links live in its members. A list head
 * links to itself when it is empty; a member at rest has NULL links. */
typedef struct ll_link {
  struct ll_link *prev, *next;
} ll_link;

static inline void ll_list_init(ll_link *head) {
  head->prev = head->next = head;
}

static inline int ll_list_empty(const ll_link *head) {
  return head->next == head;
}

static inline void ll_list_append(ll_link *head, ll_link *l) {
  l->prev = head->prev;
  l->next = head;
  head->prev->next = l;
  head->prev = l;
}

static inline void ll_list_remove(ll_link *l) {
  if (!l->next) return;
  l->prev->next = l->next;
  l->next->prev = l->prev;
  l->prev = l->next = NULL;
}

#endif
