// SPDX-License-Identifier: GPL-2.0-only
/* Requests of the initiator: their memory, SCSI commands, and the data of writes. */
#include <linux/slab.h>

#include "iscsi.h"

/*
 * A command is one object, with room for what its data takes. Most have enough inside; what is
 * announced chooses among the others, so that a large claim costs no more than the largest.
 */
static struct {
	const char *name;
	u32 vecs;
	struct kmem_cache *cache;
} isc_cmd_sizes[] = {
	{ "isc_cmd", 0 },
	{ "isc_cmd_256k", (SZ_256K >> PAGE_SHIFT) + 1 },
	{ "isc_cmd_1m", (SZ_1M >> PAGE_SHIFT) + 1 },
};

/* What is so in every command that is free, too. */
static void isc_cmd_construct(void *object)
{
	struct isc_cmd *cmd = object;
	unsigned int i;

	memset(cmd, 0, sizeof(*cmd));
	INIT_HLIST_NODE(&cmd->waiting);
	INIT_LIST_HEAD(&cmd->held);
	INIT_LIST_HEAD(&cmd->task);
	INIT_LIST_HEAD(&cmd->tx.entry);
	cmd->tx.cmd = cmd;
	for (i = 0; i < ISC_R2TS; i++) {
		INIT_LIST_HEAD(&cmd->bursts[i].tx.entry);
		cmd->bursts[i].tx.cmd = cmd;
		cmd->bursts[i].tx.r2t = &cmd->bursts[i];
	}
}

int isc_cmd_init(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(isc_cmd_sizes); i++) {
		/* With a constructor nothing is zeroed: each user sets what it reads. */
		isc_cmd_sizes[i].cache =
			kmem_cache_create(isc_cmd_sizes[i].name,
					  sizeof(struct isc_cmd) +
					  isc_cmd_sizes[i].vecs * sizeof(struct bio_vec),
					  0, 0, isc_cmd_construct);
		if (!isc_cmd_sizes[i].cache) {
			isc_cmd_exit();
			return -ENOMEM;
		}
	}
	return 0;
}

void isc_cmd_exit(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(isc_cmd_sizes); i++) {
		kmem_cache_destroy(isc_cmd_sizes[i].cache);
		isc_cmd_sizes[i].cache = NULL;
	}
}

static enum sl_dir isc_expected_dir(const u8 *bhs)
{
	if (bhs[1] & SL_ISCSI_CMD_WRITE)
		return SL_DIR_OUT;
	return bhs[1] & SL_ISCSI_CMD_READ ? SL_DIR_IN : SL_DIR_NONE;
}

/* Index of the size that the request in @bhs needs. */
static unsigned int isc_cmd_size(const u8 *bhs, enum isc_cmd_kind kind)
{
	enum sl_dir dir = isc_expected_dir(bhs);
	unsigned int i = 0;
	u32 vecs;

	if (kind != ISC_CMD_SCSI || dir == SL_DIR_NONE)
		return 0;
	vecs = scst_vecs_of(dir, min_t(u32, sl_bhs_expected_len(bhs), SCST_MAX_TRANSFER));
	if (vecs <= SCST_INLINE_VECS)
		return 0;
	while (i < ARRAY_SIZE(isc_cmd_sizes) - 1 && isc_cmd_sizes[i].vecs < vecs)
		i++;
	return i;
}

struct isc_cmd *isc_cmd_alloc(struct isc_conn *conn, enum isc_cmd_kind kind)
{
	unsigned int size = isc_cmd_size(conn->rx_bhs, kind);
	struct isc_cmd *cmd = kmem_cache_alloc(isc_cmd_sizes[size].cache, GFP_KERNEL);

	if (!cmd)
		return NULL;
	cmd->size = size;
	cmd->conn = conn;
	cmd->kind = kind;
	cmd->admitted = false;
	cmd->in_window = false;
	cmd->abandoned = false;
	cmd->result = 0;
	memcpy(cmd->bhs, conn->rx_bhs, SL_BHS_LEN);
	memset(&cmd->write, 0, sizeof(cmd->write));
	cmd->failed = SL_OK;
	cmd->data_sent = 0;
	cmd->data_sn = 0;
	cmd->numbered = false;
	cmd->kept = false;
	cmd->data_gone = false;
	cmd->restart = false;
	cmd->dsl = 0;
	cmd->replay_sn = 0;
	cmd->replay_end = 0;
	cmd->data_acked = 0;
	cmd->ack_tag = SL_ISCSI_NO_TAG;
	cmd->snack_tag = 0;
	cmd->heir = NULL;
	cmd->asked_since = jiffies;
	cmd->ping = NULL;
	cmd->ping_len = 0;
	atomic_inc(&conn->cmds);
	return cmd;
}

