// SPDX-License-Identifier: GPL-2.0-only
/* What is written to the mgmt files, taken apart. */
#include <linux/slab.h>

#include "sysfs_mgmt.h"

bool scst_mgmt_is(const struct scst_mgmt_cmd *m, const char *verb)
{
	return !strcasecmp(m->verb, verb);
}

bool scst_mgmt_only(const struct scst_mgmt_cmd *m, unsigned int args)
{
	return (args < 1 || m->arg[0]) && (args < 2 || m->arg[1]) &&
	       (args >= 1 || !m->arg[0]) && (args >= 2 || !m->arg[1]) &&
	       sl_mgmt_at_end((struct sl_mgmt_cursor *)&m->rest);
}

ssize_t scst_mgmt_run(const char *buf, size_t count, unsigned int words, const bool *dead,
		      int (*fn)(void *obj, struct scst_mgmt_cmd *m), void *obj)
{
	struct scst_mgmt_cmd m = { };
	char *line = scst_mgmt_line(buf, count);
	unsigned int i;
	int ret = -EINVAL;

	if (!line)
		return scst_mgmt_result(-ENOMEM, count);
	sl_mgmt_init(&m.rest, line);
	m.verb = sl_mgmt_word(&m.rest);
	if (!m.verb)
		goto out;
	for (i = 0; i < words && i < ARRAY_SIZE(m.arg); i++)
		m.arg[i] = sl_mgmt_word(&m.rest);
	ret = scst_cfg_lock(dead);
	if (ret)
		goto out;
	ret = fn(obj, &m);
	scst_cfg_unlock();
out:
	/* It may have held a secret. */
	kfree_sensitive(line);
	return scst_mgmt_result(ret, count);
}

int scst_mgmt_unknown(const char *where, const struct scst_mgmt_cmd *m)
{
	scst_err("%s: Unknown action \"%s\", or words too many or too few", where, m->verb);
	return -EINVAL;
}
