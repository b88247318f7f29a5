#include "pool.h"

#include <stdlib.h>

#include "array.h"
#include "process.h"

/* More transfers than this are not kept for later. */
enum { MOST_IDLE = 256 };

/* ---- lists ---- */

void aic_pool_move(transfer *t, transfer_list *to) {
  if (t->list != NULL) {
    *(t->previous != NULL ? &t->previous->next : &t->list->first) = t->next;
    *(t->next != NULL ? &t->next->previous : &t->list->last) = t->previous;
    t->list->count--;
  }
  t->list = to;
  t->previous = t->next = NULL;
  if (to == NULL) return;
  t->previous = to->last;
  *(to->last != NULL ? &to->last->next : &to->first) = t;
  to->last = t;
  to->count++;
}

static void end_all(pool *p, void (*end)(transfer *)) {
  transfer_list *const lists[] = {&p->running, &p->finished, &p->delivered, &p->idle};
  for (size_t i = 0; i < COUNT(lists); i++) {
    while (lists[i]->first != NULL) end(lists[i]->first);
  }
}

/* ---- a transfer's end ---- */

static void detach(transfer *t) {
  if (t->handle != NULL) *t->handle = NULL;
  t->handle = NULL;
}

static void leave_libcurl(transfer *t) {
  if (t->list == &t->pool->running) aic_multi_remove(&t->pool->multi, t->exchange.easy);
}

/* In a forked child, where libcurl must not be called. */
static void forget(transfer *t) {
  detach(t);
  aic_pool_move(t, NULL);
  aic_exchange_forget(&t->exchange);
  free(t);
}

static void end(transfer *t) {
  leave_libcurl(t);
  aic_exchange_free(&t->exchange);
  forget(t);
}

void aic_pool_release(transfer *t) {
  pool *p = t->pool;
  detach(t);
  leave_libcurl(t);
  if (p->closed || p->idle.count >= MOST_IDLE) {
    end(t);
    return;
  }
  t->finished = t->read = t->announced = false;
  aic_exchange_clear(&t->exchange);
  aic_pool_move(t, &p->idle);
}

/* ---- opening, forking, closing ---- */

void aic_pool_leave_parent(pool *p) {
  if (p->owner == 0 || p->owner == aic_process_id()) return;
  end_all(p, forget);
  aic_multi_abandon(&p->multi);
  p->owner = 0;
}

void aic_pool_close(pool *p) {
  p->closed = true;
  aic_pool_leave_parent(p);
  end_all(p, end);
  aic_multi_close(&p->multi);
  p->owner = 0;
}

const char *aic_pool_open(pool *p) {
  if (p->closed) return "the session is closed";
  aic_pool_leave_parent(p);
  if (p->owner != 0) return NULL;
  const char *trouble =
      aic_multi_open(&p->multi, (long)p->config->max_connections, p->config->secure);
  if (trouble == NULL) p->owner = aic_process_id();
  return trouble;
}

/* ---- a transfer's beginning ---- */

static transfer *new_transfer(pool *p) {
  transfer *t = calloc(1, sizeof *t);
  if (t == NULL) return NULL;
  t->pool = p;
  if (aic_exchange_open(&t->exchange, p->config) &&
      aic_multi_serve(&p->multi, t->exchange.easy, t)) {
    return t;
  }
  end(t);
  return NULL;
}

const char *aic_pool_start(pool *p, const request *built, transfer **handle, bool announced) {
  const char *trouble = aic_pool_open(p);
  if (trouble != NULL) return trouble;
  transfer *t = p->idle.first != NULL ? p->idle.first : new_transfer(p);
  if (t == NULL) return "out of memory";
  aic_pool_move(t, &p->delivered);
  t->handle = handle;
  *handle = t;
  t->announced = announced;
  if (!aic_exchange_prepare(&t->exchange, built) || !aic_multi_add(&p->multi, t->exchange.easy)) {
    end(t);
    return "out of memory";
  }
  aic_pool_move(t, &p->running);
  return NULL;
}

/* ---- acting ---- */

static void on_done(void *data, CURLcode outcome) {
  transfer *t = data;
  t->exchange.outcome = outcome;
  t->finished = true;
  aic_pool_move(t, t->announced ? &t->pool->finished : &t->pool->delivered);
}

/* If libcurl failed as a whole, no transfer goes on, as it could go on for ever. */
static void conclude(pool *p, bool fine) {
  while (!fine && p->running.first != NULL) {
    aic_multi_remove(&p->multi, p->running.first->exchange.easy);
    on_done(p->running.first, CURLE_OUT_OF_MEMORY);
  }
}

void aic_pool_announce(pool *p) {
  if (p->finished.first != NULL) aic_pollset_wake(&p->multi.sockets);
}

void aic_pool_kick(pool *p) {
  conclude(p, aic_multi_kick(&p->multi, on_done));
  aic_pool_announce(p);
}

void aic_pool_act(pool *p, int most_ms) {
  conclude(p, aic_multi_act(&p->multi, most_ms, on_done));
  aic_pool_announce(p); /* a blocking call may end other transfers, too */
}

void aic_pool_step(pool *p) { conclude(p, aic_multi_act(&p->multi, 0, on_done)); }