/* Bursts that were given up when the command ended early. */
void isc_cmd_reset_bursts(struct isc_cmd *cmd)
{
	unsigned int i;

	if (!cmd->active_bursts)
		return;
	cmd->active_bursts = 0;
	cmd->unsolicited.active = false;
	for (i = 0; i < ISC_R2TS; i++)
		cmd->bursts[i].active = false;
}

int isc_cmd_admit(struct isc_conn *conn, enum isc_cmd_kind kind, struct isc_cmd **cmd)
{
	bool in_window;
	int ret = isc_sess_admit(conn, &in_window);

	if (ret <= 0)
		return ret;
	*cmd = isc_cmd_alloc(conn, kind);
	if (!*cmd) {
		isc_sess_leave(conn->sess, in_window);
		return -ENOMEM;
	}
	(*cmd)->admitted = true;
	(*cmd)->in_window = in_window;
	return 1;
}

void isc_cmd_leave(struct isc_cmd *cmd)
{
	if (cmd->admitted)
		isc_sess_leave(cmd->conn->sess, cmd->in_window);
	cmd->admitted = false;
}

void isc_cmd_free(struct isc_cmd *cmd)
{
	struct isc_conn *conn = cmd->conn;

	isc_cmd_leave(cmd);
	isc_task_leave(cmd);
	if (cmd->kind == ISC_CMD_SCSI)
		scst_cmd_free(&cmd->scst);
	kvfree(cmd->ping);
	isc_cmd_reset_bursts(cmd);
	kmem_cache_free(isc_cmd_sizes[cmd->size].cache, cmd);
	atomic_dec(&conn->cmds);
}

/* Puts an answer on its way. In the connection's own work nobody has to be woken. */
void isc_complete(struct isc_cmd *cmd)
{
	struct isc_conn *conn = cmd->conn;

	if (READ_ONCE(conn->io_task) == current) {
		llist_add(&cmd->done, &conn->done);
		return;
	}
	/* Once it is on the list, the connection may end at any time. */
	isc_conn_get(conn);
	llist_add(&cmd->done, &conn->done);
	isc_conn_kick(conn);
	isc_conn_put(conn);
}

/* The answer of a command, or of task management: some wait for others before they go. */
void isc_answer(struct isc_cmd *cmd)
{
	if (!isc_fence_hold(cmd))
		isc_complete(cmd);
}

void isc_xmit_response(struct scst_cmd *sc)
{
	isc_answer(container_of(sc, struct isc_cmd, scst));
}

void isc_go_on(struct scst_cmd *sc)
{
	struct isc_cmd *cmd = container_of(sc, struct isc_cmd, scst);
	struct isc_conn *conn = cmd->conn;

	/* Once it is on the list, the connection may end at any time. */
	isc_conn_get(conn);
	llist_add(&cmd->done, &conn->going_on);
	isc_conn_kick(conn);
	isc_conn_put(conn);
}

void isc_abort_cmd(struct scst_cmd *sc)
{
	struct isc_conn *conn = container_of(sc, struct isc_cmd, scst)->conn;

	set_bit(ISC_CONN_ABORTS, &conn->flags);
	isc_conn_queue_io(conn);
}

/* --- commands that wait for data --- */

struct isc_cmd *isc_find_waiting(struct isc_conn *conn, u32 itt)
{
	struct isc_cmd *cmd;

	hash_for_each_possible(conn->waiting, cmd, waiting, itt)
		if (sl_bhs_itt(cmd->bhs) == itt)
			return cmd;
	return NULL;
}

/* Takes a command out of everything that expects data for it. */
void isc_stop_waiting(struct isc_cmd *cmd)
{
	struct isc_conn *conn = cmd->conn;
	unsigned int i;

	hash_del(&cmd->waiting);
	for (i = 0; i < ISC_R2TS; i++)
		list_del_init(&cmd->bursts[i].tx.entry);
	if (conn->rx_cmd == cmd) {
		conn->rx_cmd = NULL;
		conn->rx_burst = NULL;
	}
}

