// SPDX-License-Identifier: GPL-2.0-only
/* iSCSI connections: the socket, the work that serves it, its end. */
#include <linux/slab.h>
#include <linux/tcp.h>
#include <net/inet_sock.h>
#include <net/ipv6.h>
#include <net/tcp.h>
#include <net/tcp_states.h>

#include "iscsi.h"

#define ISC_IO_BUDGET	8	/* rounds before others get the CPU */
#define ISC_RX_BATCH	8	/* PDUs taken in before answers go out together */
#define ISC_LOOK_AGAIN	(5 * HZ)	/* how long a connection goes without a look */
#define ISC_PEEK_LEN	8	/* lengths of AHS and data segment are in there */
#define ISC_CROWD	16	/* runs of the work that a crowd is remembered for */

void isc_conn_get(struct isc_conn *conn)
{
	kref_get(&conn->ref);
}

static void isc_conn_release(struct kref *ref)
{
	struct isc_conn *conn = container_of(ref, struct isc_conn, ref);

	sockfd_put(conn->sock);
	free_cpumask_var(conn->cpus);
	kfree(conn);
}

void isc_conn_put(struct isc_conn *conn)
{
	kref_put(&conn->ref, isc_conn_release);
}

/* A queued work keeps the connection. */
static void isc_conn_queue_close(struct isc_conn *conn)
{
	isc_conn_get(conn);
	if (!queue_work(isc_close_wq, &conn->close_work))
		isc_conn_put(conn);
}

/*
 * Where the packets come in, their data is in the cache. Over loopback that is
 * the initiator's own processor: a single command is answered soonest there, or
 * where the device was done with it, as the initiator sleeps meanwhile; with many
 * under way both sides get on better side by side.
 */
static int isc_conn_cpu(struct isc_conn *conn, bool answer)
{
	int cpu = READ_ONCE(conn->sock->sk->sk_incoming_cpu);
	bool crowd = READ_ONCE(conn->crowd);

	if (cpu < 0 || !cpu_online(cpu) || (answer && conn->local && !crowd)) {
		cpu = raw_smp_processor_id();
	} else if (conn->local && crowd) {
		cpu = cpumask_next(cpu, cpu_online_mask);
		if (cpu >= nr_cpu_ids)
			cpu = cpumask_first(cpu_online_mask);
	}
	return likely(READ_ONCE(conn->any_cpu)) ? cpu : scst_cpu_among(conn->cpus, cpu);
}

/* The session may have gone when somebody still wakes the connection, hence this copy. */
static void isc_conn_follow_cpus(struct isc_conn *conn)
{
	const struct scst_session *scst = conn->sess->scst;
	/* Pairs with that of scst_sess_enter_acg(): the mask is not older than this. */
	u32 changed = smp_load_acquire(&scst->cpus_changed);

	if (likely(changed == conn->cpus_changed))
		return;
	conn->cpus_changed = changed;
	cpumask_copy(conn->cpus, scst->cpus);
	WRITE_ONCE(conn->any_cpu, READ_ONCE(scst->any_cpu));
}

static bool isc_conn_is_local(const struct sock *sk)
{
#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6)
		return ipv6_addr_equal(&sk->sk_v6_daddr, &sk->sk_v6_rcv_saddr);
#endif
	return inet_sk(sk)->inet_daddr == inet_sk(sk)->inet_rcv_saddr;
}

/*
 * While the work runs it is enough to tell it to look again. It says that it has
 * ended before it looks for the last time (isc_conn_serve()), so one sees the other.
 */
static bool isc_conn_runs(struct isc_conn *conn)
{
	if (!READ_ONCE(conn->io_task))
		return false;
	set_bit(ISC_CONN_AGAIN, &conn->flags);
	/* Pairs with that of isc_conn_serve(). */
	smp_mb__after_atomic();
	return READ_ONCE(conn->io_task);
}

static void isc_conn_queue_on(struct isc_conn *conn, int cpu)
{
	if (isc_conn_runs(conn))
		return;
	isc_conn_get(conn);
	if (!queue_work_on(cpu, isc_wq, &conn->io_work))
		isc_conn_put(conn);
}

