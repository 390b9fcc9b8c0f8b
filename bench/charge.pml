/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The charge program for SPIN, with the steps of tests/explore/charge.c: one to an
 * atomic block, what it leads to without another step included. What a task read is
 * forgotten once it no longer matters, as machine_state() does. spin -DTASKS=N.
 */
#define LIMIT (TASKS - 1)

byte charged, pinned;
bool locked;

active [TASKS] proctype task()
{
	byte old;

	atomic {
		old = charged;
		if
		:: old >= LIMIT -> goto done
		:: else
		fi
	}
again:
	atomic {
		if
		:: charged == old -> charged++; old = 0
		:: else ->
			old = charged;
			if
			:: old >= LIMIT -> goto done
			:: else -> goto again
			fi
		fi
	}
	atomic { !locked -> locked = true; pinned++ }
	locked = false;
	atomic { !locked -> locked = true; pinned-- }
	locked = false;
	charged--;
done:
	skip
}