/* It has not begun: no handler knows it, but its initiator may have to be told. */
static void isc_end_aborted(struct isc_cmd *cmd)
{
	scst_cmd_exec(&cmd->scst);
}

static void isc_forget_waiting(struct isc_conn *conn, bool all)
{
	struct hlist_node *next;
	struct isc_cmd *cmd;
	int bucket;

	hash_for_each_safe(conn->waiting, bucket, next, cmd, waiting) {
		/* A held one is nobody's command yet. */
		if (!all && (cmd->kind == ISC_CMD_HELD || !scst_cmd_aborted(&cmd->scst)))
			continue;
		isc_stop_waiting(cmd);
		if (cmd->kind == ISC_CMD_HELD)
			isc_held_free(cmd);
		else if (all)
			isc_cmd_free(cmd);
		else
			isc_end_aborted(cmd);
	}
}

void isc_reap_aborted(struct isc_conn *conn)
{
	isc_forget_waiting(conn, false);
}

bool isc_waits_since(struct isc_conn *conn, unsigned long limit)
{
	struct isc_cmd *cmd;
	int bucket;

	hash_for_each(conn->waiting, bucket, cmd, waiting)
		if (time_before(cmd->waits_since, limit))
			return true;
	return false;
}

void isc_drop_waiting(struct isc_conn *conn)
{
	isc_forget_waiting(conn, true);
}

/* False: none is to come. */
bool isc_wait_for_data(struct isc_cmd *cmd)
{
	cmd->waits_since = jiffies;
	if (cmd->active_bursts && hlist_unhashed(&cmd->waiting))
		hash_add(cmd->conn->waiting, &cmd->waiting, sl_bhs_itt(cmd->bhs));
	return cmd->active_bursts;
}

/* --- R2T --- */

void isc_send_r2t(struct isc_cmd *cmd, const struct sl_r2t *r2t)
{
	struct isc_conn *conn = cmd->conn;
	struct isc_burst *b = cmd->bursts;

	while (b->active)
		b++;
	b->active = true;
	b->broken = false;
	b->ttt = conn->next_ttt++ & 0x7fffffff;
	b->r2t_sn = r2t->sn;
	b->len = r2t->len;
	b->seq.offset = r2t->offset;
	b->seq.end = r2t->offset + r2t->len;
	b->seq.data_sn = 0;
	cmd->active_bursts++;
	isc_tx_queue(conn, &b->tx);
}

/* Asks for what is missing; executes when nothing is. */
void isc_write_continue(struct isc_cmd *cmd)
{
	struct isc_conn *conn = cmd->conn;
	struct sl_r2t r2t;

	if (!cmd->failed && !cmd->unsolicited.active)
		while (cmd->active_bursts < conn->max_r2ts &&
		       sl_r2t_next(&cmd->write, conn->max_burst, &r2t))
			isc_send_r2t(cmd, &r2t);
	if (isc_wait_for_data(cmd))
		return;
	isc_stop_waiting(cmd);
	if (cmd->failed)
		scst_cmd_fail(&cmd->scst, cmd->failed, NULL);
	else
		scst_cmd_exec(&cmd->scst);
}

/* --- SCSI Command --- */

static void isc_set_expected(struct isc_cmd *cmd)
{
	cmd->scst.expected_dir = isc_expected_dir(cmd->bhs);
	if (cmd->scst.expected_dir != SL_DIR_NONE)
		cmd->scst.expected_len = sl_bhs_expected_len(cmd->bhs);
}

/* RFC 7143 11.3.1; an untagged command is a SIMPLE one. */
static enum scst_task_attr isc_task_attr(const u8 *bhs)
{
	switch (bhs[1] & 0x07) {
	case 2:
		return SCST_ORDERED;
	case 3:
		return SCST_HEAD_OF_QUEUE;
	case 4:
		return SCST_ACA;
	default:
		return SCST_SIMPLE;
	}
}

/* The CDB begins in the BHS; no command that is known here is longer than what fits. */
void isc_cmd_set_cdb(struct isc_cmd *cmd, const u8 *cdb_rest, u32 rest_len)
{
	rest_len = min_t(u32, rest_len, ISC_CDB_REST);
	if (rest_len)
		memcpy(cmd->bhs + SL_BHS_LEN, cdb_rest, rest_len);
	cmd->cdb_len = 16 + rest_len;
}