void isc_conn_queue_io(struct isc_conn *conn)
{
	isc_conn_queue_on(conn, isc_conn_cpu(conn, false));
}

void isc_conn_kick(struct isc_conn *conn)
{
	if (READ_ONCE(conn->state) == ISC_CONN_OPEN)
		isc_conn_queue_on(conn, isc_conn_cpu(conn, true));
	else
		isc_conn_queue_close(conn);
}

/* One that is closing already, and may be parked, looks again who waits for it. */
void isc_conn_close(struct isc_conn *conn)
{
	if (xchg(&conn->state, ISC_CONN_CLOSING) != ISC_CONN_CLOSING || conn->erl >= 2)
		isc_conn_queue_close(conn);
}

void isc_conn_end(struct isc_conn *conn)
{
	set_bit(ISC_CONN_FINAL, &conn->flags);
	isc_conn_close(conn);
}

static void isc_expire(struct work_struct *work)
{
	struct isc_conn *conn = container_of(to_delayed_work(work), struct isc_conn, expiry);

	isc_conn_end(conn);
	isc_conn_put(conn);
}

void isc_conn_expire(struct isc_conn *conn, unsigned long delay)
{
	isc_conn_get(conn);
	if (!queue_delayed_work(isc_close_wq, &conn->expiry, delay))
		isc_conn_put(conn);
}

void isc_conn_ask_logout(struct isc_conn *conn)
{
	if (READ_ONCE(conn->state) == ISC_CONN_CLOSING) {
		isc_conn_end(conn);
		return;
	}
	set_bit(ISC_CONN_ASK_LOGOUT, &conn->flags);
	isc_conn_queue_io(conn);
	isc_conn_expire(conn, ISC_LOGOUT_TIME * HZ);
}

/* --- socket callbacks --- */

/* Looks at what is there, and takes nothing. */
static int isc_peek(read_descriptor_t *desc, struct sk_buff *skb, unsigned int offset, size_t len)
{
	u8 *begin = desc->arg.data;

	if (len >= ISC_PEEK_LEN)
		desc->error = skb_copy_bits(skb, offset, begin, ISC_PEEK_LEN);
	return 0;
}

/*
 * Of a PDU only the beginning has come. Some initiators send header and data apart:
 * the work is woken for both at once. The socket is locked, so the work can't take
 * the header meanwhile: it has said before that it will.
 */
static bool isc_conn_waits_for_rest(struct isc_conn *conn, struct sock *sk)
{
	u8 begin[ISC_PEEK_LEN];
	read_descriptor_t desc = { .arg.data = begin, .count = 1, .error = -ENODATA };
	u32 len;

	/* A header that has a digest may be wrong, and then it is of no use to wait. */
	if (!READ_ONCE(conn->at_header) || conn->header_digest)
		return false;
	tcp_read_sock(sk, &desc, isc_peek);
	/* What has too much data is refused at once. */
	if (desc.error || sl_bhs_data_len(begin) > conn->limits.max_recv_dsl)
		return false;
	len = SL_BHS_LEN + sl_bhs_ahs_len(begin) + sl_bhs_data_len(begin);
	len = isc_rx_lowat(sk, len);
	if (tcp_inq(sk) >= len)
		return false;
	WRITE_ONCE(sk->sk_rcvlowat, len);
	return true;
}

static void isc_data_ready(struct sock *sk)
{
	struct isc_conn *conn;

	read_lock_bh(&sk->sk_callback_lock);
	conn = sk->sk_user_data;
	if (conn && !isc_conn_waits_for_rest(conn, sk))
		isc_conn_queue_io(conn);
	read_unlock_bh(&sk->sk_callback_lock);
}

/* The end of what comes, for one: the work finds out. */
static void isc_state_change(struct sock *sk)
{
	struct isc_conn *conn;

	read_lock_bh(&sk->sk_callback_lock);
	conn = sk->sk_user_data;
	if (conn)
		isc_conn_queue_io(conn);
	read_unlock_bh(&sk->sk_callback_lock);
}

