// SPDX-License-Identifier: GPL-2.0-only
/*
 * The copy manager: EXTENDED COPY(LID1) between LUNs of the session that asks.
 * It reads and writes by commands of that session, so that nothing is copied
 * that the initiator could not have read and written itself.
 */
#include <linux/completion.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "../lib/xcopy.h"
#include "scst_priv.h"

#define COPY_CHUNK	(1u << 20)	/* bytes moved at once */
#define COPY_AT_ONCE	16		/* EXTENDED COPY commands */
#define COPY_RESULTS	16		/* that a session keeps, at least */

static struct workqueue_struct *scst_copy_wq;

/* What RECEIVE COPY STATUS tells of. */
struct scst_copy_result {
	struct list_head entry;		/* sess->copies, newest first, under sess->copies_lock */
	u8 list_id;
	u8 state;			/* enum sl_xcopy_state */
	bool told;			/* by RECEIVE COPY STATUS, at its end */
	enum sl_sense sense;		/* of one that has failed */
	u16 segments;
	u64 bytes;
};

/* An EXTENDED COPY under way. */
struct scst_copy {
	struct scst_cmd *cmd;
	struct sl_xcopy list;
	struct scst_tgt_dev *units[SL_XCOPY_MAX_CSCDS];	/* with references */
	struct scst_copy_result *result;

	/* The READ and the WRITE that move a chunk */
	struct scst_cmd read, write;
	u8 read_cdb[16], write_cdb[16];
	struct completion moved;
};

/* --- results --- */

static struct scst_copy_result *scst_result_find(struct scst_session *sess, u8 list_id)
{
	struct scst_copy_result *r;

	lockdep_assert_held(&sess->copies_lock);
	list_for_each_entry(r, &sess->copies, entry)
		if (r->list_id == list_id)
			return r;
	return NULL;
}

/* Old results make room; those of copies under way stay. */
static void scst_results_trim(struct scst_session *sess)
{
	struct scst_copy_result *r, *next;
	unsigned int n = 0;

	list_for_each_entry_safe(r, next, &sess->copies, entry) {
		if (++n <= COPY_RESULTS || r->state == SL_XCOPY_RUNNING)
			continue;
		list_del(&r->entry);
		kfree(r);
	}
}

static enum sl_sense scst_result_begin(struct scst_copy *c)
{
	struct scst_session *sess = c->cmd->sess;
	struct scst_copy_result *old, *r = kzalloc(sizeof(*r), GFP_KERNEL);
	enum sl_sense sense = SL_OK;

	if (!r)
		return SL_INSUFFICIENT_RESOURCES;
	r->list_id = c->list.list_id;
	spin_lock(&sess->copies_lock);
	old = scst_result_find(sess, r->list_id);
	if (old && old->state == SL_XCOPY_RUNNING) {
		sense = SL_OPERATION_IN_PROGRESS;
	} else {
		if (old)
			list_del(&old->entry);
		list_add(&r->entry, &sess->copies);
		c->result = r;
		scst_results_trim(sess);
		r = old;
	}
	spin_unlock(&sess->copies_lock);
	kfree(r);
	return sense;
}

static void scst_result_advance(struct scst_copy *c, u16 segments, u64 bytes)
{
	struct scst_session *sess = c->cmd->sess;

	if (!c->result)
		return;
	spin_lock(&sess->copies_lock);
	c->result->segments += segments;
	c->result->bytes += bytes;
	spin_unlock(&sess->copies_lock);
}

static void scst_result_end(struct scst_copy *c, enum sl_sense sense)
{
	struct scst_session *sess = c->cmd->sess;

	if (!c->result)
		return;
	spin_lock(&sess->copies_lock);
	c->result->state = sense ? SL_XCOPY_FAILED : SL_XCOPY_DONE;
	c->result->sense = sense;
	spin_unlock(&sess->copies_lock);
}

void scst_copy_init_session(struct scst_session *sess)
{
	spin_lock_init(&sess->copies_lock);
	INIT_LIST_HEAD(&sess->copies);
}

void scst_copy_free_session(struct scst_session *sess)
{
	struct scst_copy_result *r, *next;

	list_for_each_entry_safe(r, next, &sess->copies, entry)
		kfree(r);
}

/* --- which LUNs --- */