static void isc_scsi_begin(struct isc_cmd *cmd)
{
	struct isc_conn *conn = cmd->conn;

	scst_cmd_init(&cmd->scst, conn->sess->scst, sl_bhs_lun(cmd->bhs), cmd->bhs + 32,
		      cmd->cdb_len);
	cmd->scst.room = cmd->room;
	cmd->scst.nr_room = isc_cmd_sizes[cmd->size].vecs;
	cmd->scst.tag = sl_bhs_itt(cmd->bhs);
	cmd->scst.attr = isc_task_attr(cmd->bhs);
	/* The digest is computed once, TCP may read the pages again; so may a SNACK. */
	if (conn->data_digest || conn->erl)
		set_bit(SCST_CMD_STABLE_IN, &cmd->scst.flags);
	isc_set_expected(cmd);
	isc_task_enter(cmd);
	scst_cmd_parse(&cmd->scst);
}

int isc_scsi_cmd(struct isc_conn *conn, const u8 *cdb_rest, u32 rest_len)
{
	struct isc_cmd *cmd;
	int ret;

	if (isc_find_waiting(conn, sl_bhs_itt(conn->rx_bhs))) {
		conn->rx_reject = SL_REJECT_TASK_IN_PROGRESS;
		return 1;
	}
	ret = isc_cmd_admit(conn, ISC_CMD_SCSI, &cmd);
	if (ret <= 0)
		return ret < 0 ? ret : 1;
	isc_cmd_set_cdb(cmd, cdb_rest, rest_len);
	isc_scsi_begin(cmd);
	conn->rx_cmd = cmd;
	return 1;
}

/* Data-Out that comes without being asked for, up to FirstBurstLength (RFC 7143 13.14). */
void isc_expect_unsolicited(struct isc_cmd *cmd, u32 immediate)
{
	u32 end = min(cmd->conn->limits.first_burst, sl_bhs_expected_len(cmd->bhs));

	cmd->unsolicited.seq.offset = immediate;
	if (sl_bhs_final(cmd->bhs) || end <= immediate)
		return;
	cmd->unsolicited.active = true;
	cmd->unsolicited.broken = false;
	cmd->unsolicited.seq.data_sn = 0;
	cmd->unsolicited.seq.end = end;
	cmd->active_bursts++;
}

void isc_scsi_cmd_data(struct isc_cmd *cmd, bool digest_ok)
{
	u32 immediate = sl_bhs_data_len(cmd->bhs);

	if (cmd->scst.state == SCST_CMD_DONE) {
		/* Failed already; Data-Out that still comes belongs to no command. */
		isc_answer(cmd);
		return;
	}
	if (scst_cmd_aborted(&cmd->scst)) {
		isc_end_aborted(cmd);
		return;
	}
	if (!digest_ok)
		cmd->failed = SL_CRC_ERROR;
	cmd->write.total = cmd->scst.out_len;
	cmd->write.solicited = min(immediate, cmd->write.total);
	isc_expect_unsolicited(cmd, immediate);
	isc_write_continue(cmd);
}

/* --- one that was held --- */

/* What has come for it meanwhile, to where it belongs. */
static void isc_take_held_data(struct isc_cmd *cmd, u32 got)
{
	struct scst_cmd *sc = &cmd->scst;
	struct iov_iter to;
	void *data;
	u32 len;

	data = isc_held_data(cmd, &len);
	got = min3(got, len, sc->out_len);
	if (got) {
		iov_iter_bvec(&to, ITER_DEST, sc->bvec, sc->nr_bvec, sc->buf_len);
		if (copy_to_iter(data, got, &to) != got)
			cmd->failed = SL_DATA_PHASE_ERROR;
	}
	kvfree(data);
}

void isc_scsi_deliver(struct isc_cmd *cmd)
{
	u32 immediate = sl_bhs_data_len(cmd->bhs), got = cmd->unsolicited.seq.offset;

	hash_del(&cmd->waiting);
	cmd->kind = ISC_CMD_SCSI;
	isc_scsi_begin(cmd);
	isc_take_held_data(cmd, got);
	if (cmd->scst.state == SCST_CMD_DONE) {
		isc_answer(cmd);
		return;
	}
	if (scst_cmd_aborted(&cmd->scst)) {
		isc_end_aborted(cmd);
		return;
	}
	cmd->write.total = cmd->scst.out_len;
	cmd->write.solicited = min(cmd->unsolicited.active ? immediate : got, cmd->write.total);
	isc_write_continue(cmd);
}

