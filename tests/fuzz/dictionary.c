// SPDX-License-Identifier: GPL-2.0-or-later
/* Prints the dictionary of the parser's target from the table of operations: for libFuzzer's -dict= and afl's -x. */
#include <stdio.h>
#include <scenario/op.h>

static const char *const words[] = {
	"title \\\"", "ref \\\"", "kernels ", "task ", "set ", "expect ", "expect violation ", "expect sometimes ",
	"parallel {\\x0a", "repeat ", "include \\\"", "unlimited", " -> ", " @ ", "..", "peak(", ".locked_vm",
	".pinned_vm", ".user_locked_vm", ".npinned", ".charged", ".pins(", ".pfn(", "user(", ".mm(", "memlock=",
	"caps=", "uid=", "contig=", "all", "ipc_lock", "sys_resource", "ENOMEM", "fail", "v6.12", "proposals", "}\\x0a",
};

int main(void)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		printf("\"%s\"\n", words[i]);
	for (size_t area = 0; area < op_areas_nr; area++)
		for (size_t i = 0; i < op_areas[area]->nr; i++) {
			const struct op *op = &op_areas[area]->ops[i];

			printf("\"%s(\"\n", op->name);
			for (const struct op_arg *arg = op->args; arg->name; arg++) {
				if (arg->flags & ARG_KEY)
					printf("\"%s=\"\n", arg->name);
				for (const struct op_word *word = arg->words; word && word->word; word++)
					printf("\"%s\"\n", word->word);
			}
		}
	return 0;
}
