/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * iscsi_scst.ko: iSCSI in full feature phase (RFC 7143). Login and discovery
 * are the daemon's (include/uapi/iscsi_scst.h).
 *
 * Each connection has one work item, and only this reads from and writes to
 * its socket; it runs on the CPU where the packets come in. rx.c and tx.c are
 * small state machines that it turns: each step returns 1 (progress), 0 (has
 * to wait for the socket) or -errno (the connection is lost). A command that
 * needs no waiting is received, executed and answered in one run of the work.
 */
#ifndef ISC_H
#define ISC_H

#include <linux/hashtable.h>
#include <linux/kref.h>
#include <linux/llist.h>
#include <linux/mutex.h>
#include <linux/net.h>
#include <linux/workqueue.h>
#include <net/sock.h>

#include "../../include/scst.h"
#include "../../include/uapi/iscsi_scst.h"
#include "../../lib/iscsi_pdu.h"
#include "../../lib/iscsi_seq.h"

#define isc_err(fmt, ...)	pr_err("iscsi-scst: ***ERROR***: " fmt "\n", ##__VA_ARGS__)
#define isc_info(fmt, ...)	pr_info("iscsi-scst: " fmt "\n", ##__VA_ARGS__)

#define ISC_MAX_DSL		(1u << 20)	/* largest data segment we offer to take */
#define ISC_R2TS		4		/* R2Ts of one command under way */
#define ISC_LOGOUT_TIME		5	/* seconds to log out in, when asked to */
#define ISC_MAX_IMMEDIATE	64		/* immediate requests under way, per session */
#define ISC_MAX_PING		8192		/* bytes of a ping that are sent back */
#define ISC_ACK_BYTES		(256u << 10)	/* a read from which on its data is to be acknowledged */
#define ISC_DIGEST_LEN		4
#define ISC_PORTAL_GROUP	1	/* all portals are in one (RFC 7143 13.9) */
#define ISC_MAX_AHS		1020
#define ISC_AHS_ROOM	32	/* of a long CDB and a second length, with digest */
#define ISC_CDB_REST		(SL_CDB_MAX - 16)	/* of a long CDB, from the AHS */

/* Target parameters beyond those negotiated at login (sysfs names, seconds). */
enum isc_tgt_param {
	ISC_P_QUEUED_COMMANDS = ISCSI_SCST_P_COUNT,
	ISC_P_RSP_TIMEOUT,
	ISC_P_NOP_IN_INTERVAL,
	ISC_P_NOP_IN_TIMEOUT,
	ISC_P_MAX_SESSIONS,
	ISC_P_PER_PORTAL_ACL,
	ISC_P_AEN_DISABLED,
	ISC_P_COUNT
};

enum isc_param_kind { ISC_NUMBER, ISC_BOOL, ISC_FLAG, ISC_DIGEST };

struct isc_param {
	const char *name;
	enum isc_param_kind kind;
	u32 min, max, dflt;
};

extern const struct isc_param isc_params[ISC_P_COUNT];

/* What an admin added: accounts and portals (attr.c). */
struct isc_attrs {
	struct mutex lock;		/* protects the list and what is in it */
	struct list_head list;
};

struct isc_redirect {
	u32 kind;			/* ISCSI_SCST_REDIRECT_* */
	char to[ISCSI_SCST_ADDRESS_LEN];
};

struct isc_tgt {
	struct scst_tgt *tgt;
	u32 tid;
	u32 params[ISC_P_COUNT];	/* single words: written and read without a lock */
	struct isc_attrs attrs;
	struct mutex lock;		/* protects @sessions, successors, @redirect */
	struct isc_redirect redirect;
	struct list_head sessions;
	unsigned int nr_sessions;
};

enum isc_fence {
	ISC_FENCE_NONE,
	ISC_FENCE_BEFORE,		/* earlier answers are to be acknowledged */
	ISC_FENCE_AFTER,		/* the answer itself is */
};

