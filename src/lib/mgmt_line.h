/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Grammar of the lines written to sysfs "mgmt" files: blank-separated words,
 * then parameters "name=value; name=value". It works in place on a mutable
 * NUL-terminated line and knows nothing of what the words mean.
 */
#ifndef SL_MGMT_LINE_H
#define SL_MGMT_LINE_H

#include "port.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Where reading goes on; the text behind it is cut into strings already. */
struct sl_mgmt_cursor {
	char *pos;
};

/* Starts at the first non-blank of @line and strips blanks at its end. */
void sl_mgmt_init(struct sl_mgmt_cursor *c, char *line);

/* The next blank-separated word, or NULL at the end. Its case is kept. */
char *sl_mgmt_word(struct sl_mgmt_cursor *c);

/*
 * The next parameter: 1 one was read, 0 at the end, -EINVAL malformed (no
 * '=', empty name or value, more than one value). Blanks around '=' and ';'
 * have no meaning, empty parameters (";;") are skipped, a newline ends a
 * parameter as ';' does.
 */
int sl_mgmt_param(struct sl_mgmt_cursor *c, char **name, char **value);

/* Is there nothing left but blanks? */
bool sl_mgmt_at_end(struct sl_mgmt_cursor *c);

/*
 * A number by C prefix rules: 10, 0x10, 010. No sign, no blanks.
 * -EINVAL: no such number. -ERANGE: above 2^64-1. *v is set on success only.
 */
int sl_mgmt_u64(const char *text, u64 *v);

/* "0" or "1" (any spelling of these numbers), else -EINVAL. */
int sl_mgmt_bool(const char *text, bool *v);

#ifdef __cplusplus
}
#endif

#endif
