// SPDX-License-Identifier: GPL-2.0-or-later
/* Values for people. */
#include <mm_model/syscalls.h>
#include <scenario/report.h>

const char *wide_text(wide value, char *buf, size_t size)
{
	unsigned __int128 left = value < 0 ? -(unsigned __int128)value : (unsigned __int128)value;
	char *at = buf + size;

	*--at = '\0';
	do {
		*--at = (char)('0' + (int)(left % 10));
		left /= 10;
	} while (left && at > buf + 1);
	if (value < 0)
		*--at = '-';
	return at;
}

const char *bytes_text(wide bytes, char *buf, size_t size)
{
	char digits[48];

	if (bytes == (wide)MM_UNLIMITED)
		return "unlimited";
	if (bytes % 4096)
		snprintf(buf, size, "%s bytes", wide_text(bytes, digits, sizeof(digits)));
	else
		snprintf(buf, size, "%s%s", wide_text(bytes / 4096, digits, sizeof(digits)), bytes ? "p" : "");
	return buf;
}

const char *error_text(long ret, char *buf, size_t size)
{
	long number = ret <= -MM_KILLED_BASE ? RESULT_SIGNAL(-ret - MM_KILLED_BASE) : -ret;
	const char *name = errno_name((int)number);

	if (name)
		return name;
	snprintf(buf, size, "%s %ld", number >= RESULT_SIGNAL(0) ? "signal" : "errno",
		 number >= RESULT_SIGNAL(0) ? number - RESULT_SIGNAL(0) : number);
	return buf;
}

const char *outcome_text(const struct step_report *step, char *buf, size_t size)
{
	static const char *const skips[] = {
		[STEP_SKIP_ABSENT] = "n/a: this kernel, or this backend, does not have the call",
		[STEP_SKIP_UNSET] = "skipped: it uses a variable that is unset",
		[STEP_SKIP_TASK] = "skipped: its task is not alive",
		[STEP_SKIP_ENDED] = "skipped: the run ended before",
		[STEP_SKIP_LEFT_OUT] = "left out",
	};
	char number[32];

	if (step->skip != STEP_RAN)
		return skips[step->skip];
	if (!step->returned)
		return "never returned";
	if (step->ret < 0)
		snprintf(buf, size, "%s%s%s", error_text(step->ret, number, sizeof(number)), step->refusal ? ": " : "",
			 step->refusal ? step->refusal : "");
	else if (step->value.kind != VALUE_NUMBER)
		snprintf(buf, size, "0");
	else if (step->stmt->step.op->returns_address)
		snprintf(buf, size, "0x%lx", step->value.number);
	else if (step->value.number && !(step->value.number % 4096))
		snprintf(buf, size, "%lup", step->value.number / 4096);
	else
		snprintf(buf, size, "%lu", step->value.number);
	return buf;
}
