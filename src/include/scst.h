/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one header that device handlers and target drivers see of scst.ko.
 *
 * A target driver makes sessions and commands and sends responses; a handler
 * executes commands on a device; neither knows the other. Both meet the core
 * through const ops structs.
 *
 * The way of a command (driver's calls on the left):
 *
 *	scst_cmd_init()   - who sent what to which LUN
 *	scst_cmd_enter()  - its place among the commands of the LUN (optional)
 *	scst_cmd_parse()  - LUN lookup, decoding, checks; sets cmd->exec,
 *	                    gives a buffer for data to come in
 *	(driver receives cmd->out_len bytes into cmd->bvec)
 *	scst_cmd_exec()   - calls cmd->exec; the handler ends it by
 *	                    scst_cmd_complete(), which calls ops->xmit_response()
 *	(driver sends cmd->in_len bytes, status, sense)
 *	scst_cmd_free()   - gives everything back
 *
 * Results of SCSI commands are enum sl_sense or a status byte, results of
 * system work are 0 or -errno; they never share a return value.
 */
#ifndef SCST_H
#define SCST_H

#include <linux/atomic.h>
#include <linux/bvec.h>
#include <linux/kobject.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/sysfs.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

/* Beside this file where scst-dev has installed it. */
#include "lib/alua.h"
#include "lib/cdb.h"
#include "lib/dif.h"
#include "lib/inquiry.h"
#include "lib/lun.h"
#include "lib/mode.h"
#include "lib/pr.h"
#include "lib/sense.h"

#define SCST_INLINE_VECS	4
#define SCST_CHUNK_ORDER	4	/* largest piece of a buffer */
#define SCST_HANDLER_ROOM	64	/* bytes */
#define SCST_MAX_TRANSFER	(8u << 20)	/* bytes in one command */

/* SAM-5 5.3.1 */
#define SCST_GOOD		0x00
#define SCST_CHECK_CONDITION	0x02
#define SCST_CONDITION_MET	0x04
#define SCST_BUSY		0x08
#define SCST_RESERVATION_CONFLICT 0x18
#define SCST_TASK_SET_FULL	0x28
#define SCST_ACA_ACTIVE		0x30
#define SCST_TASK_ABORTED	0x40

struct scst_acg;
struct scst_cmd;
struct scst_dev_group;
struct scst_device;
struct scst_driver;
struct scst_handler;
struct scst_ident;
struct scst_pool;
struct scst_session;
struct scst_tgt;
struct scst_tm;

/*
 * A directory of the sysfs tree. It outlives neither reads nor writes of its
 * attributes: scst_dir_remove() waits for them, so @owner may be freed after it.
 */
struct scst_dir {
	struct kobject kobj;
	void *owner;
};

static inline struct scst_dir *scst_dir_of(struct kobject *kobj)
{
	return container_of(kobj, struct scst_dir, kobj);
}

/* NULL if there is no memory. @attrs: kobj_attributes, NULL-terminated, or NULL. */
struct scst_dir *scst_dir_create(const char *name, struct scst_dir *parent, void *owner,
				 const struct attribute *const *attrs);
void scst_dir_remove(struct scst_dir *dir);

/* --- commands ------------------------------------------------------------ */

enum scst_cmd_state {
	SCST_CMD_NEW,		/* initialised, nothing looked at */
	SCST_CMD_ENTERED,	/* has its place in the task set, the CDB is decoded */
	SCST_CMD_PARSED,	/* checked; the driver may be receiving its data */
	SCST_CMD_EXEC,		/* with the handler */
	SCST_CMD_DONE,		/* status is set, the driver sends the response */
	SCST_CMD_FREE,		/* given back */
};

#define SCST_CMD_ABORTED	0	/* bit of scst_cmd.flags: see scst_cmd_answer() */
#define SCST_CMD_DEFERRED	1	/* bit: runs in a worker of its own, may block */
#define SCST_CMD_SHARED_BUF	2	/* bit: the pages belong to somebody else */
#define SCST_CMD_INTERNAL	4	/* bit: of the copy manager, the driver does not know it */
#define SCST_CMD_STABLE_IN	3	/* bit, by the driver: data read must not change any more */
#define SCST_CMD_HELD		5	/* bit: waits for others, by its task attribute or theirs */
#define SCST_CMD_TELL_ABORTED	6	/* bit, of an aborted one: its initiator is told (TAS) */
#define SCST_CMD_WELL_KNOWN	7	/* bit: to the REPORT LUNS well-known logical unit */
#define SCST_CMD_BY_TOKEN	8	/* bit, internal: reads what a token was given for */
#define SCST_CMD_VANISHED	9	/* bit: into a black hole; is held until it is aborted */

/* Task attributes (SAM-5 8.6) */
enum scst_task_attr {
	SCST_SIMPLE,
	SCST_ORDERED,
	SCST_HEAD_OF_QUEUE,
	SCST_ACA,
};

/*
 * Protection information that a command transfers (SBC-3 4.22): SL_DIF_LEN bytes a block. The
 * handler has it in one piece at cmd->pi, apart from the data in cmd->bvec. The driver says
 * before parsing how it comes and goes on its side:
 */
enum scst_pi_way {
	SCST_PI_INLINE,		/* behind each block's data; the core takes it apart, or joins it */
	SCST_PI_APART,		/* the driver moves cmd->pi_len bytes from, or to, cmd->pi itself */
	SCST_PI_NONE,		/* not at all, whatever the CDB says: it is made, and checked, here */
};

/* Checks of protection information that have failed. */
struct scst_dif_failures {
	atomic64_t app, ref, guard;
};

struct scst_cmd {
	struct scst_session *sess;
	struct scst_tgt_dev *tgt_dev;	/* NULL: no such LUN */
	struct scst_device *dev;	/* NULL: no such LUN */
	enum scst_cmd_state state;
	unsigned long flags;
	u64 tag;			/* the driver's, unique in the session */
	u8 attr;			/* enum scst_task_attr; the driver's too, before parsing */

	const u8 *cdb_bytes;		/* valid until the command is freed */
	u8 cdb_len;
	u8 status;			/* SCSI status */
	u8 sense_len;
	u32 lun;
	struct sl_cdb cdb;		/* decoded */
	enum sl_sense decoded;		/* ... or why it could not be */

	enum sl_dir expected_dir;	/* what the initiator announced */
	u32 expected_len;
	u32 out_len;			/* bytes to receive: min(expected, CDB's) */
	u32 in_len;			/* bytes to send: min(expected, there are) */
	s32 residual;			/* > 0 underflow, < 0 overflow (RFC 7143 11.4.5) */

	struct bio_vec *bvec;		/* data, in or out */
	u32 nr_bvec;
	u32 buf_len;
	u32 max_bvec;			/* there is room for so many at @bvec */
	u32 nr_room;
	struct bio_vec *room;		/* for @nr_room more; the driver's, before parsing, or NULL */
	struct bio_vec inline_bvec[SCST_INLINE_VECS];

	u8 pi_way;			/* enum scst_pi_way; the driver's, before parsing */
	u32 pi_len;			/* bytes at @pi, 0: none is transferred */
	u8 *pi;				/* has room for one block behind them */

	void (*exec)(struct scst_cmd *cmd);
	void (*done)(struct scst_cmd *cmd);	/* the driver's xmit_response() */
	union {				/* the handler's, while it executes */
		void *handler_priv;
		u64 handler_room[SCST_HANDLER_ROOM / sizeof(u64)];
	};
	struct work_struct work;
	struct list_head tgt_dev_entry;
	struct list_head held_entry;	/* ... or of those that wait for a thread */

	u64 began, exec_began, exec_ended;	/* ns; 0: latency is not measured */

	u8 sense[SL_SENSE_LEN];
};

/* What a handler keeps in @handler_room, and back again. */
#define scst_handler_room(cmd, type) ({					\
	BUILD_BUG_ON(sizeof(type) > SCST_HANDLER_ROOM);			\
	(type *)(cmd)->handler_room;					\
})
#define scst_handler_cmd(p)						\
	container_of((void *)(p), struct scst_cmd, handler_room)

