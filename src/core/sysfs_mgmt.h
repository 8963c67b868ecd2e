/* SPDX-License-Identifier: GPL-2.0-only */
/* The commands of mgmt files: "VERB [WORD [WORD]] [NAME=VALUE; ...]". */
#ifndef SCST_SYSFS_MGMT_H
#define SCST_SYSFS_MGMT_H

#include "../lib/mgmt_line.h"
#include "scst_priv.h"

/* A parsed mgmt write: verb, then at most two words, then parameters. */
struct scst_mgmt_cmd {
	const char *verb;
	char *arg[2];
	struct sl_mgmt_cursor rest;
};

bool scst_mgmt_is(const struct scst_mgmt_cmd *m, const char *verb);

/* Exactly @args words and nothing behind them? */
bool scst_mgmt_only(const struct scst_mgmt_cmd *m, unsigned int args);

/*
 * Runs @fn for the command in @buf under the configuration lock. @words: how
 * many words follow the verb before parameters begin.
 */
ssize_t scst_mgmt_run(const char *buf, size_t count, unsigned int words, const bool *dead,
		      int (*fn)(void *obj, struct scst_mgmt_cmd *m), void *obj);

/* Says so in the log; -EINVAL. */
int scst_mgmt_unknown(const char *where, const struct scst_mgmt_cmd *m);

#endif
