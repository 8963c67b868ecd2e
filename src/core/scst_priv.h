/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of scst.ko share, and nobody else sees. */
#ifndef SCST_PRIV_H
#define SCST_PRIV_H

#include "../include/scst.h"

#define SCST_MAX_TGT_DEV_CMDS	64
#define SCST_NAME_MAX	64	/* device names; the product id takes the first 16 characters */

#define scst_err(fmt, ...)	pr_err("scst: ***ERROR***: " fmt "\n", ##__VA_ARGS__)
#define scst_warn(fmt, ...)	pr_warn("scst: ***WARNING***: " fmt "\n", ##__VA_ARGS__)
#define scst_info(fmt, ...)	pr_info("scst: " fmt "\n", ##__VA_ARGS__)

/* A handler, as registered. */
struct scst_handler {
	const struct scst_handler_ops *ops;
	struct scst_dir *dir;
	bool dead;
	struct list_head entry;
	struct list_head devices;
};

/* A target driver, as registered. */
struct scst_driver {
	const struct scst_driver_ops *ops;
	struct scst_dir *dir;
	bool dead;
	bool enabled;
	struct list_head entry;
	struct list_head tgts;
	atomic_t nr_tgts;		/* also those that only sessions hold */
	wait_queue_head_t tgts_wait;
};

/* Access control group: a set of LUNs and, unless it is the target's default, of names. */
struct scst_acg {
	struct scst_tgt *tgt;
	char *name;			/* NULL: the target's default */
	bool dead;
	enum sl_lun_method addr_method;	/* in REPORT LUNS */
	u8 black_hole;			/* enum scst_black_hole */
	int io_group;			/* a number above 0 that others may have too, or as follows */
	bool any_cpu;			/* @cpus are all */
	cpumask_var_t cpus;		/* that serve its sessions */
	struct scst_dir *dir;		/* NULL for the default */
	struct scst_dir *luns_dir;
	struct scst_dir *initiators_dir;
	struct xarray luns;		/* struct scst_lun */
	struct list_head initiators;	/* struct scst_initiator */
	struct list_head entry;
};

/* Whose I/O belongs together, where it is no number */
enum scst_io_group {
	SCST_IO_GROUP_AUTO = 0,		/* of the sessions of one initiator */
	SCST_IO_GROUP_ACG = -1,		/* of those of the access control group */
	SCST_IO_GROUP_NEVER = -2,	/* of one session */
};

/* Commands that vanish without an answer, to see what an initiator makes of it. */
enum scst_black_hole {
	SCST_HOLE_NONE,
	SCST_HOLE_CMDS,
	SCST_HOLE_CMDS_TM,
	SCST_HOLE_DATA,			/* only commands that transfer data */
	SCST_HOLE_DATA_TM,
	SCST_HOLE_COUNT
};

struct scst_initiator {
	struct list_head entry;
	struct kobj_attribute attr;
	char name[];
};

/* A device under a number in a group. */
struct scst_lun {
	u32 lun;
	bool read_only;
	unsigned int export;
	struct scst_acg *acg;
	struct scst_device *dev;
	struct scst_dir *dir;
	struct list_head dev_entry;
};

/* main.c */
extern struct workqueue_struct *scst_tm_wq;

/* pool.c: who executes commands */
int scst_pool_init(void);
void scst_pool_exit(void);
/* Executes by @fn: in a thread of the device, where it has some, else in a worker. */
void scst_cmd_queue(struct scst_cmd *cmd, work_func_t fn);
/* How many workers may wait at the same time, per NUMA node. */
void scst_pool_set_workers(u32 nr);
/* A LUN of a session gets the threads that it is to have; gives those back that it had. */
int scst_pool_enter(struct scst_tgt_dev *td);
void scst_pool_put(struct scst_pool *pool);
/*
 * What decides about threads has changed: 0, -errno: some have kept those that they had. All three
 * under the configuration lock.
 */
int scst_dev_change_pools(struct scst_device *dev);
int scst_acg_change_pools(struct scst_acg *acg);
ssize_t scst_pool_show_pids(const struct scst_tgt_dev *td, char *buf);
/* Waits until no thread or worker is in the code of a module whose commands have ended. */
void scst_pool_settle(void);

/* cfg.c */
void scst_cfg_assert_held(void);
void scst_cfg_lock_always(void);
/* Writers that wait for the lock look at their dead flag again. */
void scst_cfg_announce_dead(void);
void scst_cfg_announce_removed(void);
/* Somebody else is removing @entry, the first of @list: waits, without the lock, until it is. */
void scst_cfg_await_removal(const struct list_head *entry, const struct list_head *list);