/*
 * How many vectors the data of a command takes, unless memory is in pieces: a driver that has
 * this much room in, or behind, a command of its own saves another allocation.
 */
static inline u32 scst_vecs_of(enum sl_dir dir, u32 len)
{
	/* Read from the page cache it is single pages, and begins and ends in the middle of one. */
	if (dir == SL_DIR_IN)
		return DIV_ROUND_UP(len, PAGE_SIZE) + 1;
	return DIV_ROUND_UP(len, PAGE_SIZE << SCST_CHUNK_ORDER);
}

/* INVALID FIELD IN CDB, with a field pointer to byte @byte of it (SPC-4 4.5.2.4.2). */
static inline enum sl_sense scst_bad_cdb(struct scst_cmd *cmd, u8 byte)
{
	cmd->cdb.bad_byte = byte;
	return SL_INVALID_CDB_FIELD;
}

void scst_cmd_init(struct scst_cmd *cmd, struct scst_session *sess, const u8 *lun,
		   const u8 *cdb, u8 cdb_len);

/*
 * For drivers that get commands where they must not sleep, before scst_cmd_parse(), which does it
 * otherwise. True: neither parsing nor executing this one sleeps, or allocates; go on right here.
 */
bool scst_cmd_enter(struct scst_cmd *cmd);

