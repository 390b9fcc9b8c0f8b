/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory and strings. The C library's code, by the same names. */
#ifndef _LINUX_STRING_H_
#define _LINUX_STRING_H_

#include <linux/types.h>

void *memset(void *s, int c, size_t n);
void *memcpy(void *dst, const void *src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
int memcmp(const void *a, const void *b, size_t n);
void *memchr(const void *s, int c, size_t n);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t n);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);
char *strstr(const char *s, const char *what);
char *strncpy(char *dst, const char *src, size_t n);
/* Copies what fits and always ends it; the length, or -E2BIG where it was cut. */
ssize_t kapi_strscpy(char *dst, const char *src, size_t size);
#define __strscpy_2(dst, src) kapi_strscpy(dst, src, sizeof(dst))
#define __strscpy_3(dst, src, size) kapi_strscpy(dst, src, size)
#define __strscpy_pick(a, b, c, name, ...) name
#define strscpy(dst, ...) __strscpy_pick(dst, __VA_ARGS__, __strscpy_3, __strscpy_2)(dst, __VA_ARGS__)
/* The first byte that is not @c, or NULL. */
void *memchr_inv(const void *s, int c, size_t n);
#define memzero_explicit(s, n) memset(s, 0, n)
#define str_on_off(v) ((v) ? "on" : "off")

char *kapi_kstrdup(const char *s, gfp_t gfp, const char *site);
void *kapi_kmemdup(const void *src, size_t len, gfp_t gfp, const char *site);
#define kstrdup(s, gfp) kapi_kstrdup(s, gfp, KAPI_SITE)
#define kmemdup(src, len, gfp) kapi_kmemdup(src, len, gfp, KAPI_SITE)
/* Where an allocation is made, for the leak report. */
#define KAPI_SITE __FILE__ ":" __stringify(__LINE__)

#endif