struct isc_sess {
	struct scst_session *scst;
	struct isc_tgt *tgt;
	struct list_head conns;		/* as they came; changed under @lock and tgt->lock */
	struct list_head entry;
	u8 isid[6];
	u16 tsih;
	bool reinstated;		/* a newer session has taken its place */
	bool closing;			/* under @lock: no connection may join it any more */
	bool unordered;			/* requests may overtake each other, see window.c */
	u32 params[ISCSI_SCST_P_COUNT];
	spinlock_t lock;
	struct mutex park_lock;		/* see reassign.c */

	/* Under @lock if @unordered; else the one connection's work only. */
	u32 exp_cmd_sn;
	u32 max_cmd_sn;
	u32 in_window;			/* commands that hold a place in the window */
	u32 immediate;
	bool delivering;		/* the one with exp_cmd_sn is being handed over */
	struct list_head held;		/* by CmdSN: those that came too early */
	u32 held_bytes;			/* beside them */
	struct list_head early_tms;	/* immediate ones that wait for what was sent before them */

	/* Under @lock, see fence.c */
	enum isc_fence fence;
	struct list_head fences;	/* answers that go out one by one, by isc_cmd.held */
};

enum isc_conn_state {
	ISC_CONN_NEW,			/* the daemon still has to send its last response */
	ISC_CONN_OPEN,
	ISC_CONN_CLOSING,
};

/* What becomes of a connection's answers, see fence.c. */
enum isc_answers {
	ISC_ANSWERS_GO,
	ISC_ANSWERS_COLLECT,		/* those that are there go, and are the last */
	ISC_ANSWERS_DRAIN,		/* these are to be acknowledged; later ones wait */
	ISC_ANSWERS_STOPPED,		/* they are */
};

#define ISC_CONN_ABORTS		0	/* flag: commands that wait for data were aborted */
#define ISC_CONN_PING		1	/* flag: time for a NOP-In */
#define ISC_CONN_PING_SENT	2	/* flag: and it was not answered yet */
#define ISC_CONN_LOGGED_OUT	3	/* flag: close after what is in the send queue */
#define ISC_CONN_LUNS_CHANGED	5	/* flag: tell the initiator */
#define ISC_CONN_CHECK		4	/* flag: see whether the initiator lets something wait */
#define ISC_CONN_TURN		6	/* flag: it may be the turn of a held request */
#define ISC_CONN_ASK_LOGOUT	9	/* flag: tell the initiator that it shall log out */
#define ISC_CONN_FINAL		8	/* flag: closed with its tasks, nothing is to be taken over */
#define ISC_CONN_NEGOTIATE	10	/* flag: tell the initiator that it shall negotiate */
#define ISC_CONN_STALLED	7	/* flag: nothing is received until held requests have gone */
#define ISC_CONN_AGAIN		11	/* flag: something has come while the work ran */

enum isc_rx_step {
	ISC_RX_BHS,
	ISC_RX_AHS,			/* and the header digest */
	ISC_RX_STALLED,			/* the header is there, but no room for the request */
	ISC_RX_DATA,
	ISC_RX_TRAILER,			/* padding and data digest */
};

enum isc_tx_step {
	ISC_TX_IDLE,
	ISC_TX_HEAD,
	ISC_TX_PAGES,
	ISC_TX_TRAILER,
};

/* What waits in a connection's send queue: an answer, or one R2T. */
struct isc_tx {
	struct list_head entry;
	struct isc_cmd *cmd;
	struct isc_burst *r2t;		/* NULL: the answer of @cmd */
};

struct isc_burst {
	struct sl_burst seq;
	u32 ttt;
	u32 r2t_sn;
	u32 len;
	bool active;
	bool broken;			/* a PDU of it is missing: the rest is not taken */
	struct isc_tx tx;
};

