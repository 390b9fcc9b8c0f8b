// SPDX-License-Identifier: GPL-2.0-or-later
/* Set between two runs, never inside of one. */
#include "number.h"

unsigned int planted_number;
