#ifndef LL_PROCESS_H
#define LL_PROCESS_H

/* A number that a child of fork does not share with its parent. */
unsigned long ll_process(void);

#endif