/*
 * After this the state is SCST_CMD_PARSED: receive cmd->out_len bytes into
 * cmd->bvec, then scst_cmd_exec(); or SCST_CMD_DONE: it has failed, send the
 * response without waiting for data. May sleep for memory.
 */
void scst_cmd_parse(struct scst_cmd *cmd);

/* Executes; ops->xmit_response() may be called before this returns. */
void scst_cmd_exec(struct scst_cmd *cmd);

/* Gives back a command in any state but SCST_CMD_EXEC; not its memory. */
void scst_cmd_free(struct scst_cmd *cmd);

/*
 * For drivers that may have to send a response again: the command, in SCST_CMD_DONE, has
 * ended for everybody else, its data stays until scst_cmd_drop_pages() or scst_cmd_free().
 */
void scst_cmd_retire(struct scst_cmd *cmd);

static inline bool scst_cmd_aborted(const struct scst_cmd *cmd)
{
	return test_bit(SCST_CMD_ABORTED, &cmd->flags);
}

/*
 * For drivers, before the response to a command in SCST_CMD_DONE: false if there is to be
 * none, because it was aborted. One that another nexus has aborted may have to be told so: its
 * status is TASK ABORTED then.
 */
bool scst_cmd_answer(struct scst_cmd *cmd);

/* For handlers: the end of execution, from any context that may sleep. */
void scst_cmd_complete(struct scst_cmd *cmd);

/* Ends with CHECK CONDITION; @more may be NULL. Calls scst_cmd_complete(). */
void scst_cmd_fail(struct scst_cmd *cmd, enum sl_sense sense, const struct sl_sense_info *more);

/* Ends with BUSY: try again, just now there was no memory, or no room elsewhere. */
void scst_cmd_busy(struct scst_cmd *cmd);

/* Makes cmd->exec run again in a worker that may block. */
void scst_cmd_defer(struct scst_cmd *cmd);

/*
 * For the end of an I/O, maybe in an interrupt: calls @fn with &cmd->work where the target driver
 * goes on anyway, which saves it another wake-up.
 */
void scst_cmd_go_on(struct scst_cmd *cmd, work_func_t fn);

/* Buffer of cmd->buf_len bytes for data that goes out to the initiator; -ENOMEM. */
int scst_cmd_alloc_in(struct scst_cmd *cmd, u32 len);

/*
 * In place of scst_cmd_alloc_in(): makes room for @nr pages that hold the data
 * already, -ENOMEM; then gives them one by one, each with a reference that the
 * command drops. scst_cmd_drop_pages() gives all back.
 */
int scst_cmd_begin_pages(struct scst_cmd *cmd, u32 nr);
void scst_cmd_add_page(struct scst_cmd *cmd, struct page *page, u32 offset, u32 len);
void scst_cmd_drop_pages(struct scst_cmd *cmd);

/* Answers with min(@len, allocation length) bytes of @data and completes with GOOD. */
void scst_cmd_reply(struct scst_cmd *cmd, const void *data, size_t len);

/* Sets what a read returns: @len bytes are in the buffer. */
void scst_cmd_set_in_len(struct scst_cmd *cmd, u64 len);

