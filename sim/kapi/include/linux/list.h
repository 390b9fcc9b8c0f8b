/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Doubly linked lists, circular, with the head outside. Not atomic: the caller's locks protect them. The
 * kernel marks what list_empty() without a lock may meet, and so does this.
 */
#ifndef _LINUX_LIST_H
#define _LINUX_LIST_H

#include <linux/compiler.h>
#include <linux/container_of.h>
#include <linux/poison.h>
#include <linux/types.h>

#define LIST_HEAD_INIT(name) { &(name), &(name) }
#define LIST_HEAD(name) struct list_head name = LIST_HEAD_INIT(name)

static inline void INIT_LIST_HEAD(struct list_head *list)
{
	__WRITE_ONCE(list->prev, list);
	__WRITE_ONCE(list->next, list);
}

static inline void __list_join(struct list_head *prev, struct list_head *next)
{
	__WRITE_ONCE(prev->next, next);
	next->prev = prev;
}

static inline void __list_put_between(struct list_head *entry, struct list_head *prev, struct list_head *next)
{
	__list_join(prev, entry);
	__list_join(entry, next);
}

static inline void list_add(struct list_head *entry, struct list_head *head)
{
	__list_put_between(entry, head, head->next);
}

static inline void list_add_tail(struct list_head *entry, struct list_head *head)
{
	__list_put_between(entry, head->prev, head);
}

/* The entry's pointers are poisoned: a second list_del() faults. */
static inline void list_del(struct list_head *entry)
{
	__list_join(entry->prev, entry->next);
	entry->next = LIST_POISON1;
	entry->prev = LIST_POISON2;
}

static inline void list_del_init(struct list_head *entry)
{
	__list_join(entry->prev, entry->next);
	INIT_LIST_HEAD(entry);
}

static inline void list_replace(struct list_head *old, struct list_head *entry)
{
	__list_put_between(entry, old->prev, old->next);
}

static inline void list_move(struct list_head *entry, struct list_head *head)
{
	__list_join(entry->prev, entry->next);
	list_add(entry, head);
}

static inline void list_move_tail(struct list_head *entry, struct list_head *head)
{
	__list_join(entry->prev, entry->next);
	list_add_tail(entry, head);
}

static inline int list_empty(const struct list_head *head)
{
	return __READ_ONCE(head->next) == head;
}

static inline int list_is_singular(const struct list_head *head)
{
	return head->next != head && head->next == head->prev;
}

static inline int list_is_last(const struct list_head *entry, const struct list_head *head)
{
	return entry->next == head;
}

static inline int list_is_first(const struct list_head *entry, const struct list_head *head)
{
	return entry->prev == head;
}

static inline void __list_put_all_between(struct list_head *list, struct list_head *prev, struct list_head *next)
{
	if (list_empty(list))
		return;
	__list_join(list->prev, next);
	__list_join(prev, list->next);
}

static inline void list_splice(struct list_head *list, struct list_head *head)
{
	__list_put_all_between(list, head, head->next);
}

static inline void list_splice_tail(struct list_head *list, struct list_head *head)
{
	__list_put_all_between(list, head->prev, head);
}

static inline void list_splice_init(struct list_head *list, struct list_head *head)
{
	list_splice(list, head);
	INIT_LIST_HEAD(list);
}

static inline void list_splice_tail_init(struct list_head *list, struct list_head *head)
{
	list_splice_tail(list, head);
	INIT_LIST_HEAD(list);
}

static inline size_t list_count_nodes(struct list_head *head)
{
	size_t nr = 0;

	for (struct list_head *pos = head->next; pos != head; pos = pos->next)
		nr++;
	return nr;
}

#define list_entry(ptr, type, member) container_of(ptr, type, member)
#define list_first_entry(head, type, member) list_entry((head)->next, type, member)
#define list_last_entry(head, type, member) list_entry((head)->prev, type, member)
#define list_first_entry_or_null(head, type, member)                                                                   \
	(list_empty(head) ? NULL : list_first_entry(head, type, member))
