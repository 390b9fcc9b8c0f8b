// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The fuzz target of tokens: any bytes as the argument of --schedule. They decode or are
 * refused; what decodes encodes again to a token of the same choices.
 */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sim/trace.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void encode_again(const struct sim_tape *tape, const struct sim_tape_id *id)
{
	char token[SIM_TOKEN_CHARS_MAX + 4], kernel[128];
	struct sim_tape *again;

	if (sim_tape_encode(tape, id, token))
		abort();
	if (sim_tape_decode(token, id->file_hash, kernel, &again))
		abort();
	if (sim_tape_choices(again) != sim_tape_choices(tape) || strcmp(kernel, id->kernel))
		abort();
	sim_tape_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* of a file whose hash is 0: the corpus has such tokens */
	struct sim_tape_id id = { .file_hash = 0 };
	char *text = malloc(size + 1), kernel[128] = "";
	struct sim_tape *tape = NULL;
	int err;

	if (!text)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	err = sim_tape_decode(text, id.file_hash, kernel, &tape);
	if (!err) {
		id.kernel = kernel;
		encode_again(tape, &id);
		sim_tape_free(tape);
	} else if (err != -EINVAL && err != -E2BIG && err != -ESTALE) {
		abort();
	}
	free(text);
	return 0;
}