/*
 * For handlers, while parsing: protection information of @blocks blocks is transferred with
 * the command. cmd->cdb.data_len grows if it is in line, cmd->status is set if there is no memory.
 */
void scst_cmd_expect_pi(struct scst_cmd *cmd, u32 blocks);

/*
 * Buffer for all that the CDB asks for, even where the initiator takes less; -ENOMEM. What the
 * handler puts there is data alone.
 */
int scst_cmd_alloc_blocks(struct scst_cmd *cmd);

/* Copies @len bytes at @offset of received data; false if there are fewer. */
bool scst_cmd_copy_out(struct scst_cmd *cmd, u32 offset, void *to, u32 len);

/*
 * A task set (SAM-5 8.2): of one nexus, or of all of them where the control mode page says
 * TST 000b.
 */
struct scst_task_set {
	spinlock_t lock;		/* of all here, and of tgt_dev->nr_cmds, ->latency */
	struct list_head cmds;		/* as they came */
	struct list_head held;		/* those that may not begin yet */
	u32 nr_special;			/* not SIMPLE, and one each for @blocked and @faulted */
	bool blocked;			/* for maintenance: nothing begins */
	struct scst_tgt_dev *faulted;	/* whose ACA condition it is, NULL: there is none */
};

/* --- devices and handlers ------------------------------------------------ */

struct scst_device {
	char *name;
	struct scst_handler *handler;
	void *priv;			/* the handler's */
	const struct attribute *const *extra_attrs;	/* of this device alone, or NULL */
	struct kobject *scsi_device;	/* of a real device: its directory in sysfs, or NULL */

	struct sl_unit unit;		/* changed under @lock */
	struct sl_modes mode;		/* read under @lock, changed under @mode_lock too */
	struct mutex mode_lock;
	struct scst_state_file *mode_file;	/* NULL: mode pages can't be saved */
	struct scst_ident *ident;	/* NULL: keeps no identifying information */
	spinlock_t lock;

	bool dead;			/* under the configuration lock */
	bool inactive;			/* what is behind it is closed: see ops->needs_backing() */
	unsigned int blocks;		/* how often it is blocked, likewise */
	bool shared_buffers;		/* data is neither kept nor made: no pages needed */
	bool nowait;			/* ... and what reads and writes blocks never sleeps */
	struct scst_dir *dir;
	struct scst_dir *exported;
	unsigned int next_export;
	struct list_head entry;		/* all devices */
	struct list_head handler_entry;
	struct list_head luns;		/* struct scst_lun */

	struct scst_task_set tasks;	/* with TST 000b: of all sessions */
	struct list_head tgt_devs;	/* of all sessions, under @tgt_devs_lock */
	spinlock_t tgt_devs_lock;
	struct mutex pr_lock;		/* one PERSISTENT RESERVE OUT at a time */
	struct sl_pr *pr;		/* changed under both locks above */
	struct scst_state_file *pr_file;
	bool pr_moved;			/* ... is not where it would be by itself */
	struct scst_dev_group *dg;	/* NULL: in none */
	struct list_head dg_entry;
	bool expl_alua;			/* initiators may change access states */
	u32 max_tgt_dev_commands;	/* of one session at a time */
	u32 threads_num;		/* of each I/O group, or of all; 0: has none of its own */
	bool pool_shared;		/* ... of all */
	u32 pool_epoch;			/* how often these have changed; under the configuration lock */
	struct scst_tgt_dev *reserved_by; /* RESERVE(6), under @tgt_devs_lock */
	struct scst_dif_failures dif_failures;
	refcount_t refs;		/* configuration, LUNs of sessions */
	struct completion released;
	/* A command was aborted; an aborted one has gone, or a write that a token waits for. */
	wait_queue_head_t tm_wait;
	struct list_head tokens;	/* valid ones that stand for data of it */
	struct list_head dead_tokens;	/* those that are remembered */
	spinlock_t tokens_lock;		/* protects both */
};