/* --- Data-Out --- */

static struct isc_burst *isc_find_burst(struct isc_cmd *cmd, u32 ttt)
{
	unsigned int i;

	if (ttt == SL_ISCSI_NO_TAG)
		return cmd->unsolicited.active ? &cmd->unsolicited : NULL;
	for (i = 0; i < ISC_R2TS; i++)
		if (cmd->bursts[i].active && cmd->bursts[i].ttt == ttt)
			return &cmd->bursts[i];
	return NULL;
}

/* Not what was asked for, or out of order: the data cannot be trusted (RFC 7143 7.9). */
static void isc_data_out_wrong(struct isc_cmd *cmd)
{
	if (cmd->kind == ISC_CMD_HELD) {
		cmd->failed = SL_DATA_PHASE_ERROR;
		isc_cmd_reset_bursts(cmd);
		return;
	}
	isc_stop_waiting(cmd);
	scst_cmd_fail(&cmd->scst, SL_DATA_PHASE_ERROR, NULL);
}

/* The burst has ended: with the last data of the command that executes it. */
static void isc_burst_over(struct isc_cmd *cmd, struct isc_burst *burst)
{
	if (burst->broken) {
		isc_recover_burst(cmd, burst);
	} else {
		burst->active = false;
		cmd->active_bursts--;
		if (burst == &cmd->unsolicited)
			cmd->write.solicited = min(burst->seq.offset, cmd->write.total);
	}
	/* The turn of a held one may have come while this was received. */
	if (cmd->kind == ISC_CMD_HELD)
		set_bit(ISC_CONN_TURN, &cmd->conn->flags);
	else
		isc_write_continue(cmd);
}

static bool isc_data_out_follows(const struct isc_cmd *cmd, const struct isc_burst *burst,
				 const u8 *b)
{
	return sl_burst_accepts(&burst->seq, burst != &cmd->unsolicited, sl_bhs_offset(b),
				sl_bhs_data_len(b), sl_bhs_data_sn(b), sl_bhs_final(b));
}

/*
 * Not the one that was due. From level 1 on one before it may have been damaged: what
 * is left of the burst is not taken, but asked for again at its end.
 */
static void isc_data_out_astray(struct isc_cmd *cmd, struct isc_burst *burst, const u8 *b)
{
	if (!cmd->conn->erl) {
		isc_data_out_wrong(cmd);
		return;
	}
	/* Of a burst that was given up, or once more what has come. */
	if (!burst || sl_bhs_data_sn(b) < burst->seq.data_sn)
		return;
	if (!burst->broken && sl_bhs_data_sn(b) == burst->seq.data_sn) {
		isc_data_out_wrong(cmd);
		return;
	}
	burst->broken = true;
	if (sl_bhs_final(b))
		isc_burst_over(cmd, burst);
}

void isc_data_out(struct isc_conn *conn)
{
	const u8 *b = conn->rx_bhs;
	struct isc_cmd *cmd = isc_find_waiting(conn, sl_bhs_itt(b));
	struct isc_burst *burst;

	if (!cmd)
		return;
	burst = isc_find_burst(cmd, sl_bhs_ttt(b));
	if (!burst || burst->broken || !isc_data_out_follows(cmd, burst, b)) {
		isc_data_out_astray(cmd, burst, b);
		return;
	}
	conn->rx_cmd = cmd;
	conn->rx_burst = burst;
	conn->rx_offset = sl_bhs_offset(b);
}

void isc_data_out_done(struct isc_cmd *cmd, struct isc_burst *burst, bool digest_ok)
{
	const u8 *b = cmd->conn->rx_bhs;

	cmd->waits_since = jiffies;
	if (!digest_ok && cmd->conn->erl)
		burst->broken = true;
	else if (!digest_ok)
		cmd->failed = SL_CRC_ERROR;
	if (!burst->broken)
		sl_burst_advance(&burst->seq, sl_bhs_data_len(b));
	if (sl_bhs_final(b))
		isc_burst_over(cmd, burst);
}