enum isc_cmd_kind {
	ISC_CMD_SCSI,
	ISC_CMD_TASK_MGMT,
	ISC_CMD_NOP,			/* an answer to a NOP-Out */
	ISC_CMD_PING,			/* a NOP-In of ours */
	ISC_CMD_LOGOUT,
	ISC_CMD_TEXT,
	ISC_CMD_REJECT,
	ISC_CMD_ASYNC,			/* isc_cmd.result says which */
	ISC_CMD_HELD,			/* a request that came before its turn, see window.c */
};

/* One request of the initiator (or ping of ours), from its header to its answer. */
struct isc_cmd {
	union {
		struct scst_cmd scst;	/* ISC_CMD_SCSI */
		struct scst_tm tm;	/* ISC_CMD_TASK_MGMT */
	};
	struct isc_conn *conn;
	enum isc_cmd_kind kind;
	bool admitted;			/* counted in the session until its answer goes out */
	bool in_window;			/* and holds a place in the command window */
	bool abandoned;			/* held: aborted before its turn, under sess->lock */
	u8 cdb_len;
	u8 result;			/* reject reason, TMF response, logout response */
	u8 bhs[SL_BHS_LEN + ISC_CDB_REST];	/* it ends with the CDB, which may go on */

	struct hlist_node waiting;	/* conn->waiting, while data is to come */
	unsigned long waits_since;	/* jiffies, when data came last */
	struct sl_write_seq write;
	enum sl_sense failed;		/* data went wrong */
	u32 active_bursts;
	struct isc_burst unsolicited;
	struct isc_burst bursts[ISC_R2TS];

	struct list_head held;		/* sess->held, ->early_tms, ->fences */

	/* From recovery level 1 on, see recovery.c */
	bool numbered;			/* it has @stat_sn */
	bool kept;			/* in conn->kept, by @tx */
	bool data_gone;
	bool restart;			/* all data is to be sent from the beginning */
	u32 stat_sn;
	u32 dsl;			/* largest data segment, if all had the same limit */
	u32 replay_sn, replay_end;	/* DataSNs to be sent again */
	u32 data_acked;
	u32 ack_tag;
	u32 snack_tag;
	struct list_head task;		/* conn->tasks, at level 2 */
	struct isc_conn *heir;		/* who answers it once it has executed, with a reference */
	unsigned long asked_since;	/* jiffies, when missing data was asked for again */

	struct llist_node done;		/* conn->done, and before conn->going_on */
	struct isc_tx tx;
	u32 data_sent;
	u32 data_sn;

	void *ping;			/* ISC_CMD_NOP, ISC_CMD_TEXT: a data segment of no pages */
	u32 ping_len;

	u8 size;			/* index of isc_cmd_sizes */
	struct bio_vec room[];		/* for data in many pieces */
};

struct isc_conn {
	struct isc_sess *sess;
	struct list_head entry;		/* sess->conns */
	struct socket *sock;
	enum isc_conn_state state;
	unsigned long flags;
	u16 cid;
	u16 tsih;
	u32 handle;			/* for the daemon, while ISC_CONN_NEW */
	struct kref ref;
	atomic_t cmds;			/* requests and pings that are not freed yet */
	bool in_turn;			/* io work: a request of it is being handed over */
	unsigned int waits_for;		/* connections that must end first, under tgt->lock */
	struct isc_conn *successor;	/* one that waits for the end of this one, likewise */
	struct isc_cmd *mourner;	/* a logout that does, under sess->lock */
	bool detached;			/* close work: the socket is ours no more */
	bool finished;			/* close work: everything is given back */
	struct scst_dir *dir;
	char peer[ISCSI_SCST_PORTAL_LEN];
	char portal[ISCSI_SCST_PORTAL_LEN];