struct scst_handler_ops {
	const char *name;
	struct module *owner;
	u8 device_type;
	const char *const *params;		/* create parameters, NULL-terminated */
	/*
	 * Attributes of its devices, kobj_attributes, NULL-terminated: of its family, of the
	 * family's devices of one kind (or NULL), its own.
	 */
	const struct attribute *const *dev_attrs;
	const struct attribute *const *kind_attrs;
	const struct attribute *const *own_attrs;

	/* Defaults of a new device; sets dev->priv. */
	int (*init)(struct scst_device *dev);
	/* One create parameter; -EINVAL if unknown or bad. */
	int (*set_param)(struct scst_device *dev, const char *name, const char *value);
	/* Opens what is behind it, after all parameters. */
	int (*attach)(struct scst_device *dev);
	/*
	 * The device is being deleted: ends commands that wait for something that may
	 * never happen, those that still come too. May sleep. NULL: there are none.
	 */
	void (*stop)(struct scst_device *dev);
	/* Frees everything; the last command has ended. May sleep. */
	void (*detach)(struct scst_device *dev);
	/* Checks a command and sets cmd->exec. */
	enum sl_sense (*parse)(struct scst_cmd *cmd);
	/*
	 * What REQUEST SENSE tells where no unit attention is pending: SL_OK, or why the
	 * device is busy and how far it has come. May be NULL. Must not sleep.
	 */
	enum sl_sense (*state)(struct scst_device *dev, struct sl_sense_info *more);
	/*
	 * While dev->inactive, as a command begins: does it need what is behind the device? Then it is
	 * told NOT READY. NULL: none does. Must not sleep.
	 */
	bool (*needs_backing)(const struct scst_cmd *cmd);
	/*
	 * VPD page 83h as initiators are shown it, @size bytes at most; its length. NULL: what
	 * dev->unit says. Must not sleep.
	 */
	size_t (*identification)(struct scst_device *dev, u8 *page, size_t size);
};

/* Saves the values of @mode, under dev->mode_lock: 0, -errno. May sleep. */
int scst_mode_save(struct scst_device *dev, const struct sl_mode *mode);

/*
 * Makes the core answer REPORT and SET IDENTIFYING INFORMATION for @dev, before anybody
 * sees it: 0, -ENOMEM, -EINVAL: what is kept from before is not ours, or torn.
 */
int scst_ident_open(struct scst_device *dev);
void scst_ident_close(struct scst_device *dev);

int scst_register_handler(const struct scst_handler_ops *ops);
void scst_unregister_handler(const struct scst_handler_ops *ops);

/* What "add_device NAME PARAMS" in the handler's mgmt does. */
int scst_add_device(const struct scst_handler_ops *ops, const char *name, const char *params);

static inline struct scst_device *scst_dev_of(struct kobject *kobj)
{
	return scst_dir_of(kobj)->owner;
}

/* Salt for generated device ids, /sys/kernel/scst_tgt/setup_id. */
unsigned int scst_get_setup_id(void);

/* Does the core answer this operation for the device, whatever its handler? */
bool scst_core_answers(const struct scst_device *dev, enum sl_op_id id);

/* The port through which @cmd came, for INQUIRY data. */
void scst_cmd_port_id(const struct scst_cmd *cmd, struct sl_port_id *port);

/*
 * Holds the commands to @dev and waits for those under way: 0; -EINTR, -ENODEV: it is as it was.
 * They go on after scst_dev_end_change(), which says whether it is inactive from now on. One change
 * at a time: that is the handler's business.
 */
int scst_dev_begin_change(struct scst_device *dev);
void scst_dev_end_change(struct scst_device *dev, bool inactive);

/* What a token stands for may be changed by others from now on (SPC-4 5.17.6). */
void scst_dev_revoke_tokens(struct scst_device *dev);

/* A reference for work that outlives its command. */
void scst_dev_get(struct scst_device *dev);
void scst_dev_put(struct scst_device *dev);

/* Is @serial the unit serial number of a device other than @self? */
bool scst_serial_in_use(const struct scst_device *self, const char *serial);