/* What INQUIRY would tell of the unit on page 83h. */
static size_t scst_identification(struct scst_tgt_dev *td, u8 *page)
{
	static const u8 cdb[6] = { 0x12, 0x01, 0x83 };
	const struct sl_port_id port = { };
	size_t len = 0;

	spin_lock(&td->dev->lock);
	if (sl_inquiry(cdb, &td->dev->unit, &port, page, &len))
		len = 0;
	spin_unlock(&td->dev->lock);
	return len;
}

static struct scst_tgt_dev *scst_unit_named(struct scst_session *sess,
					    const struct sl_xcopy_cscd *cscd, u8 *page)
{
	struct scst_tgt_dev *td, *found = NULL;
	unsigned long lun;

	rcu_read_lock();
	xa_for_each(&sess->luns, lun, td) {
		if (!sl_xcopy_names(cscd, page, scst_identification(td, page)))
			continue;
		if (!refcount_inc_not_zero(&td->refs))
			continue;
		found = td;
		break;
	}
	rcu_read_unlock();
	return found;
}

static bool scst_is_block_device(const struct scst_tgt_dev *td)
{
	return td->dev->unit.device_type == 0 && td->dev->unit.blocks;
}

static enum sl_sense scst_find_units(struct scst_copy *c)
{
	u8 *page = kmalloc(SL_INQUIRY_MAX, GFP_KERNEL);
	enum sl_sense sense = page ? SL_OK : SL_INSUFFICIENT_RESOURCES;
	u16 i;

	for (i = 0; i < c->list.nr_cscds && !sense; i++) {
		const struct sl_xcopy_cscd *cscd = &c->list.cscds[i];
		struct scst_tgt_dev *td = scst_unit_named(c->cmd->sess, cscd, page);

		c->units[i] = td;
		if (!td || !scst_is_block_device(td))
			sense = SL_COPY_TARGET_UNREACHABLE;
		else if (cscd->block_len && cscd->block_len != 1u << td->dev->unit.block_shift)
			sense = SL_INVALID_PARAM_FIELD;
	}
	kfree(page);
	return sense;
}

static void scst_put_units(struct scst_copy *c)
{
	u16 i;

	for (i = 0; i < c->list.nr_cscds; i++)
		if (c->units[i])
			scst_tgt_dev_put(c->units[i]);
}

/* --- moving --- */

static void scst_copy_read_done(struct scst_cmd *cmd)
{
	complete(&container_of(cmd, struct scst_copy, read)->moved);
}

static void scst_copy_write_done(struct scst_cmd *cmd)
{
	complete(&container_of(cmd, struct scst_copy, write)->moved);
}

static u8 scst_copy_shift(const struct scst_copy *c, u16 cscd)
{
	return c->units[cscd]->dev->unit.block_shift;
}

/* READ(16) or WRITE(16) of @len bytes, parsed: in SCST_CMD_PARSED, or it has failed already. */
static void scst_copy_prepare(struct scst_copy *c, enum sl_dir dir, const struct scst_tgt_dev *td,
			      u64 lba, u32 len)
{
	bool in = dir == SL_DIR_IN;
	struct scst_cmd *cmd = in ? &c->read : &c->write;
	u8 *cdb = in ? c->read_cdb : c->write_cdb;
	u8 lun[8];

	memset(cdb, 0, sizeof(c->read_cdb));
	cdb[0] = in ? 0x88 : 0x8a;
	sl_put_be64(lba, cdb + 2);
	sl_put_be32(len >> td->dev->unit.block_shift, cdb + 10);
	sl_lun_pack(SL_LUN_FLAT, td->lun, lun);
	scst_cmd_init(cmd, c->cmd->sess, lun, cdb, sizeof(c->read_cdb));
	cmd->tag = U64_MAX;
	cmd->expected_dir = dir;
	cmd->expected_len = len;
	cmd->done = in ? scst_copy_read_done : scst_copy_write_done;
	set_bit(SCST_CMD_INTERNAL, &cmd->flags);
	scst_cmd_parse(cmd);
}

/* Executes what was prepared; true if it ended well. */
static bool scst_copy_run(struct scst_copy *c, struct scst_cmd *cmd, const struct scst_tgt_dev *td)
{
	if (cmd->state != SCST_CMD_PARSED)
		return false;
	/* The number may belong to another device by now. */
	if (cmd->tgt_dev != td)
		return false;
	reinit_completion(&c->moved);
	scst_cmd_exec(cmd);
	wait_for_completion(&c->moved);
	return cmd->status == SCST_GOOD && !scst_cmd_aborted(cmd);
}