	bool local;			/* the initiator runs on this machine */
	bool at_header;			/* the work sleeps until a PDU begins */
	unsigned int crowd;		/* above 0: several commands were under way lately */
	struct work_struct io_work;
	struct task_struct *io_task;	/* runs io_work now */
	struct work_struct close_work;
	struct delayed_work keepalive;
	unsigned long last_rx;		/* jiffies */
	unsigned long last_tx;		/* jiffies, when the send queue moved last */
	void (*old_data_ready)(struct sock *sk);
	void (*old_state_change)(struct sock *sk);
	void (*old_write_space)(struct sock *sk);

	u32 erl;			/* error recovery level */
	u32 spoiled;			/* headers with a wrong digest, one after the other */
	struct list_head kept;		/* sent and not acknowledged, by StatSN */
	u32 nr_kept;
	u32 kept_bytes;

	/* From level 2 on, see reassign.c */
	bool served;			/* io work: it was in use */
	bool any_cpu;			/* @cpus are all */
	cpumask_var_t cpus;		/* the session's, as of its change @cpus_changed */
	u32 cpus_changed;
	bool parked;			/* under sess->park_lock: lost, its tasks may be taken over */
	struct list_head tasks;		/* under sess->lock: SCSI commands, until they are freed */
	struct delayed_work expiry;	/* the end: of parked tasks, of the time to log out */
	bool header_digest;
	bool data_digest;
	struct sl_iscsi_limits limits;
	u32 declared_dsl;		/* the MaxRecvDataSegmentLength that it was told last */
	u32 max_xmit_dsl;
	u32 max_burst;
	u32 max_r2ts;

	/* Receiving */
	enum isc_rx_step rx_step;
	u32 rx_done;			/* bytes of this step */
	u32 rx_len;			/* bytes of the data segment */
	u32 rx_crc;
	u8 rx_bhs[SL_BHS_LEN];
	u8 rx_small[8];			/* padding, digests */
	u8 *rx_ahs;			/* @rx_ahs_room, or larger */
	u8 rx_ahs_room[ISC_AHS_ROOM];
	struct isc_cmd *rx_cmd;		/* whose data segment this is; NULL: throw it away */
	struct isc_burst *rx_burst;
	u32 rx_offset;			/* where the segment stands in the command's data */
	enum sl_iscsi_reject rx_reject;
	bool rx_discard;		/* its header is damaged: it was never sent */

	/* Sending */
	enum isc_tx_step tx_step;
	struct llist_head done;		/* commands that were completed, from any context */
	struct llist_head going_on;	/* those that isc_go_on() was given */
	struct list_head tx_queue;
	struct isc_tx *tx;
	bool tx_last;			/* the PDU under way is the last of @tx */
	u8 tx_head[SL_BHS_LEN + ISC_DIGEST_LEN + SL_SENSE_LEN + 8 + ISC_DIGEST_LEN];
	u32 tx_head_len;
	u32 tx_done;			/* bytes of this step */
	u32 tx_offset;			/* pages: where in the command's data */
	u32 tx_len;
	u8 tx_trailer[3 + ISC_DIGEST_LEN];
	u32 tx_trailer_len;

	u32 stat_sn;
	u32 acked_sn;			/* the initiator has all before this StatSN */
	enum isc_answers answers;	/* changed under sess->lock */
	struct isc_cmd *fenced;		/* under sess->lock: goes out while the others wait */
	u32 next_ttt;
	DECLARE_HASHTABLE(waiting, 5);	/* by initiator task tag */
};

/* main.c */
extern struct workqueue_struct *isc_wq;
extern struct workqueue_struct *isc_close_wq;
extern const struct scst_driver_ops isc_ops;

/* ctl.c */
int isc_ctl_init(void);
void isc_ctl_exit(void);
void isc_ctl_changed(void);
bool isc_ctl_attached(void);	/* is a daemon there? */

/* attr.c */
extern const char *const isc_driver_dyn_attrs[];
extern const char *const isc_tgt_dyn_attrs[];
extern struct isc_attrs isc_discovery_attrs;
void isc_attrs_init(struct isc_attrs *attrs);
void isc_attrs_free(struct isc_attrs *attrs);
int isc_change_attr(struct scst_tgt *tgt, struct scst_dir *dir, bool add, const char *name,
		    char *value);