/* Unit attentions, in the order in which they are reported (SAM-5 5.14.1). */
enum scst_ua {
	SCST_UA_RESET,
	SCST_UA_NEXUS_LOSS,
	SCST_UA_CLEARED_BY_OTHER,
	SCST_UA_RESERVATIONS_PREEMPTED,
	SCST_UA_RESERVATIONS_RELEASED,
	SCST_UA_REGISTRATIONS_PREEMPTED,
	SCST_UA_MEDIUM_CHANGED,
	SCST_UA_LUNS_CHANGED,
	SCST_UA_ACCESS_CHANGED,		/* asymmetric access state */
	SCST_UA_INQUIRY_CHANGED,
	SCST_UA_IDENT_CHANGED,		/* identifying information */
	SCST_UA_CAPACITY_CHANGED,
	SCST_UA_MODE_CHANGED,
	SCST_UA_THIN_THRESHOLD,		/* thin provisioning soft threshold reached */
	SCST_UA_COUNT
};

/* Raises @ua for every session of @dev but @except (NULL: for all). */
void scst_dev_raise_ua(struct scst_device *dev, enum scst_ua ua, const struct scst_session *except);

/* --- targets and sessions ------------------------------------------------ */

struct scst_tgt {
	char *name;
	struct scst_driver *driver;
	void *priv;			/* the driver's */
	bool enabled;
	bool dead;			/* under the configuration lock */
	u16 rel_tgt_id;
	u16 transport_version;		/* in INQUIRY data: the driver's, unless it sets another */
	u16 phys_version;		/* likewise, of the physical transport; 0: none */
	bool forwarding;		/* another node has checked access states and reservations */
	char *comment;

	struct scst_dir *dir;
	struct scst_dir *sessions_dir;
	struct scst_dir *groups_dir;
	struct list_head entry;
	struct scst_dif_failures dif_failures;
	refcount_t refs;		/* configuration, sessions, drivers */
	struct scst_acg *default_acg;
	struct list_head acgs;		/* named groups, in order of creation */
	struct list_head sessions;	/* under the configuration lock */
	wait_queue_head_t sessions_wait;
};

enum scst_stat_dir {
	SCST_STAT_NONE,
	SCST_STAT_WRITE,
	SCST_STAT_READ,
	SCST_STAT_BIDI,
	SCST_STAT_UNKNOWN,	/* the operation code says nothing about data */
	SCST_STAT_COUNT
};

/* How long something took so many times, in ns. */
struct scst_span {
	u64 nr, sum, min, max;
};

struct scst_latency {
	struct scst_span exec;	/* by the handler, also while it was held before */
	struct scst_span all;	/* from its arrival until its response was sent */
};

#define SCST_LATENCY_DIRS	(SCST_STAT_READ + 1)

/* One LUN of one session. */
struct scst_tgt_dev {
	u32 lun;
	bool read_only;
	bool gone;			/* no LUN of the session any more; under the lock of @tasks */
	u8 denied;			/* SL_PR_DENY_*: by reservations of others */
	u8 access;			/* enum sl_alua_state of the port for the device */
	u16 tgt_group_id;		/* target port group, 0: in none */
	bool prevents_removal;		/* PREVENT ALLOW MEDIUM REMOVAL; a reset clears it */
	u8 media_event;			/* enum sl_media_event that has not been told yet */
	u32 asked_for_disc;		/* the one that it was asked to give free, of the handler */
	struct scst_session *sess;
	struct scst_device *dev;
	unsigned long ua;		/* bits: enum scst_ua */
	struct scst_task_set *tasks;	/* @own_tasks, or the device's */
	struct scst_task_set own_tasks;
	u32 nr_cmds;			/* of this nexus, in @tasks */
	struct scst_pool __rcu *pool;	/* whose threads execute its commands, or NULL */
	struct scst_latency latency[SCST_LATENCY_DIRS];	/* by enum scst_stat_dir, likewise */
	refcount_t refs;
	struct list_head dev_entry;	/* dev->tgt_devs */
	struct list_head departed_entry;	/* sess->departed */
	struct scst_dir *dir;		/* sessions/<s>/lunN */
	struct rcu_head rcu;
};

