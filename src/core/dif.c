// SPDX-License-Identifier: GPL-2.0-only
/*
 * Protection information on its way between driver and handler: in line it stands behind each
 * block's data, for the handler apart from it. And who has seen how many checks fail.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "scst_priv.h"

/* A place in the buffer of a command; moves to and fro. */
struct scst_pi_cursor {
	const struct bio_vec *bv;
	u32 base;		/* where that piece begins */
};

static u8 *scst_pi_seek(struct scst_pi_cursor *c, u32 at, u32 *left)
{
	while (at < c->base) {
		c->bv--;
		c->base -= c->bv->bv_len;
	}
	while (at - c->base >= c->bv->bv_len) {
		c->base += c->bv->bv_len;
		c->bv++;
	}
	*left = c->bv->bv_len - (at - c->base);
	return page_address(c->bv->bv_page) + c->bv->bv_offset + (at - c->base);
}

static void scst_pi_get(struct scst_pi_cursor *c, u32 at, u8 *to, u32 len)
{
	while (len) {
		u32 left, n;
		const u8 *from = scst_pi_seek(c, at, &left);

		n = min(left, len);
		memcpy(to, from, n);
		at += n;
		to += n;
		len -= n;
	}
}

static void scst_pi_put(struct scst_pi_cursor *c, u32 at, const u8 *from, u32 len)
{
	while (len) {
		u32 left, n;
		u8 *to = scst_pi_seek(c, at, &left);

		n = min(left, len);
		memcpy(to, from, n);
		at += n;
		from += n;
		len -= n;
	}
}

void scst_cmd_expect_pi(struct scst_cmd *cmd, u32 blocks)
{
	u32 len = blocks * SL_DIF_LEN;

	if (!blocks || cmd->pi_way == SCST_PI_NONE)
		return;
	cmd->pi = kvzalloc(len + (1u << cmd->dev->unit.block_shift), GFP_KERNEL);
	if (!cmd->pi) {
		cmd->status = SCST_BUSY;
		return;
	}
	cmd->pi_len = len;
	if (cmd->pi_way == SCST_PI_INLINE)
		cmd->cdb.data_len += len;
}
EXPORT_SYMBOL_GPL(scst_cmd_expect_pi);

int scst_cmd_alloc_blocks(struct scst_cmd *cmd)
{
	return scst_alloc_buf(cmd, cmd->cdb.data_len);
}
EXPORT_SYMBOL_GPL(scst_cmd_alloc_blocks);

/* Whole blocks of what came; the data moves together, from the first block on. */
void scst_pi_received(struct scst_cmd *cmd)
{
	u32 block = 1u << cmd->dev->unit.block_shift, stride = block + SL_DIF_LEN;
	struct scst_pi_cursor from = { cmd->bvec, 0 }, to = from;
	u8 *scratch = cmd->pi + cmd->pi_len;
	u32 blocks, i;

	if (cmd->pi_way != SCST_PI_INLINE || cmd->cdb.dir != SL_DIR_OUT)
		return;
	blocks = cmd->out_len / stride;
	for (i = 0; i < blocks; i++) {
		scst_pi_get(&from, i * stride, scratch, block);
		scst_pi_get(&from, i * stride + block, cmd->pi + i * SL_DIF_LEN, SL_DIF_LEN);
		scst_pi_put(&to, i * block, scratch, block);
	}
	cmd->out_len = blocks * block;
	cmd->pi_len = blocks * SL_DIF_LEN;
}

/* The last block goes to its place first, so that none is written over before it has moved. */
void scst_pi_send(struct scst_cmd *cmd)
{
	u32 block = 1u << cmd->dev->unit.block_shift, stride = block + SL_DIF_LEN;
	struct scst_pi_cursor from = { cmd->bvec, 0 }, to = from;
	u8 *scratch = cmd->pi + cmd->pi_len;
	u32 i = cmd->pi_len / SL_DIF_LEN;

	/* One that was aborted may not have begun. */
	if (cmd->pi_way != SCST_PI_INLINE || cmd->cdb.dir != SL_DIR_IN || cmd->status ||
	    scst_cmd_aborted(cmd))
		return;
	scst_cmd_set_in_len(cmd, (u64)i * stride);
	while (i--) {
		scst_pi_get(&from, i * block, scratch, block);
		scst_pi_put(&to, i * stride + block, cmd->pi + i * SL_DIF_LEN, SL_DIF_LEN);
		scst_pi_put(&to, i * stride, scratch, block);
	}
}

/* --- what has failed --- */

static void scst_dif_count_in(struct scst_dif_failures *f, enum sl_sense sense)
{
	switch (sense) {
	case SL_APP_TAG_CHECK_FAILED:
		atomic64_inc(&f->app);
		break;
	case SL_REF_TAG_CHECK_FAILED:
		atomic64_inc(&f->ref);
		break;
	default:
		atomic64_inc(&f->guard);
	}
}

void scst_dif_count(struct scst_cmd *cmd, enum sl_sense sense)
{
	if (sense != SL_APP_TAG_CHECK_FAILED && sense != SL_REF_TAG_CHECK_FAILED &&
	    sense != SL_GUARD_CHECK_FAILED)
		return;
	if (cmd->dev)
		scst_dif_count_in(&cmd->dev->dif_failures, sense);
	scst_dif_count_in(&cmd->sess->dif_failures, sense);
	scst_dif_count_in(&cmd->sess->tgt->dif_failures, sense);
}

static ssize_t scst_dif_show(struct scst_dif_failures *f, char *buf)
{
	return sysfs_emit(buf, "app\tref\tguard\n%llu\t%llu\t%llu\n",
			  (u64)atomic64_read(&f->app), (u64)atomic64_read(&f->ref),
			  (u64)atomic64_read(&f->guard));
}

static ssize_t scst_dif_clear(struct scst_dif_failures *f, size_t count)
{
	atomic64_set(&f->app, 0);
	atomic64_set(&f->ref, 0);
	atomic64_set(&f->guard, 0);
	return count;
}

#define SCST_DIF_FAILURES(_of, _owner) \
static ssize_t _of##_failed_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf) \
{ \
	return scst_dif_show(&_owner(kobj)->dif_failures, buf); \
} \
static ssize_t _of##_failed_store(struct kobject *kobj, struct kobj_attribute *attr, \
				  const char *buf, size_t count) \
{ \
	return scst_dif_clear(&_owner(kobj)->dif_failures, count); \
} \
struct kobj_attribute scst_##_of##_dif_attr = \
	__ATTR(dif_checks_failed, 0644, _of##_failed_show, _of##_failed_store)

SCST_DIF_FAILURES(dev, scst_dev_of);
SCST_DIF_FAILURES(sess, scst_sess_of);
SCST_DIF_FAILURES(tgt, scst_tgt_of);

/* The same for every driver: in line if it does nothing itself, the core taking it apart. */
static ssize_t dif_capabilities_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "dif_type1|dif_type2|dif_type3\n");
}

struct kobj_attribute scst_tgt_dif_capabilities_attr = __ATTR_RO(dif_capabilities);

const struct attribute *const scst_dif_dev_attrs[] = {
	&scst_dev_dif_attr.attr,
	NULL
};