int isc_get_account(struct isc_attrs *attrs, struct iscsi_scst_account *account);
bool isc_portal_allowed(struct isc_attrs *attrs, const char *portal);

/* tgt.c */
void isc_driver_enabled(bool on);
bool isc_tgt_enabled(const struct isc_tgt *tgt);	/* it and the driver */
int isc_add_target(struct scst_tgt *tgt);
int isc_set_tgt_param(struct scst_tgt *tgt, const char *name, const char *value);
void isc_free_target(struct scst_tgt *tgt);
void isc_enabled_changed(struct scst_tgt *tgt);
/* The target with a reference (scst_tgt_put()), or NULL. */
struct isc_tgt *isc_tgt_get(u32 tid);
struct isc_tgt *isc_tgt_get_by_name(const char *name);
/* Calls @fn for every target, which must not sleep for long. */
void isc_visit_tgts(void *arg, void (*fn)(struct isc_tgt *tgt, void *arg));
/* "ADDR[:PORT] temp" or "perm", or nothing; 0, -EINVAL, -ERANGE */
int isc_redirect_parse(const char *text, struct isc_redirect *redirect);
/* An address, IPv6 in brackets, with or without a port. */
bool isc_address_ok(const char *text);
int isc_param_parse(enum isc_tgt_param id, const char *text, u32 *value);
ssize_t isc_param_show(enum isc_tgt_param id, u32 value, char *buf, bool mark);
extern const char *const isc_tgt_param_names[];

/* sess.c */
u16 isc_transport_id(const char *initiator_name, const void *priv, u8 *id);
int isc_sess_create(struct isc_tgt *tgt, const struct iscsi_scst_conn *req, struct isc_conn *conn);
/* The further connection of a session; -ESRCH, -EUSERS */
int isc_sess_join(struct isc_tgt *tgt, const struct iscsi_scst_conn *req, struct isc_conn *conn);
int isc_sess_get_window(struct isc_tgt *tgt, struct iscsi_scst_session *req);
/* The end of a connection without commands, and of the session with its last one. */
void isc_sess_remove_conn(struct isc_conn *conn);
/* A logout of connection @cid: @logout is completed when that has ended. False: no such one. */
bool isc_sess_close_cid(struct isc_cmd *logout, u16 cid, bool final);
/* Who waits for the end of the connection need not any more: it is parked. */
void isc_sess_release(struct isc_conn *conn);
/* A logout of the session: all its connections but this one are closed. */
void isc_sess_close_others(struct isc_conn *conn);
void isc_close_session(struct scst_session *sess);
void isc_luns_changed(struct scst_session *sess);
void isc_tgt_renegotiate(struct isc_tgt *tgt);	/* asks all initiators to */

/* conn.c */
void isc_conn_set_params(struct isc_conn *conn, const u32 *params);
struct isc_conn *isc_conn_create(const struct iscsi_scst_conn *req, struct socket *sock);
int isc_conn_start(struct isc_conn *conn);	/* -ENOTCONN: closed meanwhile */
void isc_conn_close(struct isc_conn *conn);
void isc_conn_end(struct isc_conn *conn);	/* with its tasks, parked or not */
/* The initiator shall log out; else it ends after ISC_LOGOUT_TIME. */
void isc_conn_ask_logout(struct isc_conn *conn);
void isc_conn_expire(struct isc_conn *conn, unsigned long delay);	/* ends after @delay */
void isc_conn_queue_io(struct isc_conn *conn);
/* Something is in conn->done: whoever serves the connection now shall see it. */
void isc_conn_kick(struct isc_conn *conn);
void isc_conn_get(struct isc_conn *conn);
void isc_conn_put(struct isc_conn *conn);

/* digest.c: goes on with @crc over @len bytes at @offset of @bv */
u32 isc_crc_pages(u32 crc, const struct bio_vec *bv, u32 offset, u32 len);