static void isc_write_space(struct sock *sk)
{
	struct isc_conn *conn;

	read_lock_bh(&sk->sk_callback_lock);
	conn = sk->sk_user_data;
	if (conn && sk_stream_is_writeable(sk)) {
		clear_bit(SOCK_NOSPACE, &sk->sk_socket->flags);
		isc_conn_queue_io(conn);
	}
	read_unlock_bh(&sk->sk_callback_lock);
}

static void isc_conn_attach(struct isc_conn *conn)
{
	struct sock *sk = conn->sock->sk;

	conn->local = isc_conn_is_local(sk);
	tcp_sock_set_nodelay(sk);
	write_lock_bh(&sk->sk_callback_lock);
	conn->old_data_ready = sk->sk_data_ready;
	conn->old_state_change = sk->sk_state_change;
	conn->old_write_space = sk->sk_write_space;
	sk->sk_user_data = conn;
	sk->sk_data_ready = isc_data_ready;
	sk->sk_state_change = isc_state_change;
	sk->sk_write_space = isc_write_space;
	write_unlock_bh(&sk->sk_callback_lock);
}

static void isc_conn_unhook(struct isc_conn *conn)
{
	struct sock *sk = conn->sock->sk;

	write_lock_bh(&sk->sk_callback_lock);
	if (sk->sk_user_data == conn) {
		sk->sk_user_data = NULL;
		sk->sk_data_ready = conn->old_data_ready;
		sk->sk_state_change = conn->old_state_change;
		sk->sk_write_space = conn->old_write_space;
	}
	write_unlock_bh(&sk->sk_callback_lock);
}

/* --- the work --- */

/* More than one command is under way, or answered and the answer not seen yet. */
static bool isc_conn_is_crowded(const struct isc_conn *conn)
{
	return atomic_read(&conn->cmds) + (conn->stat_sn - conn->acked_sn) > 1;
}

static int isc_conn_receive(struct isc_conn *conn)
{
	int ret = 1, n;

	for (n = 0; n < ISC_RX_BATCH && ret > 0; n++)
		ret = isc_rx(conn);
	if (n == 1)			/* nothing has come */
		return ret;
	if (isc_conn_is_crowded(conn))
		WRITE_ONCE(conn->crowd, ISC_CROWD);
	else if (conn->crowd)
		WRITE_ONCE(conn->crowd, conn->crowd - 1);
	return ret;
}

static unsigned long isc_conn_timeout(const struct isc_conn *conn, enum isc_tgt_param id)
{
	return READ_ONCE(conn->sess->tgt->params[id]) * HZ;
}

/* Nothing moves for RspTimeout: data that was asked for, or answers that nobody takes. */
static bool isc_conn_is_stuck(struct isc_conn *conn)
{
	unsigned long limit = jiffies - isc_conn_timeout(conn, ISC_P_RSP_TIMEOUT);
	const char *what = NULL;

	if (!isc_tx_idle(conn) && time_before(conn->last_tx, limit))
		what = "takes no answer";
	else if (isc_waits_since(conn, limit))
		what = "sends no data";
	else if (isc_held_since(conn, limit))
		what = "leaves out a CmdSN";
	if (!what)
		return false;
	isc_err("session %s: the initiator %s for %u s, closing", conn->sess->scst->sysfs_name,
		what, READ_ONCE(conn->sess->tgt->params[ISC_P_RSP_TIMEOUT]));
	return true;
}

/* What the handlers are done with is done to its end here, and then among conn->done. */
static void isc_conn_go_on(struct isc_conn *conn)
{
	struct llist_node *list = llist_reverse_order(llist_del_all(&conn->going_on));
	struct isc_cmd *cmd, *next;

	llist_for_each_entry_safe(cmd, next, list, done)
		cmd->scst.work.func(&cmd->scst.work);
}