/* sysfs.c */
extern struct scst_dir *scst_root;
extern struct scst_dir *scst_handlers_dir;
extern struct scst_dir *scst_devices_dir;
extern struct scst_dir *scst_targets_dir;
extern const struct attribute *const scst_handler_attrs[];
extern const struct attribute *const scst_device_attrs[];
extern const struct attribute *const scst_driver_attrs[];
extern const struct attribute *const scst_driver_mgmt_attrs[];
extern const struct attribute *const scst_driver_enabled_attrs[];
extern const struct attribute *const scst_tgt_attrs[];
extern const struct attribute *const scst_tgt_enabled_attrs[];
extern const struct attribute *const scst_groups_attrs[];
extern const struct attribute *const scst_acg_attrs[];
extern const struct attribute *const scst_tgt_acg_attrs[];	/* of the target's default group */
extern const struct attribute *const scst_luns_attrs[];
extern const struct attribute *const scst_lun_attrs[];
extern const struct attribute *const scst_initiators_attrs[];
extern const struct attribute *const scst_sess_attrs[];
extern const struct attribute *const scst_sess_close_attrs[];
extern const struct attribute *const scst_sess_lun_attrs[];
/* Can a directory or file of the tree be called so, beside a mgmt file? */
bool scst_is_file_name(const char *name);
int scst_sysfs_init(void);
void scst_sysfs_exit(void);
/* Copies a write to a string that may be cut up; NULL: no memory. */
char *scst_mgmt_line(const char *buf, size_t count);
/* Usage of add_WHAT and del_WHAT. @params: NULL-terminated, or NULL. */
ssize_t scst_show_mgmt_help(char *buf, const char *what, const char *const *params);
/* Adds to a text of @len bytes in @buf a line of names, if there are any. */
ssize_t scst_show_names(char *buf, ssize_t len, const char *lead, const char *const *names);
/* Remembers @res for last_sysfs_mgmt_res; the value that the store returns. */
ssize_t scst_mgmt_result(int res, size_t count);
int scst_dir_add_attrs(struct scst_dir *dir, const struct attribute *const *attrs);
int scst_link(struct scst_dir *in, struct scst_dir *to, const char *name);
void scst_unlink(struct scst_dir *in, const char *name);

/* dev.c; the configuration lock is held */
extern const bool scst_never_dead;	/* for scst_cfg_lock(), of what is always there */
extern struct list_head scst_handlers, scst_devices;
struct scst_device *scst_dev_find(const char *name);
int scst_dev_add(struct scst_handler *handler, const char *name, char *params);
int scst_dev_del(struct scst_handler *handler, const char *name);	/* drops the lock */

/* tgt.c; the configuration lock is held */
extern struct list_head scst_drivers;
struct scst_tgt *scst_tgt_lookup(struct scst_driver *driver, const char *name);
struct scst_tgt *scst_tgt_find(const char *name);	/* of any driver */
int scst_tgt_add(struct scst_driver *driver, const char *name, char *params);
int scst_tgt_del(struct scst_driver *driver, const char *name);		/* drops the lock */
int scst_driver_change_attr(struct scst_driver *driver, bool add, const char *name, char *value);
int scst_tgt_change_attr(struct scst_driver *driver, const char *tgt_name, bool add,
			 const char *name, char *value);
int scst_tgt_set_rel_id(struct scst_tgt *tgt, u16 id);
int scst_tgt_set_enabled(struct scst_tgt *tgt, bool on);
void scst_driver_set_enabled(struct scst_driver *driver, bool on);

/* alua.c; the configuration lock is held */
int scst_alua_init(void);
void scst_alua_exit(void);			/* without the lock */
/* A new LUN of a session: sets what it carries. */
void scst_alua_enter(struct scst_tgt_dev *td);
void scst_alua_forget_dev(struct scst_device *dev);
void scst_alua_forget_tgt(const struct scst_tgt *tgt);
/* Any context that may sleep. */
void scst_exec_report_port_groups(struct scst_cmd *cmd);
void scst_exec_set_port_groups(struct scst_cmd *cmd);

/* copy.c */
extern struct workqueue_struct *scst_copy_wq;
int scst_copy_init(void);
void scst_copy_exit(void);
/* VPD page 83h of a device, SL_INQUIRY_MAX bytes at most; its length, 0: it has none. */
size_t scst_identification(struct scst_device *dev, u8 *page);
void scst_exec_extended_copy(struct scst_cmd *cmd);