/* rx.c: of @len bytes to come, how many shall be there before anybody is woken for them. */
u32 isc_rx_lowat(const struct sock *sk, u32 len);
/* The next byte begins a PDU. In the connection's work. */
bool isc_rx_at_header(const struct isc_conn *conn);
/* Receives up to the end of one PDU; 1 got it, 0 has to wait, -errno. */
int isc_rx(struct isc_conn *conn);
void isc_rx_drop(struct isc_conn *conn);
/* tx.c: sends all there is; 0 done or has to wait, -errno */
int isc_tx(struct isc_conn *conn);
bool isc_tx_idle(const struct isc_conn *conn);
void isc_tx_drop(struct isc_conn *conn);
void isc_tx_queue(struct isc_conn *conn, struct isc_tx *tx);
void isc_tx_collect(struct isc_conn *conn);
void isc_tx_answer(struct isc_conn *conn, struct isc_cmd *cmd);	/* or forgets it, if nobody waits */

/* fence.c: False: it is an answer as others are, complete it. */
bool isc_fence_hold(struct isc_cmd *cmd);
/* In the connection's io work: before its answers are sent, if they do not just go; and after. */
void isc_fence_collect(struct isc_conn *conn);
void isc_fence_sent(struct isc_conn *conn);
/* The connection ends: nobody waits for it any more, what it has held back comes back. */
void isc_fence_leave(struct isc_conn *conn);
void isc_fence_join(struct isc_conn *conn);	/* a new one; under sess->lock */

/*
 * cmd.c: requests; all but isc_go_on(), isc_xmit_response() and isc_abort_cmd() in the
 * connection's work
 */
int isc_cmd_init(void);		/* -ENOMEM */
void isc_cmd_exit(void);
struct isc_cmd *isc_cmd_alloc(struct isc_conn *conn, enum isc_cmd_kind kind);
/* Allocates for the request in conn->rx_bhs, if it may enter: 1 *cmd, 0 drop it, -errno. */
int isc_cmd_admit(struct isc_conn *conn, enum isc_cmd_kind kind, struct isc_cmd **cmd);
/* Its answer is being sent: the window opens. */
void isc_cmd_leave(struct isc_cmd *cmd);
void isc_cmd_free(struct isc_cmd *cmd);
void isc_cmd_reset_bursts(struct isc_cmd *cmd);
void isc_cmd_set_cdb(struct isc_cmd *cmd, const u8 *cdb_rest, u32 rest_len);
int isc_scsi_cmd(struct isc_conn *conn, const u8 *cdb_rest, u32 rest_len);
void isc_scsi_deliver(struct isc_cmd *cmd);
void isc_expect_unsolicited(struct isc_cmd *cmd, u32 immediate);
bool isc_wait_for_data(struct isc_cmd *cmd);
void isc_stop_waiting(struct isc_cmd *cmd);
struct isc_cmd *isc_find_waiting(struct isc_conn *conn, u32 itt);
void isc_send_r2t(struct isc_cmd *cmd, const struct sl_r2t *r2t);
void isc_write_continue(struct isc_cmd *cmd);	/* asks for what is missing, or executes */
void isc_scsi_cmd_data(struct isc_cmd *cmd, bool digest_ok);
void isc_data_out(struct isc_conn *conn);
void isc_data_out_done(struct isc_cmd *cmd, struct isc_burst *burst, bool digest_ok);
void isc_complete(struct isc_cmd *cmd);	/* any context */
void isc_answer(struct isc_cmd *cmd);	/* the same, behind those that are to be seen first */
void isc_reap_aborted(struct isc_conn *conn);
void isc_drop_waiting(struct isc_conn *conn);
/* Does a command wait for data that last came before @limit (jiffies)? */
bool isc_waits_since(struct isc_conn *conn, unsigned long limit);
void isc_go_on(struct scst_cmd *cmd);
void isc_xmit_response(struct scst_cmd *cmd);
void isc_abort_cmd(struct scst_cmd *cmd);