/* One round: take in what is there, then send what came of it. */
static int isc_conn_step(struct isc_conn *conn)
{
	bool leaving = test_bit(ISC_CONN_LOGGED_OUT, &conn->flags);
	int received = leaving ? 0 : isc_conn_receive(conn);
	int ret;

	if (received < 0)
		return received;
	if (test_and_clear_bit(ISC_CONN_TURN, &conn->flags))
		isc_deliver_held(conn);
	if (test_and_clear_bit(ISC_CONN_ABORTS, &conn->flags))
		isc_reap_aborted(conn);
	if (test_and_clear_bit(ISC_CONN_PING, &conn->flags))
		isc_send_ping(conn);
	if (test_and_clear_bit(ISC_CONN_LUNS_CHANGED, &conn->flags))
		isc_send_async(conn, SL_ASYNC_SCSI);
	if (test_and_clear_bit(ISC_CONN_ASK_LOGOUT, &conn->flags))
		isc_send_async(conn, SL_ASYNC_LOGOUT);
	if (test_and_clear_bit(ISC_CONN_NEGOTIATE, &conn->flags))
		isc_send_async(conn, SL_ASYNC_NEGOTIATE);
	if (test_and_clear_bit(ISC_CONN_CHECK, &conn->flags)) {
		if (isc_conn_is_stuck(conn))
			return -ETIMEDOUT;
		isc_recover_quiet(conn, jiffies - ISC_LOOK_AGAIN);
	}
	isc_conn_go_on(conn);
	if (likely(READ_ONCE(conn->answers) == ISC_ANSWERS_GO))
		isc_tx_collect(conn);
	else
		isc_fence_collect(conn);
	ret = isc_tx(conn);
	if (ret < 0)
		return ret;
	if (unlikely(READ_ONCE(conn->answers) == ISC_ANSWERS_DRAIN))
		isc_fence_sent(conn);
	if (leaving && isc_tx_idle(conn))
		return -ESHUTDOWN;
	return received;
}

static bool isc_conn_has_answers(const struct isc_conn *conn)
{
	return !llist_empty(&conn->done) && READ_ONCE(conn->answers) < ISC_ANSWERS_DRAIN;
}

static bool isc_conn_has_work(const struct isc_conn *conn)
{
	return isc_conn_has_answers(conn) || !llist_empty(&conn->going_on) ||
	       READ_ONCE(conn->fenced) || test_bit(ISC_CONN_ABORTS, &conn->flags) ||
	       test_bit(ISC_CONN_TURN, &conn->flags) ||
	       test_bit(ISC_CONN_PING, &conn->flags) || test_bit(ISC_CONN_CHECK, &conn->flags) ||
	       test_bit(ISC_CONN_LUNS_CHANGED, &conn->flags) ||
	       test_bit(ISC_CONN_ASK_LOGOUT, &conn->flags) ||
	       test_bit(ISC_CONN_NEGOTIATE, &conn->flags) ||
	       (test_bit(ISC_CONN_LOGGED_OUT, &conn->flags) && isc_tx_idle(conn));
}

/* 1: there is more to do; 0: nothing now; -errno: lost. */
static int isc_conn_serve(struct isc_conn *conn)
{
	unsigned int budget = ISC_IO_BUDGET;
	int ret = 1;

	WRITE_ONCE(conn->io_task, current);
	WRITE_ONCE(conn->at_header, false);
	while (ret > 0 && budget--) {
		clear_bit(ISC_CONN_AGAIN, &conn->flags);
		/* What has come before it was set is found now. */
		smp_mb__after_atomic();
		ret = isc_conn_step(conn);
		if (!ret)
			ret = test_bit(ISC_CONN_AGAIN, &conn->flags);
	}
	WRITE_ONCE(conn->at_header, !ret && isc_rx_at_header(conn));
	/* A barrier, as isc_conn_runs() has one. */
	smp_store_mb(conn->io_task, NULL);
	return ret ? ret : test_bit(ISC_CONN_AGAIN, &conn->flags) || isc_conn_has_work(conn);
}

static void isc_io_work(struct work_struct *work)
{
	struct isc_conn *conn = container_of(work, struct isc_conn, io_work);
	int ret;

	switch (READ_ONCE(conn->state)) {
	case ISC_CONN_OPEN:
		/* What it replaces has to end first (RFC 7143 6.3.4, 6.3.5). */
		if (READ_ONCE(conn->waits_for))
			break;
		conn->served = true;
		isc_conn_follow_cpus(conn);
		ret = isc_conn_serve(conn);
		if (ret < 0)
			isc_conn_close(conn);
		else if (ret)
			isc_conn_queue_io(conn);
		break;
	case ISC_CONN_CLOSING:
		isc_conn_queue_close(conn);
		break;
	case ISC_CONN_NEW:
		break;
	}
	isc_conn_put(conn);
}

