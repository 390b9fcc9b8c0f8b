// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel API's state in a world, and what has no better place: WARN and BUG,
 * the log, strings.
 *
 * Locks that their definition initialised are the only objects that outlive a
 * world: they are regions of the world that uses them (sim/snapshot.h), and the next
 * one finds nothing of it. Two worlds at a time on two OS threads must not share one.
 */
#include <linux/bitmap.h>
#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "internal.h"

struct kapi_state *kapi_state_make(void)
{
	struct kapi_state *state = sim_outside_room();

	sim_outside_written();
	sim_slot_set(SIM_SLOT_KAPI, state, NULL);
	state->classes = sim_rare_zalloc(sizeof(*state->classes));
	INIT_LIST_HEAD(&state->actors);
	INIT_LIST_HEAD(&state->objects);
	INIT_LIST_HEAD(&state->sleepers);
	INIT_LIST_HEAD(&state->work);
	state->freed_last = &state->freed_first;
	state->rcu_last = &state->rcu_first;
	return state;
}

/* Last on the list, and so the one before it changes. */
static void list_actor(struct kapi_actor *actor)
{
	struct kapi_state *state = kapi_state_write();
	struct kapi_actor *last;

	if (!list_empty(&state->actors)) {
		last = list_last_entry(&state->actors, struct kapi_actor, all);
		if (last->actor)
			sim_stack_written(last->actor);
	}
	list_add_tail(&actor->all, &state->actors);
}

struct kapi_actor *kapi_actor_make(void)
{
	struct kapi_actor *actor = sim_actor_room();

	if (!actor)
		actor = sim_zalloc(sizeof(*actor));
	actor->held = actor->few;
	actor->max_held = ARRAY_SIZE(actor->few);
	actor->actor = sim_self();
	list_actor(actor);
	sim_current_front()->kapi = actor;
	return actor;
}

const char *kapi_self_name(void)
{
	return sim_self() ? sim_actor_name(sim_self()) : "outside";
}

const char *kapi_basename(const char *path)
{
	for (const char *at = path; *at; at++)
		if (*at == '/')
			path = at + 1;
	return path;
}

void kapi_warn(const char *file, int line, const char *text, bool once)
{
	char site[80];

	snprintf(site, sizeof(site), "%s:%d", kapi_basename(file), line);
	if (once)
		sim_warn_once(site, text);
	else
		sim_warn(site, text);
}

void kapi_bug(const char *file, int line, const char *text)
{
	sim_violate(VIOLATION_BUG, "%s at %s:%d: %s", kapi_self_name(), kapi_basename(file), line, text);
	sim_actor_abandon();
}

/* Makes room by forgetting whole messages from the oldest on. */
static void log_trim(struct kapi_state *state, size_t bytes)
{
	size_t drop = 0;

	while (state->log_bytes - drop + bytes >= KAPI_LOG_BYTES) {
		while (drop < state->log_bytes && state->log[drop] != '\n')
			drop++;
		drop++;
	}
	if (!drop)
		return;
	state->log_bytes -= drop;
	memmove(state->log, state->log + drop, state->log_bytes);
}

int _printk(const char *format, ...)
{
	struct kapi_state *state = kapi_state_write();
	char line[256];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(line, sizeof(line) - 1, format, args);
	va_end(args);
	if (len < 0)
		return 0;
	len = min(len, (int)sizeof(line) - 2);
	if (!len || line[len - 1] != '\n')
		line[len++] = '\n';
	if (!state->log)
		state->log = sim_alloc(KAPI_LOG_BYTES);
	log_trim(state, len);
	memcpy(state->log + state->log_bytes, line, len);
	state->log_bytes += len;
	state->log[state->log_bytes] = '\0';
	return len;
}

const char *kapi_log(void)
{
	const char *log = kapi_state()->log;

	return log ? log : "";
}

ssize_t kapi_strscpy(char *dst, const char *src, size_t size)
{
	size_t len = strnlen(src, size);

	if (!size)
		return -E2BIG;
	if (len == size) {
		memcpy(dst, src, size - 1);
		dst[size - 1] = '\0';
		return -E2BIG;
	}
	memcpy(dst, src, len + 1);
	return len;
}

