/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ACCOUNTING_CHANGES_H
#define ACCOUNTING_CHANGES_H

/* The commit or mail by which the row of @release has another value of @cell than the one before; NULL: not known. */
const char *change_source(const char *cell, int release);

#endif