/* --- keepalive --- */

/* Jiffies until the session has to be looked at for being quiet; 0: it has to be closed. */
static unsigned long isc_ping(struct isc_conn *conn)
{
	unsigned long interval = isc_conn_timeout(conn, ISC_P_NOP_IN_INTERVAL);
	unsigned long timeout = isc_conn_timeout(conn, ISC_P_NOP_IN_TIMEOUT);
	unsigned long quiet = jiffies - READ_ONCE(conn->last_rx);

	if (test_bit(ISC_CONN_PING_SENT, &conn->flags))
		return quiet >= interval + timeout ? 0 : interval + timeout - quiet;
	if (!interval)			/* switched off: look again, it may be switched on */
		return ISC_LOOK_AGAIN;
	if (quiet < interval)
		return interval - quiet;
	set_bit(ISC_CONN_PING, &conn->flags);
	isc_conn_queue_io(conn);
	return timeout;
}

static void isc_keepalive(struct work_struct *work)
{
	struct isc_conn *conn = container_of(to_delayed_work(work), struct isc_conn, keepalive);
	unsigned long delay;

	if (READ_ONCE(conn->state) != ISC_CONN_OPEN)
		return;
	delay = isc_ping(conn);
	if (!delay) {
		isc_err("session %s: no answer for %lu s, closing", conn->sess->scst->sysfs_name,
			(jiffies - READ_ONCE(conn->last_rx)) / HZ);
		isc_conn_close(conn);
		return;
	}
	if (atomic_read(&conn->cmds)) {
		set_bit(ISC_CONN_CHECK, &conn->flags);
		isc_conn_queue_io(conn);
	}
	/* Values may change at any time, so no look is far away. */
	queue_delayed_work(isc_close_wq, &conn->keepalive, clamp_t(unsigned long, delay, 1,
								   ISC_LOOK_AGAIN));
}

/* --- the end --- */

static bool isc_is_of_conn(const struct scst_cmd *sc, const void *conn)
{
	const struct isc_cmd *cmd = container_of(sc, struct isc_cmd, scst);

	return cmd->conn == conn && !cmd->heir;
}

/* Nobody will hear of what is under way, and some of it may wait for long. */
static void isc_conn_abort(struct isc_conn *conn)
{
	if (conn->sess->unordered)
		scst_session_abort(conn->sess->scst, isc_is_of_conn, conn);
	else
		scst_session_abort(conn->sess->scst, NULL, NULL);
}

static void isc_conn_drop(struct isc_conn *conn)
{
	isc_rx_drop(conn);
	isc_tx_drop(conn);
	isc_drop_kept(conn);
	isc_drop_waiting(conn);
	isc_conn_abort(conn);
}

static void isc_conn_detach(struct isc_conn *conn)
{
	isc_conn_unhook(conn);
	kernel_sock_shutdown(conn->sock, SHUT_RDWR);
	cancel_delayed_work_sync(&conn->keepalive);
	if (cancel_work_sync(&conn->io_work))
		isc_conn_put(conn);
	isc_drop_held(conn);
	isc_fence_leave(conn);
	if (isc_may_park(conn))
		isc_park(conn);
	else
		isc_conn_drop(conn);
	conn->detached = true;
}

static void isc_conn_finish(struct isc_conn *conn)
{
	conn->finished = true;
	if (cancel_work_sync(&conn->io_work))
		isc_conn_put(conn);
	if (cancel_delayed_work(&conn->expiry))
		isc_conn_put(conn);
	isc_sess_remove_conn(conn);
	isc_conn_put(conn);
}

/* Commands that have come back go to whom they belong now, or to nobody. */
static void isc_conn_settle(struct isc_conn *conn)
{
	if (conn->parked && test_bit(ISC_CONN_FINAL, &conn->flags)) {
		isc_unpark(conn);
		isc_conn_drop(conn);
	}
	if (conn->erl >= 2)
		isc_sort_parked(conn);
	else
		isc_tx_collect(conn);
	if (conn->parked) {
		isc_sess_release(conn);
		return;
	}
	isc_tx_drop(conn);
	if (!atomic_read(&conn->cmds))
		isc_conn_finish(conn);
}