static void scst_copy_bytes(const struct scst_cmd *from, struct scst_cmd *to, u32 len)
{
	u32 i = 0, j = 0, at = 0, put = 0;

	while (len && i < from->nr_bvec && j < to->nr_bvec) {
		const struct bio_vec *src = &from->bvec[i], *dst = &to->bvec[j];
		u32 n = min3(len, src->bv_len - at, dst->bv_len - put);

		memcpy(page_address(dst->bv_page) + dst->bv_offset + put,
		       page_address(src->bv_page) + src->bv_offset + at, n);
		len -= n;
		at += n;
		put += n;
		if (at == src->bv_len) {
			i++;
			at = 0;
		}
		if (put == dst->bv_len) {
			j++;
			put = 0;
		}
	}
}

static bool scst_copy_write(struct scst_copy *c, const struct scst_tgt_dev *td, u64 lba, u32 len)
{
	struct scst_cmd *cmd = &c->write;
	bool good;

	scst_copy_prepare(c, SL_DIR_OUT, td, lba, len);
	if (cmd->state == SCST_CMD_PARSED && cmd->out_len == len)
		scst_copy_bytes(&c->read, cmd, len);
	good = scst_copy_run(c, cmd, td);
	scst_cmd_free(cmd);
	return good;
}

static bool scst_copy_chunk(struct scst_copy *c, const struct sl_xcopy_segment *seg, u64 offset,
			    u32 len)
{
	const struct scst_tgt_dev *from = c->units[seg->from], *to = c->units[seg->to];
	struct scst_cmd *cmd = &c->read;
	bool good;

	scst_copy_prepare(c, SL_DIR_IN, from,
			  seg->from_lba + (offset >> scst_copy_shift(c, seg->from)), len);
	good = scst_copy_run(c, cmd, from) && cmd->in_len == len &&
	       scst_copy_write(c, to, seg->to_lba + (offset >> scst_copy_shift(c, seg->to)), len);
	scst_cmd_free(cmd);
	return good;
}

static u64 scst_segment_len(const struct scst_copy *c, const struct sl_xcopy_segment *seg)
{
	u16 counts = seg->counts_destination ? seg->to : seg->from;

	return (u64)seg->blocks << scst_copy_shift(c, counts);
}

static bool scst_in_range(const struct scst_tgt_dev *td, u64 lba, u64 len)
{
	u64 blocks = READ_ONCE(td->dev->unit.blocks);

	return lba <= blocks && len >> td->dev->unit.block_shift <= blocks - lba;
}

/* Before the first byte is copied. */
static enum sl_sense scst_check_segment(const struct scst_copy *c,
					const struct sl_xcopy_segment *seg)
{
	u8 shift = max(scst_copy_shift(c, seg->from), scst_copy_shift(c, seg->to));
	u64 len = scst_segment_len(c, seg);

	/* A rest of a block would be left over, and nothing is kept for the next segment. */
	if (len & ((1u << shift) - 1))
		return SL_INVALID_PARAM_FIELD;
	if (!scst_in_range(c->units[seg->from], seg->from_lba, len) ||
	    !scst_in_range(c->units[seg->to], seg->to_lba, len))
		return SL_COPY_ABORTED;
	return SL_OK;
}

static enum sl_sense scst_copy_segment(struct scst_copy *c, const struct sl_xcopy_segment *seg)
{
	u64 len = scst_segment_len(c, seg), done;

	for (done = 0; done < len; done += COPY_CHUNK) {
		u32 n = min_t(u64, COPY_CHUNK, len - done);

		if (scst_cmd_aborted(c->cmd))
			return SL_ABORTED;
		if (!scst_copy_chunk(c, seg, done, n))
			return SL_COPY_THIRD_PARTY_FAILURE;
		scst_result_advance(c, 0, n);
	}
	scst_result_advance(c, 1, 0);
	return SL_OK;
}

static enum sl_sense scst_copy_read_list(struct scst_copy *c)
{
	struct scst_cmd *cmd = c->cmd;
	u32 len = cmd->out_len;
	enum sl_sense sense;
	u8 *list;