struct scst_session {
	struct scst_tgt *tgt;
	void *priv;			/* the driver's */
	char *initiator_name;
	char *sysfs_name;
	struct sl_pr_nexus nexus;	/* what reservations know it by */
	struct scst_acg *acg;
	enum sl_lun_method addr_method;	/* the group's, as is @black_hole */
	u8 black_hole;
	bool any_cpu;			/* @cpus are all */
	cpumask_var_t cpus;		/* the group's: where it is served */
	u32 cpus_changed;		/* how often */
	struct xarray luns;		/* struct scst_tgt_dev, read under RCU */
	spinlock_t departed_lock;
	struct list_head departed;	/* what was one of @luns, and is still in use */
	struct scst_dir *dir;
	struct list_head entry;		/* tgt->sessions */
	bool dead;			/* under the configuration lock */
	struct completion *gone;	/* for who waits until it is, or NULL */
	atomic_t commands;
	spinlock_t copies_lock;
	struct list_head copies;	/* operations under way, and results */
	wait_queue_head_t copies_wait;	/* one of them has ended */
	struct scst_dif_failures dif_failures;
	struct {
		atomic64_t cmds;
		atomic64_t unaligned;	/* begin or end within 4 KiB */
		atomic64_t bytes;
	} stats[SCST_STAT_COUNT];
};

struct scst_driver_ops {
	const char *name;
	struct module *owner;
	u16 version_descriptor;			/* transport, SPC-4 table 143 */
	const char *const *tgt_params;		/* add_target parameters, NULL-terminated */
	const struct attribute *const *driver_attrs;	/* kobj_attributes, NULL-terminated */
	const struct attribute *const *tgt_attrs;
	const struct attribute *const *sess_attrs;
	bool has_enabled;			/* driver-level "enabled", and per target */
	/* Of the core: its target is there from the start, and no port of anything. */
	bool built_in;
	/* What mgmt tells of further verbs, or NULL: see mgmt() below. */
	const char *mgmt_help;
	/* Names for add_attribute and add_target_attribute, NULL-terminated, or NULL. */
	const char *const *driver_dyn_attrs;
	const char *const *tgt_dyn_attrs;

	/* A new target: sets tgt->priv. */
	int (*add_target)(struct scst_tgt *tgt);
	int (*set_tgt_param)(struct scst_tgt *tgt, const char *name, const char *value);
	/*
	 * Adds or deletes the optional attribute @name of @tgt (NULL: of the driver) in
	 * @dir; @value is the rest of the line. The configuration lock is held.
	 */
	int (*change_attr)(struct scst_tgt *tgt, struct scst_dir *dir, bool add, const char *name,
			   char *value);
	/*
	 * "VERB TARGET ARG" written to mgmt, where the core does not know the verb: 0, -EINVAL: nor
	 * does the driver. The configuration lock is held. May be NULL.
	 */
	int (*mgmt)(struct scst_tgt *tgt, const char *verb, char *arg);
	/* After the last session has gone; frees tgt->priv. */
	void (*free_target)(struct scst_tgt *tgt);
	/* The driver as a whole was switched on or off. May be NULL. */
	void (*driver_enabled)(bool on);
	/* Driver or target switched on or off. Off: start closing sessions. */
	void (*enabled_changed)(struct scst_tgt *tgt);
	/* Starts closing; the driver calls scst_session_unregister() in the end. */
	void (*close_session)(struct scst_session *sess);

	/* TransportID (SPC-4 7.6.4) of the initiator port, SL_TRANSPORT_ID_MAX bytes at most. */
	u16 (*transport_id)(const char *initiator_name, const void *priv, u8 *id);

	/* The LUNs of a session have changed; the configuration lock is held. May be NULL. */
	void (*luns_changed)(struct scst_session *sess);

	/*
	 * Does what scst_cmd_go_on() was given, cmd->work.func(&cmd->work), soon and where it
	 * may sleep. Atomic. May be NULL: a work of the system's does it.
	 */
	void (*go_on)(struct scst_cmd *cmd);
	/* Status is set. Called where scst_cmd_complete() was. Must not fail. */
	void (*xmit_response)(struct scst_cmd *cmd);
	/* A command in SCST_CMD_PARSED was aborted: give it back soon. Atomic. */
	void (*abort_cmd)(struct scst_cmd *cmd);
	void (*tm_done)(struct scst_tm *tm);
};

int scst_register_driver(const struct scst_driver_ops *ops);
void scst_unregister_driver(const struct scst_driver_ops *ops);