/* task.c: everything that is no SCSI command */
int isc_task_mgmt(struct isc_conn *conn);
void isc_tm_begin(struct isc_cmd *cmd);
void isc_tm_done(struct scst_tm *tm);
int isc_nop_out(struct isc_conn *conn);
void isc_nop_deliver(struct isc_cmd *cmd);
bool isc_logout_ok(const u8 *bhs);
int isc_logout(struct isc_conn *conn);
void isc_logout_begin(struct isc_cmd *cmd);
bool isc_logout_ends(const struct isc_cmd *cmd);	/* the connection that it came on */
void isc_reject(struct isc_conn *conn, enum sl_iscsi_reject reason);
void isc_send_ping(struct isc_conn *conn);
void isc_send_async(struct isc_conn *conn, u8 event);	/* SL_ASYNC_* */

/* recovery.c */
int isc_keep(struct isc_cmd *cmd);
void isc_drop_kept(struct isc_conn *conn);
void isc_acknowledge(struct isc_conn *conn, u32 exp_stat_sn);
void isc_snack(struct isc_conn *conn);
void isc_recover_burst(struct isc_cmd *cmd, struct isc_burst *burst);
void isc_recover_quiet(struct isc_conn *conn, unsigned long limit);

void isc_unkeep(struct isc_cmd *cmd);

/* reassign.c */
bool isc_may_park(const struct isc_conn *conn);
void isc_park(struct isc_conn *conn);
void isc_unpark(struct isc_conn *conn);
void isc_sort_parked(struct isc_conn *conn);
void isc_task_enter(struct isc_cmd *cmd);
void isc_task_leave(struct isc_cmd *cmd);
u8 isc_reassign(struct isc_conn *conn, u32 itt, u32 exp_data_sn);

/* Has the initiator asked for data of it once more? */
static inline bool isc_replay_pending(const struct isc_cmd *cmd)
{
	return cmd->restart || cmd->replay_sn != cmd->replay_end;
}

/* text.c */
bool isc_text_fits(const u8 *bhs);
int isc_text(struct isc_conn *conn);
void isc_text_deliver(struct isc_cmd *cmd);
void isc_text_done(struct isc_cmd *cmd);	/* all of it was received */

/* window.c: the request of conn->rx_bhs by its CmdSN */
enum isc_turn {
	ISC_TURN_NOW,
	ISC_TURN_LATER,
	ISC_TURN_PAST,			/* it was received before: drop it */
};

enum isc_turn isc_sess_turn(struct isc_conn *conn);
/* Does it enter the window? 1 yes, 0 drop it, -errno */
int isc_sess_admit(struct isc_conn *conn, bool *in_window);
void isc_sess_leave(struct isc_sess *sess, bool in_window);
void isc_sess_delivered(struct isc_conn *conn);
int isc_hold(struct isc_conn *conn, const u8 *cdb_rest, u32 rest_len);
void isc_held_ready(struct isc_cmd *cmd);
void isc_held_free(struct isc_cmd *cmd);
void *isc_held_data(struct isc_cmd *cmd, u32 *len);
void isc_deliver_held(struct isc_conn *conn);
void isc_drop_held(struct isc_conn *conn);
bool isc_held_since(struct isc_conn *conn, unsigned long limit);
/* An immediate one waits for what was sent before it; false: all of that has come. */
bool isc_tm_wait(struct isc_cmd *cmd);
bool isc_fill_gap(struct isc_conn *conn, u32 sn, u32 before);

/* sysfs.c */
void isc_get_isns(struct iscsi_scst_isns *isns);
extern const struct attribute *const isc_driver_attrs[];
extern const struct attribute *const isc_tgt_attrs[];
extern const struct attribute *const isc_sess_attrs[];
extern const struct attribute *const isc_conn_attrs[];

#endif
