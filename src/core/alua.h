/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Device groups: devices that share the access states of target port groups
 * (ALUA, SPC-4 5.15). alua.c keeps them, sysfs_alua.c shows them.
 */
#ifndef SCST_ALUA_H
#define SCST_ALUA_H

#include "../lib/alua.h"
#include "scst_priv.h"

struct scst_dev_group {
	char *name;
	bool dead;
	struct scst_dir *dir;
	struct scst_dir *devices_dir;
	struct scst_dir *tgt_groups_dir;
	struct list_head entry;
	struct list_head devices;	/* struct scst_device, by dg_entry */
	struct list_head tgt_groups;
};

struct scst_tgt_group {
	char *name;
	bool dead;
	struct scst_dev_group *dg;
	struct sl_alua_group alua;
	struct scst_dir *dir;
	struct list_head entry;
	struct list_head members;
};

/* A port of a group: a target of ours, or one of another node that is known by its number. */
struct scst_tg_member {
	char *name;
	bool dead;
	struct scst_tgt_group *tg;
	struct scst_tgt *tgt;		/* NULL: of another node */
	u16 rel_tgt_id;			/* of another node's, 0: not told yet */
	struct scst_dir *dir;		/* of another node's */
	struct list_head entry;
};

/* alua.c; the configuration lock is held */
extern const bool *const scst_alua_dead;	/* nobody may add a group any more */
int scst_dg_create(const char *name);
int scst_dg_del(const char *name);		/* drops the lock */
int scst_dg_add_device(struct scst_dev_group *dg, const char *name);
int scst_dg_del_device(struct scst_dev_group *dg, const char *name);
int scst_tg_create(struct scst_dev_group *dg, const char *name);
int scst_tg_del(struct scst_dev_group *dg, const char *name);	/* drops the lock */
int scst_tg_add_target(struct scst_tgt_group *tg, const char *name);
int scst_tg_del_target(struct scst_tgt_group *tg, const char *name);	/* drops the lock */
int scst_tg_set_id(struct scst_tgt_group *tg, u16 id);
void scst_tg_set_state(struct scst_tgt_group *tg, u8 state);
void scst_tg_set_preferred(struct scst_tgt_group *tg, bool preferred);

/* sysfs_alua.c */
extern const struct attribute *const scst_dev_groups_attrs[];
extern const struct attribute *const scst_dg_devices_attrs[];
extern const struct attribute *const scst_tgt_groups_attrs[];
extern const struct attribute *const scst_tg_attrs[];
extern const struct attribute *const scst_tg_member_attrs[];

#endif