/* copy_op.c */
void scst_copy_init_session(struct scst_session *sess);
/* Ends what is under way in the background, and waits for it. */
void scst_copy_end_session(struct scst_session *sess);
void scst_copy_free_session(struct scst_session *sess);
/* Commands of the session were aborted: copies among them stop. Not under a tgt_dev's lock. */
void scst_copy_stop_aborted(struct scst_session *sess);
/* LOGICAL UNIT RESET: stops copies that were sent to @dev, and forgets their results. */
void scst_copy_reset(struct scst_session *sess, const struct scst_device *dev);
/* Is one of these still ending? */
bool scst_copy_stopping(struct scst_session *sess, const struct scst_device *dev);
void scst_exec_copy_abort(struct scst_cmd *cmd);
void scst_exec_copy_status(struct scst_cmd *cmd);
void scst_exec_copy_parameters(struct scst_cmd *cmd);
void scst_exec_copy_failure(struct scst_cmd *cmd);
void scst_exec_copy_status4(struct scst_cmd *cmd);
void scst_exec_token_information(struct scst_cmd *cmd);

/* copy_manager.c */
int scst_copy_manager_init(void);
void scst_copy_manager_exit(void);
/* A new device gets a LUN; the configuration lock is held. */
void scst_copy_manager_enter(struct scst_device *dev);
/*
 * What adding a LUN of it does: @dev, which has one by itself, is moved to @nr, and what had
 * that number gets another one. The configuration lock is held.
 */
int scst_copy_manager_add_lun(struct scst_acg *acg, struct scst_device *dev, u32 nr,
			      bool read_only);
/* The copy manager's LUN of @dev, with a reference; NULL: it has none. */
struct scst_tgt_dev *scst_copy_manager_unit(struct scst_device *dev);
/* Its session, if copies may go beyond the LUNs of the one who asks, else NULL. */
struct scst_session *scst_copy_manager_sess(void);

/* odx.c */
void scst_exec_populate_token(struct scst_cmd *cmd);
void scst_exec_write_using_token(struct scst_cmd *cmd);
void scst_exec_report_tokens(struct scst_cmd *cmd);

/* token.c */
void scst_token_init_dev(struct scst_device *dev);
void scst_token_exit(void);
void scst_token_write_begins(struct scst_cmd *cmd);

static inline bool scst_token_may_care(const struct scst_cmd *cmd)
{
	return (cmd->cdb.op->flags & SL_OPF_WRITES) && cmd->dev && !list_empty(&cmd->dev->tokens);
}

/* A command begins: tokens for what it changes are valid no more. Within an RCU reader. */
static inline void scst_token_begin(struct scst_cmd *cmd)
{
	if (scst_token_may_care(cmd))
		scst_token_write_begins(cmd);
}

/* A command has ended, and a new token may have waited for it. */
static inline void scst_token_end(struct scst_cmd *cmd)
{
	if (scst_token_may_care(cmd))
		wake_up_all(&cmd->dev->tm_wait);
}

/* acg.c; the configuration lock is held */
struct scst_acg *scst_acg_create(struct scst_tgt *tgt, const char *name);
void scst_acg_clear_luns(struct scst_acg *acg);
void scst_acg_remove_dirs(struct scst_acg *acg);	/* without the lock */
void scst_acg_free(struct scst_acg *acg);
struct scst_acg *scst_acg_find(struct scst_tgt *tgt, const char *name);
struct scst_acg *scst_acg_for_initiator(struct scst_tgt *tgt, const char *initiator);
/* Tells its sessions what has changed in @acg but its LUNs. */
void scst_acg_apply(struct scst_acg *acg);
int scst_acg_add_lun(struct scst_acg *acg, struct scst_device *dev, u32 lun, bool read_only);
/* @tell: by a unit attention that another device answers now. */
int scst_acg_replace_lun(struct scst_acg *acg, struct scst_device *dev, u32 lun, bool read_only,
			 bool tell);
/* Is it a LUN of a target? The copy manager's do not count. */
bool scst_dev_is_exported(const struct scst_device *dev);
int scst_acg_del_lun(struct scst_acg *acg, u32 lun);
void scst_lun_remove(struct scst_lun *lun);
int scst_acg_add_initiator(struct scst_acg *acg, const char *name);
int scst_acg_del_initiator(struct scst_acg *acg, const char *name);
int scst_acg_move_initiator(struct scst_acg *acg, const char *name, struct scst_acg *to);
void scst_acg_clear_initiators(struct scst_acg *acg);

