/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SCENARIO_JSON_TEXT_H
#define SCENARIO_JSON_TEXT_H

#include <jansson.h>

/* A string of @bytes: a path may be anything, JSON is UTF-8, so what is neither is shown as '?'. */
json_t *json_text(const char *bytes);

#endif