/*
 * Keeps a target, unless it is being freed. Before its ops->free_target() has
 * returned this may be asked without any lock. scst_tgt_put() lets it go.
 */
bool scst_tgt_get(struct scst_tgt *tgt);
void scst_tgt_put(struct scst_tgt *tgt);

/* What "add_target NAME PARAMS" in the driver's mgmt does. */
int scst_add_target(const struct scst_driver_ops *ops, const char *name, const char *params);

static inline struct scst_tgt *scst_tgt_of(struct kobject *kobj)
{
	return scst_dir_of(kobj)->owner;
}

static inline struct scst_session *scst_sess_of(struct kobject *kobj)
{
	return scst_dir_of(kobj)->owner;
}

/*
 * A new session with the LUNs of the group that @initiator_name belongs to.
 * ERR_PTR: -ENODEV target gone, -ENOMEM. May sleep.
 */
struct scst_session *scst_session_register(struct scst_tgt *tgt, const char *initiator_name,
					   void *priv);

/* The same for who holds the configuration lock, as callbacks that say so do. */
struct scst_session *scst_session_add(struct scst_tgt *tgt, const char *initiator_name,
				      void *priv);

/*
 * Has the driver close @sess, and waits until it has gone. Under the configuration lock, which is
 * given up meanwhile.
 */
void scst_session_close(struct scst_session *sess);

/* Makes @id its TransportID: 0; -EINVAL: it is none. Under the configuration lock. */
int scst_session_set_transport_id(struct scst_session *sess, const u8 *id, size_t len);

/* Where to go on with what has come in on @cpu: there, or on one of @cpus if it is none of them. */
int scst_cpu_among(const struct cpumask *cpus, int cpu);

bool scst_session_has_lun(struct scst_session *sess, u64 lun);

/* Ends a session, all commands of which were given back. May sleep. */
void scst_session_unregister(struct scst_session *sess);

/*
 * Marks commands of the session as aborted, so that those end that wait for something: its
 * nexus is lost (SAM-5 6.3.4), or a part of it. @which chooses among those that the driver has
 * begun; NULL: all, those of the copy manager too. Does not wait for them. May sleep.
 */
void scst_session_abort(struct scst_session *sess,
			bool (*which)(const struct scst_cmd *cmd, const void *arg), const void *arg);

/* --- task management ----------------------------------------------------- */

enum scst_tm_fn {
	SCST_TM_ABORT_TASK,
	SCST_TM_ABORT_TASK_SET,
	SCST_TM_CLEAR_TASK_SET,
	SCST_TM_CLEAR_ACA,
	SCST_TM_LUN_RESET,
	SCST_TM_TARGET_RESET,
};

enum scst_tm_result {
	SCST_TM_COMPLETE,
	SCST_TM_NO_TASK,
	SCST_TM_NO_LUN,
	SCST_TM_DROPPED,		/* no answer at all */
};

struct scst_tm {
	struct scst_session *sess;
	enum scst_tm_fn fn;
	u32 lun;
	bool lun_valid;			/* the LUN could be decoded */
	u64 tag;			/* ABORT TASK */
	enum scst_tm_result result;
	struct work_struct work;
	struct list_head entry;		/* the core's, until tm_done() */
};

/* Starts @tm; ops->tm_done() is called when all that it aborts has ended. */
void scst_tm_start(struct scst_tm *tm);

/* --- sysfs texts --------------------------------------------------------- */

#define SCST_KEY_MARK	"[key]"

/* A number with the mark if it differs from its default. */
ssize_t scst_show_u64(char *buf, u64 value, u64 dflt);
ssize_t scst_show_text(char *buf, const char *value, bool key);

/* Number or 0/1 from what was written; 0 or -EINVAL. */
int scst_parse_u64(const char *buf, size_t count, u64 *value);
int scst_parse_bool(const char *buf, size_t count, bool *value);

/*
 * The configuration lock. A writer of an attribute must give up when the
 * object it belongs to is being removed, because removal waits for writers:
 * *@dead is set by the remover, who holds the lock meanwhile.
 * 0; -ENODEV: the object is going away; -EINTR: killed.
 */
int scst_cfg_lock(const bool *dead);
void scst_cfg_unlock(void);

#endif