/* sess.c; the configuration lock is held */
/* @ua: what it is told first, bits of enum scst_ua. */
/* In the place of the one of that number, without a moment between them. */
int scst_sess_set_lun(struct scst_session *sess, const struct scst_lun *lun, unsigned long ua);
void scst_sess_del_lun(struct scst_session *sess, u32 lun);
void scst_sess_set_rel_id(struct scst_session *sess, u16 id);
/* Takes over what the group says of its sessions, but not its LUNs. */
void scst_sess_enter_acg(struct scst_session *sess, struct scst_acg *acg);
void scst_sess_raise_luns_changed(struct scst_session *sess);
void scst_reassign_sessions(struct scst_tgt *tgt);
bool scst_acg_has_sessions(const struct scst_acg *acg);
/* Any context. */
struct scst_tgt_dev *scst_tgt_dev_get(struct scst_session *sess, u32 lun);
void scst_tgt_dev_put(struct scst_tgt_dev *td);
/*
 * What was a LUN of @sess and is still in use, after @prev, whose reference is given back: with a
 * reference, NULL after the last one.
 */
struct scst_tgt_dev *scst_departed_next(struct scst_session *sess, struct scst_tgt_dev *prev);

/* resv.c, pr.c: reservations */
int scst_resv_init(struct scst_device *dev);
void scst_resv_free(struct scst_device *dev);
/*
 * From now on reservations are kept in the file @path, and those that are in it hold: 0,
 * -EBUSY while the device is exported, -EINVAL: no path of a folder that is there, or what is
 * in the file is not ours, or torn. The configuration lock is held.
 */
int scst_resv_move(struct scst_device *dev, const char *path);
/* @td was added to, or is taken from, the device's list; dev->tgt_devs_lock is held. */
void scst_resv_enter(struct scst_tgt_dev *td);
void scst_resv_leave(struct scst_tgt_dev *td);
/* What @from holds with RESERVE is of @to, of the same nexus; dev->tgt_devs_lock is held. */
void scst_resv_pass(struct scst_tgt_dev *from, struct scst_tgt_dev *to);
/* Works out again what everybody is denied; dev->tgt_devs_lock is held. */
void scst_resv_update(struct scst_device *dev);
/* LOGICAL UNIT RESET ends a RESERVE(6). */
void scst_resv_reset(struct scst_device *dev);
void scst_exec_reserve(struct scst_cmd *cmd);
void scst_exec_release(struct scst_cmd *cmd);
void scst_exec_pr_in(struct scst_cmd *cmd);
void scst_exec_pr_out(struct scst_cmd *cmd);

/* order.c; all but scst_order_init() and _hold() under the lock of the task set */
void scst_order_init(struct scst_task_set *set);
static inline void scst_order_special(struct scst_task_set *set, int n)
{
	WRITE_ONCE(set->nr_special, set->nr_special + n);
}

void scst_order_enter(struct scst_cmd *cmd);
/* True: it may not begin yet, and will be executed in a worker when it may. */
bool scst_order_hold(struct scst_cmd *cmd);
void scst_order_leave(struct scst_cmd *cmd);
/* Begins what is held and needs not be any more. */
void scst_order_let_go(struct scst_task_set *set);
/* Lets one that is held go. */
void scst_order_abort(struct scst_cmd *cmd);
/* Holds all commands that have not begun; lets them go again. Take the lock themselves. */
void scst_order_block(struct scst_task_set *set);
void scst_order_unblock(struct scst_task_set *set);
/* Ends what fell into a black hole: else only its initiator does, by aborting it. */
void scst_order_drop_vanished(struct scst_task_set *set);
bool scst_order_executing(struct scst_task_set *set);

/* aca.c */
/* Is a new command taken? Sets a status if not, or returns sense. Under the task set's lock. */
enum sl_sense scst_aca_admit(struct scst_cmd *cmd);
/* May it begin while there is an ACA condition? Under the task set's lock. */
bool scst_aca_passes(const struct scst_cmd *cmd);
/* Ends the ACA condition of @td, if there is one. */
void scst_aca_clear(struct scst_tgt_dev *td);
/* It can clear no such condition any more: there shall be none. */
void scst_aca_leave(struct scst_tgt_dev *td);
/* @cmd ends with CHECK CONDITION. */
void scst_fault(struct scst_cmd *cmd);