void *memchr_inv(const void *s, int c, size_t n)
{
	const unsigned long pattern = (unsigned char)c * (~0UL / 0xff);
	const unsigned char *at = s;
	unsigned long word;

	for (; n >= sizeof(word); at += sizeof(word), n -= sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		if (word != pattern)
			break;
	}
	for (; n; at++, n--)
		if (*at != (unsigned char)c)
			return (void *)at;
	return NULL;
}

void *kapi_kmemdup(const void *src, size_t len, gfp_t gfp, const char *site)
{
	void *copy = kapi_kmalloc(len, gfp, site);

	return copy ? memcpy(copy, src, len) : NULL;
}

char *kapi_kstrdup(const char *s, gfp_t gfp, const char *site)
{
	return s ? kapi_kmemdup(s, strlen(s) + 1, gfp, site) : NULL;
}

char *kasprintf(gfp_t gfp, const char *format, ...)
{
	va_list args;
	char *buf;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	buf = kmalloc(len + 1, gfp);
	if (!buf)
		return NULL;
	va_start(args, format);
	vsnprintf(buf, len + 1, format, args);
	va_end(args);
	return buf;
}

static unsigned long find_bit(const unsigned long *addr, unsigned long size, unsigned long at, unsigned long flip)
{
	while (at < size) {
		unsigned long word = (addr[BIT_WORD(at)] ^ flip) >> (at % BITS_PER_LONG);

		if (word)
			return min(at + __ffs(word), size);
		at = (BIT_WORD(at) + 1) * BITS_PER_LONG;
	}
	return size;
}

unsigned long find_next_bit(const unsigned long *addr, unsigned long size, unsigned long offset)
{
	return find_bit(addr, size, offset, 0);
}

unsigned long find_next_zero_bit(const unsigned long *addr, unsigned long size, unsigned long offset)
{
	return find_bit(addr, size, offset, ~0UL);
}

/* The bits of the word that holds bit @at which lie in [@at, @end). */
static unsigned long mask_in_word(unsigned long at, unsigned long end)
{
	unsigned long in_word = min(end - at, BITS_PER_LONG - at % BITS_PER_LONG);

	return (~0UL >> (BITS_PER_LONG - in_word)) << (at % BITS_PER_LONG);
}

void bitmap_set(unsigned long *map, unsigned int start, unsigned int nbits)
{
	unsigned long end = (unsigned long)start + nbits;

	for (unsigned long at = start; at < end; at = (BIT_WORD(at) + 1) * BITS_PER_LONG)
		map[BIT_WORD(at)] |= mask_in_word(at, end);
}

void bitmap_clear(unsigned long *map, unsigned int start, unsigned int nbits)
{
	unsigned long end = (unsigned long)start + nbits;

	for (unsigned long at = start; at < end; at = (BIT_WORD(at) + 1) * BITS_PER_LONG)
		map[BIT_WORD(at)] &= ~mask_in_word(at, end);
}

unsigned int bitmap_weight(const unsigned long *map, unsigned int nbits)
{
	unsigned int weight = 0;

	for (unsigned long at = 0; at < nbits; at += BITS_PER_LONG)
		weight += hweight64(map[BIT_WORD(at)] & mask_in_word(at, nbits));
	return weight;
}

bool bitmap_empty(const unsigned long *map, unsigned int nbits)
{
	return find_first_bit(map, nbits) == nbits;
}

bool bitmap_full(const unsigned long *map, unsigned int nbits)
{
	return find_first_zero_bit(map, nbits) == nbits;
}

void bitmap_or(unsigned long *dst, const unsigned long *a, const unsigned long *b, unsigned int nbits)
{
	for (unsigned int word = 0; word < BITS_TO_LONGS(nbits); word++)
		dst[word] = a[word] | b[word];
}

/* Bit n goes to n + @shift; the lowest ones become clear. @dst may be @src. */
void bitmap_shift_left(unsigned long *dst, const unsigned long *src, unsigned int shift, unsigned int nbits)
{
	unsigned int words = BITS_TO_LONGS(nbits), by = shift / BITS_PER_LONG, bits = shift % BITS_PER_LONG;

	for (unsigned int to = words; to--;) {
		unsigned long high = to >= by ? src[to - by] : 0;
		unsigned long low = to > by ? src[to - by - 1] : 0;

		dst[to] = bits ? high << bits | low >> (BITS_PER_LONG - bits) : high;
	}
}