#define list_next_entry(pos, member) list_entry((pos)->member.next, typeof(*(pos)), member)
#define list_prev_entry(pos, member) list_entry((pos)->member.prev, typeof(*(pos)), member)
#define list_entry_is_head(pos, head, member) (&(pos)->member == (head))

#define list_for_each(pos, head) for ((pos) = (head)->next; (pos) != (head); (pos) = (pos)->next)
#define list_for_each_safe(pos, n, head)                                                                               \
	for ((pos) = (head)->next, (n) = (pos)->next; (pos) != (head); (pos) = (n), (n) = (pos)->next)
#define list_for_each_entry(pos, head, member)                                                                         \
	for ((pos) = list_first_entry(head, typeof(*(pos)), member); !list_entry_is_head(pos, head, member);           \
	     (pos) = list_next_entry(pos, member))
#define list_for_each_entry_reverse(pos, head, member)                                                                 \
	for ((pos) = list_last_entry(head, typeof(*(pos)), member); !list_entry_is_head(pos, head, member);            \
	     (pos) = list_prev_entry(pos, member))
#define list_for_each_entry_continue(pos, head, member)                                                                \
	for ((pos) = list_next_entry(pos, member); !list_entry_is_head(pos, head, member);                             \
	     (pos) = list_next_entry(pos, member))
#define list_for_each_entry_continue_reverse(pos, head, member)                                                        \
	for ((pos) = list_prev_entry(pos, member); !list_entry_is_head(pos, head, member);                             \
	     (pos) = list_prev_entry(pos, member))
#define list_for_each_entry_from(pos, head, member)                                                                    \
	for (; !list_entry_is_head(pos, head, member); (pos) = list_next_entry(pos, member))
#define list_for_each_entry_safe(pos, n, head, member)                                                                 \
	for ((pos) = list_first_entry(head, typeof(*(pos)), member), (n) = list_next_entry(pos, member);               \
	     !list_entry_is_head(pos, head, member); (pos) = (n), (n) = list_next_entry(n, member))
#define list_for_each_entry_safe_reverse(pos, n, head, member)                                                         \
	for ((pos) = list_last_entry(head, typeof(*(pos)), member), (n) = list_prev_entry(pos, member);                \
	     !list_entry_is_head(pos, head, member); (pos) = (n), (n) = list_prev_entry(n, member))
#define list_for_each_entry_rcu(pos, head, member, ...) list_for_each_entry(pos, head, member)
#define list_add_rcu(entry, head) list_add(entry, head)
#define list_add_tail_rcu(entry, head) list_add_tail(entry, head)
/* Readers may still stand on it: only the back pointer is poisoned. */
#define list_del_rcu(entry) do { struct list_head *__del = (entry);                                                    \
	__list_join(__del->prev, __del->next); __del->prev = LIST_POISON2; } while (0)

#define HLIST_HEAD_INIT { .first = NULL }
#define INIT_HLIST_HEAD(head) ((head)->first = NULL)
#define hlist_entry(ptr, type, member) container_of(ptr, type, member)
#define hlist_entry_safe(ptr, type, member) ({ typeof(ptr) __ptr = (ptr);                                              \
	__ptr ? hlist_entry(__ptr, type, member) : NULL; })
#define hlist_for_each_entry(pos, head, member)                                                                        \
	for ((pos) = hlist_entry_safe((head)->first, typeof(*(pos)), member); pos;                                     \
	     (pos) = hlist_entry_safe((pos)->member.next, typeof(*(pos)), member))

static inline int hlist_empty(const struct hlist_head *head)
{
	return !head->first;
}

static inline void hlist_add_head(struct hlist_node *node, struct hlist_head *head)
{
	node->next = head->first;
	node->pprev = &head->first;
	if (node->next)
		node->next->pprev = &node->next;
	head->first = node;
}

static inline void hlist_del(struct hlist_node *node)
{
	*node->pprev = node->next;
	if (node->next)
		node->next->pprev = node->pprev;
	node->next = LIST_POISON1;
	node->pprev = LIST_POISON2;
}

#endif