/* block.c; all under the configuration lock */
extern struct kobj_attribute scst_block_attr, scst_suspend_attr;
void scst_dev_block(struct scst_device *dev);
void scst_dev_unblock(struct scst_device *dev);
/* A LUN of a session, or a device, that comes while others are blocked. */
void scst_block_enter(struct scst_tgt_dev *td);
void scst_block_enter_dev(struct scst_device *dev);
/* The device goes, so nothing of it is to be held. */
void scst_block_forget_dev(struct scst_device *dev);

/* mode_file.c */
int scst_mode_init(struct scst_device *dev);	/* -EINVAL: what is saved is not ours, or torn */
void scst_mode_free(struct scst_device *dev);

/* ident.c */
void scst_exec_report_ident(struct scst_cmd *cmd);
void scst_exec_set_ident(struct scst_cmd *cmd);

/*
 * state_file.c: bytes that survive power loss, in two files written in turn.
 * The configuration lock is not needed. Only one caller at a time for one file.
 */
struct scst_state_file;
bool scst_state_dir_exists(const char *dir);
/* @path: as of printf(); that of the other file has ".1" appended. NULL: no memory. */
__printf(2, 3)
struct scst_state_file *scst_state_file_create(const char *magic, const char *path, ...);
void scst_state_file_free(struct scst_state_file *f);
const char *scst_state_file_path(const struct scst_state_file *f);
/*
 * 0: *@data (to be kvfreed) has *@len bytes, or is NULL if nothing was saved;
 * -EINVAL: there is something that is not ours or broken; it is left alone.
 */
int scst_state_load(struct scst_state_file *f, void **data, size_t *len);
/* 0, -errno: what was saved before is still there. */
int scst_state_save(struct scst_state_file *f, const void *data, size_t len);

/* ua.c */
enum sl_sense scst_ua_take(struct scst_tgt_dev *td);

/* cmd.c */
/* What was to begin now, unless the device has become inactive. */
void scst_cmd_run(struct scst_cmd *cmd);

/* mem.c */
/* Pages that stand in for data nobody keeps: so much needs no further allocation. */
#define SCST_SHARED_ORDER	4
#define SCST_SHARED_LEN		(PAGE_SIZE << SCST_SHARED_ORDER)
#define SCST_SHARED_MAX		(SCST_SHARED_LEN * SCST_INLINE_VECS)

int scst_alloc_buf(struct scst_cmd *cmd, u32 len);
void scst_free_buf(struct scst_cmd *cmd);
int scst_mem_init(void);
void scst_mem_exit(void);

/* latency.c */
extern struct kobj_attribute scst_measure_latency_attr;
extern struct kobj_attribute scst_sess_latency_attr, scst_lun_latency_attr;
u64 scst_latency_now(void);		/* 0: it is not measured */
/* The command is done with; the lock of its tgt_dev is held. */
void scst_latency_count(struct scst_cmd *cmd);

/* dif.c: protection information of a command that transfers any */
void scst_pi_received(struct scst_cmd *cmd);	/* its data has come, and goes to the handler */
void scst_pi_send(struct scst_cmd *cmd);	/* its data comes from the handler */
/* Counts @sense if it tells of a check that failed. */
void scst_dif_count(struct scst_cmd *cmd, enum sl_sense sense);
extern struct kobj_attribute scst_dev_dif_attr, scst_sess_dif_attr, scst_tgt_dif_attr;
extern struct kobj_attribute scst_tgt_dif_capabilities_attr;
extern const struct attribute *const scst_dif_dev_attrs[];

/* spc.c: what the core answers itself */
enum sl_sense scst_spc_parse(struct scst_cmd *cmd, bool *mine);

/* sysfs_trace.c */
extern const struct attribute *const scst_trace_attrs[];

/* tm.c */
extern struct list_head scst_tms;	/* under way, struct scst_tm */
extern spinlock_t scst_tms_lock;
void scst_tm_cmd_gone(struct scst_cmd *cmd);
/* Aborts all commands of @nr nexuses for @by and waits; gives the references back. */
void scst_tm_abort_nexuses(struct scst_session *by, struct scst_tgt_dev **tds, u32 nr);
/* Aborts the other commands of its task set, or of its nexus only. Does not wait. */
void scst_tm_abort_others(const struct scst_cmd *cmd, bool of_nexus);

#endif