	list = kvmalloc(max_t(u32, len, 1), GFP_KERNEL);
	if (!list)
		return SL_INSUFFICIENT_RESOURCES;
	scst_cmd_copy_out(cmd, 0, list, len);
	sense = sl_xcopy_parse(list, len, &c->list);
	kvfree(list);
	return sense;
}

static enum sl_sense scst_copy_all(struct scst_copy *c)
{
	enum sl_sense sense = scst_copy_read_list(c);
	u16 i;

	if (!sense)
		sense = scst_find_units(c);
	for (i = 0; i < c->list.nr_segments && !sense; i++)
		sense = scst_check_segment(c, &c->list.segments[i]);
	if (!sense && c->list.has_list_id)
		sense = scst_result_begin(c);
	for (i = 0; i < c->list.nr_segments && !sense; i++)
		sense = scst_copy_segment(c, &c->list.segments[i]);
	scst_result_end(c, sense);
	scst_put_units(c);
	return sense;
}

static void scst_copy_work(struct work_struct *work)
{
	struct scst_cmd *cmd = container_of(work, struct scst_cmd, work);
	struct scst_copy *c = kvzalloc(sizeof(*c), GFP_KERNEL);
	enum sl_sense sense = SL_INSUFFICIENT_RESOURCES;

	if (c) {
		c->cmd = cmd;
		init_completion(&c->moved);
		sense = scst_copy_all(c);
	}
	kvfree(c);
	if (sense)
		scst_cmd_fail(cmd, sense, NULL);
	else
		scst_cmd_complete(cmd);
}

void scst_exec_extended_copy(struct scst_cmd *cmd)
{
	if (!cmd->cdb.data_len) {
		scst_cmd_complete(cmd);
		return;
	}
	if (cmd->cdb.data_len > 0xffff) {
		scst_cmd_fail(cmd, SL_PARAM_LIST_LENGTH, NULL);
		return;
	}
	/* Waits for other commands: these must not be queued behind it. */
	INIT_WORK(&cmd->work, scst_copy_work);
	queue_work(scst_copy_wq, &cmd->work);
}

void scst_exec_copy_parameters(struct scst_cmd *cmd)
{
	u8 data[SL_XCOPY_PARAMETERS_LEN];

	sl_xcopy_parameters(data, COPY_AT_ONCE);
	scst_cmd_reply(cmd, data, sizeof(data));
}

/* What was asked for once has been told (SPC-4 6.20): of a copy that has ended it is forgotten. */
void scst_exec_copy_status(struct scst_cmd *cmd)
{
	struct scst_session *sess = cmd->sess;
	u8 data[SL_XCOPY_STATUS_LEN];
	struct scst_copy_result *r;
	bool found;

	spin_lock(&sess->copies_lock);
	r = scst_result_find(sess, cmd->cdb_bytes[2]);
	found = r && !r->told;
	if (found) {
		sl_xcopy_status(data, r->state, r->segments, r->bytes);
		r->told = r->state != SL_XCOPY_RUNNING;
	}
	spin_unlock(&sess->copies_lock);
	if (found)
		scst_cmd_reply(cmd, data, sizeof(data));
	else
		scst_cmd_fail(cmd, scst_bad_cdb(cmd, 2), NULL);
}

void scst_exec_copy_failure(struct scst_cmd *cmd)
{
	struct scst_session *sess = cmd->sess;
	u8 data[SL_XCOPY_FAILURE_MAX];
	struct scst_copy_result *r;
	size_t len = 0;

	spin_lock(&sess->copies_lock);
	r = scst_result_find(sess, cmd->cdb_bytes[2]);
	if (r && r->state != SL_XCOPY_RUNNING) {
		len = sl_xcopy_failure(data, r->sense);
		list_del(&r->entry);
	} else {
		r = NULL;
	}
	spin_unlock(&sess->copies_lock);
	kfree(r);
	if (len)
		scst_cmd_reply(cmd, data, len);
	else
		scst_cmd_fail(cmd, scst_bad_cdb(cmd, 2), NULL);
}

int scst_copy_init(void)
{
	scst_copy_wq = alloc_workqueue("scst_copy", WQ_UNBOUND | WQ_MEM_RECLAIM, COPY_AT_ONCE);
	return scst_copy_wq ? 0 : -ENOMEM;
}

void scst_copy_exit(void)
{
	destroy_workqueue(scst_copy_wq);
}