/*
 * Runs when the connection is to be closed, and again whenever one of its
 * commands has come back, until none is left.
 */
static void isc_close_work(struct work_struct *work)
{
	struct isc_conn *conn = container_of(work, struct isc_conn, close_work);

	if (!conn->finished) {
		if (!conn->detached)
			isc_conn_detach(conn);
		isc_conn_go_on(conn);
		isc_conn_settle(conn);
	}
	isc_conn_put(conn);
}

/* --- the beginning --- */

void isc_conn_set_params(struct isc_conn *conn, const u32 *p)
{
	conn->erl = p[ISCSI_SCST_P_ERROR_RECOVERY_LEVEL];
	conn->header_digest = p[ISCSI_SCST_P_HEADER_DIGEST] == ISCSI_SCST_DIGEST_CRC32C;
	conn->data_digest = p[ISCSI_SCST_P_DATA_DIGEST] == ISCSI_SCST_DIGEST_CRC32C;
	conn->limits.snack = conn->erl;
	conn->limits.max_recv_dsl = p[ISCSI_SCST_P_MAX_RECV_DSL];
	conn->declared_dsl = p[ISCSI_SCST_P_MAX_RECV_DSL];
	conn->limits.first_burst = p[ISCSI_SCST_P_FIRST_BURST];
	conn->limits.immediate_data = p[ISCSI_SCST_P_IMMEDIATE_DATA];
	conn->limits.initial_r2t = p[ISCSI_SCST_P_INITIAL_R2T];
	conn->max_xmit_dsl = p[ISCSI_SCST_P_MAX_XMIT_DSL];
	conn->max_burst = p[ISCSI_SCST_P_MAX_BURST];
	conn->max_r2ts = min_t(u32, p[ISCSI_SCST_P_MAX_OUTSTANDING_R2T], ISC_R2TS);
}

struct isc_conn *isc_conn_create(const struct iscsi_scst_conn *req, struct socket *sock)
{
	struct isc_conn *conn = kzalloc(sizeof(*conn), GFP_KERNEL);

	if (!conn)
		return NULL;
	if (!zalloc_cpumask_var(&conn->cpus, GFP_KERNEL)) {
		kfree(conn);
		return NULL;
	}
	conn->any_cpu = true;
	kref_init(&conn->ref);
	conn->sock = sock;
	conn->state = ISC_CONN_NEW;
	conn->cid = req->cid;
	conn->stat_sn = req->stat_sn;
	conn->acked_sn = req->stat_sn;
	strscpy(conn->peer, req->peer, sizeof(conn->peer));
	strscpy(conn->portal, req->portal, sizeof(conn->portal));
	INIT_WORK(&conn->io_work, isc_io_work);
	INIT_WORK(&conn->close_work, isc_close_work);
	INIT_DELAYED_WORK(&conn->keepalive, isc_keepalive);
	init_llist_head(&conn->done);
	init_llist_head(&conn->going_on);
	INIT_LIST_HEAD(&conn->tx_queue);
	INIT_LIST_HEAD(&conn->kept);
	INIT_LIST_HEAD(&conn->tasks);
	INIT_DELAYED_WORK(&conn->expiry, isc_expire);
	hash_init(conn->waiting);
	isc_conn_set_params(conn, req->params);
	return conn;
}

int isc_conn_start(struct isc_conn *conn)
{
	conn->last_rx = jiffies;
	isc_conn_follow_cpus(conn);
	isc_conn_attach(conn);
	queue_delayed_work(isc_close_wq, &conn->keepalive, HZ);
	if (cmpxchg(&conn->state, ISC_CONN_NEW, ISC_CONN_OPEN) != ISC_CONN_NEW) {
		/* Closed meanwhile, and the close work may have been here before the hooks. */
		isc_conn_unhook(conn);
		cancel_delayed_work_sync(&conn->keepalive);
		return -ENOTCONN;
	}
	/* Commands may be waiting in the socket already. */
	isc_conn_queue_io(conn);
	return 0;
}
